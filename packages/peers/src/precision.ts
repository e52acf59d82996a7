/** The storage of a listing: float32 as published, or float64 to look at its formulas without their rounding. */
export type Reals = Float32Array | Float64Array;

/**
 * The arithmetic that a listing runs in. Wherever the published code stores a number or computes in its own type, the
 * listing here says `round(…)`; JavaScript's own arithmetic is the C double in between. One operation on two float32
 * numbers in float64, rounded once, is the float32 operation (Figueroa 1995, doi:10.1145/221332.221334).
 */
export interface Precision {
  /** To the nearest number of the type. */
  round(value: number): number;
  /** Zeros. */
  array(length: number): Reals;
}

/** float32: what the published code does, operation by operation. */
export const single: Precision = { round: Math.fround, array: (length) => new Float32Array(length) };

/** float64: the published formulas with next to no rounding, so that their own differences show what they compute. */
export const double: Precision = { round: (value) => value, array: (length) => new Float64Array(length) };

/** What a listing computed in float32, as the type that the contract wants. */
export function asFloat32(values: Reals): Float32Array {
  return values instanceof Float32Array ? values : Float32Array.from(values);
}
