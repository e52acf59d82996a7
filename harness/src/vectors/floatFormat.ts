/** A binary floating-point format of IEEE 754. */
export interface FloatFormat {
  readonly name: 'float32' | 'float16';
  /** Bits behind the leading one. */
  readonly fractionBits: number;
  /** Exponent of the smallest normal number. */
  readonly leastExponent: number;
  readonly largest: number;
}

/** binary32 and binary16 of IEEE 754-2019, table 3.5. */
export const floatFormats: { readonly [name in FloatFormat['name']]: FloatFormat } = {
  float32: { name: 'float32', fractionBits: 23, leastExponent: -126, largest: (2 - 2 ** -23) * 2 ** 127 },
  float16: { name: 'float16', fractionBits: 10, leastExponent: -14, largest: 65504 },
};

/** Exponent of the leading one of a value > 0, that of the smallest normal number at least. */
function exponentOf({ leastExponent }: FloatFormat, value: number): number {
  return Math.max(Math.floor(Math.log2(value)), leastExponent);
}

/** Numbers of up to 2⁵¹ lose their fraction, half to even, when this is added and taken away again. */
const roundsToWhole = 1.5 * 2 ** 52;

/** The nearest number of the format, ties to even; past the largest, an infinity. NaN stays NaN. */
export function roundTo(format: FloatFormat, value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value;
  const size = Math.abs(value);
  const spacing = 2 ** (exponentOf(format, size) - format.fractionBits);
  const rounded = (size / spacing + roundsToWhole - roundsToWhole) * spacing;
  const stored = rounded > format.largest ? Number.POSITIVE_INFINITY : rounded;
  return value < 0 ? -stored : stored;
}

/** Largest error of rounding to the format at this size: half the distance to the next number. */
export function halfSpacing(format: FloatFormat, value: number): number {
  return 2 ** (exponentOf(format, Math.abs(value)) - format.fractionBits - 1);
}

/** Place of a number of the format in their order: 0 for ±0, 1 for the smallest, −1 for its opposite. */
function ordinal(format: FloatFormat, value: number): number {
  const { fractionBits, leastExponent, largest } = format;
  const size = Math.abs(value);
  if (size === Number.POSITIVE_INFINITY) return Math.sign(value) * (ordinal(format, largest) + 1);
  const exponent = exponentOf(format, size);
  const place = (exponent - leastExponent) * 2 ** fractionBits + size / 2 ** (exponent - fractionBits);
  return value < 0 ? -place : place;
}

/**
 * How many numbers of the format apart two of its numbers are. Monotonic: ±0 are one number, and the smallest number
 * above 0 is 2 from the smallest below, where a difference of bit patterns, sign and magnitude, says 2³¹ or 2¹⁵.
 * Infinity between a NaN and anything else, 0 between two NaN.
 */
export function ulpDistance(format: FloatFormat, a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b) ? 0 : Number.POSITIVE_INFINITY;
  return Math.abs(ordinal(format, a) - ordinal(format, b));
}
