import type { Grade } from '@normgauge/reports';

/** One output against the reference, as plain data: tests assert on it, reports print it. */
export interface Agreement {
  /** Elements of the output. */
  readonly elements: number;
  /** Elements compared. */
  readonly checked: number;
  readonly mismatches: number;
  /** Largest |got − expected| ÷ allowed: the headroom used. Infinity for a NaN that should be a number. */
  readonly headroom: number;
  readonly grade: Grade;
  /** The element with the largest ratio; index into the whole output. Absent when everything is exact. */
  readonly worst?: {
    readonly index: number;
    readonly got: number;
    readonly expected: number;
    readonly allowed: number;
  };
  /** Share of the expected values that are zero. */
  readonly zeros: number;
}

/** Allowed absolute errors, one an element, for the verdict and for each accuracy grade. */
export interface Limits {
  readonly verdict: Float64Array;
  readonly a: Float64Array;
  readonly b: () => Float64Array;
  readonly c: () => Float64Array;
}

const largestFloat32 = 3.4028234663852886e38;

/**
 * Error ÷ allowed error of one element; at most 1 is good. Written so that NaN is never good by accident.
 *
 * ±0 are equal. Where the reference is not finite, any non-finite value will do except the opposite infinity: which of
 * NaN and infinity a channel with an infinite element gives depends on the order of correct operations.
 */
export function errorRatio(got: number, expected: number, allowed: number): number {
  if (got === expected) return 0;
  if (!Number.isFinite(expected)) {
    const agrees = !Number.isFinite(got) && !(got === -expected);
    return agrees ? 0 : Number.POSITIVE_INFINITY;
  }
  if (!Number.isFinite(got)) {
    // A result past the largest float32 rounds to infinity of its own sign.
    const sameSide = Math.sign(got) === Math.sign(expected);
    if (sameSide && !Number.isFinite(Math.fround(expected))) return 0;
    return sameSide && Math.abs(expected) + allowed > largestFloat32 ? 1 : Number.POSITIVE_INFINITY;
  }
  const ratio = Math.abs(got - expected) / allowed;
  return Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio;
}

/**
 * Compares an output with the reference.
 *
 * @param got the whole output, float32
 * @param expected the reference on the verified channels, float64
 * @param indices where each element of `expected` lies in `got`
 * @param limits allowed absolute error of each element of `expected`
 * @param exempt elements that the backend's declaration takes out of judgement
 */
export function compare(
  got: Float32Array,
  expected: Float64Array,
  indices: Uint32Array,
  limits: Limits,
  exempt: (k: number) => boolean = () => false,
): Agreement {
  let mismatches = 0;
  let headroom = 0;
  let worst = -1;
  let zeros = 0;
  let grade: Grade = 'A';
  for (let k = 0; k < expected.length; k++) {
    const value = got[indices[k]!]!;
    const target = expected[k]!;
    if (target === 0) zeros++;
    if (exempt(k)) continue;
    const ratio = errorRatio(value, target, limits.verdict[k]!);
    if (!(ratio <= 1)) mismatches++;
    if (ratio > headroom) {
      headroom = ratio;
      worst = k;
    }
    grade = worseGrade(grade, gradeOf(value, target, limits, k));
  }
  return {
    elements: got.length,
    checked: expected.length,
    mismatches,
    headroom,
    grade,
    zeros: zeros / expected.length,
    ...(worst >= 0 && {
      worst: {
        index: indices[worst]!,
        got: got[indices[worst]!]!,
        expected: expected[worst]!,
        allowed: limits.verdict[worst]!,
      },
    }),
  };
}

function gradeOf(got: number, expected: number, limits: Limits, k: number): Grade {
  if (errorRatio(got, expected, limits.a[k]!) <= 1) return 'A';
  if (errorRatio(got, expected, limits.b()[k]!) <= 1) return 'B';
  if (errorRatio(got, expected, limits.c()[k]!) <= 1) return 'C';
  return 'F';
}

const order: readonly Grade[] = ['A', 'B', 'C', 'F'];

/** The worse of two grades. */
export function worseGrade(a: Grade, b: Grade): Grade {
  return order.indexOf(a) >= order.indexOf(b) ? a : b;
}
