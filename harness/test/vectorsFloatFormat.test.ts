import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floatFormats, halfSpacing, roundTo, ulpDistance } from '../src/vectors/floatFormat.ts';
import { publishedDistance } from '../src/vectors/publishedTolerance.ts';

const { float32, float16 } = floatFormats;

/** Every finite float16 ≥ 0 in ascending order, decoded from its bits. */
const halves = Array.from({ length: 0x7c00 }, (_, bits) => {
  const exponent = bits >> 10;
  const fraction = bits & 0x3ff;
  return exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
});

describe('rounding', () => {
  it('to float16 keeps every float16 and takes the middle of two to the even one', () => {
    const wrong = halves.filter((value, k) => {
      const next = halves[k + 1] ?? 65536;
      const middle = (value + next) / 2;
      const nearest = (of: number): number => (next === 65536 && of === next ? Number.POSITIVE_INFINITY : of);
      return !(
        roundTo(float16, value) === value &&
        roundTo(float16, middle) === nearest(k % 2 === 0 ? value : next) &&
        roundTo(float16, -middle * (1 - 2 ** -40)) === -value &&
        roundTo(float16, middle * (1 + 2 ** -40)) === nearest(next) &&
        halfSpacing(float16, value) === (next - value) / 2
      );
    });
    expect(wrong).toEqual([]);
  });

  it('to float16 overflows at 65520', () => {
    expect(roundTo(float16, 65519.99)).toBe(65504);
    expect(roundTo(float16, 65520)).toBe(Number.POSITIVE_INFINITY);
    expect(roundTo(float16, -1e300)).toBe(Number.NEGATIVE_INFINITY);
  });

  it('to float32 is what Math.fround does', () => {
    const number = fc.oneof(
      fc.double(),
      fc.float().map((value) => value * (1 + 2 ** -24)),
    );
    fc.assert(
      fc.property(number, (value) => {
        expect(roundTo(float32, value)).toBe(Math.fround(value));
      }),
      { seed: 1 },
    );
  });

  it('to float32 is right beside every power of two', () => {
    const beside = [1 - 2 ** -24, 1, 1 + 2 ** -24, 1 + 2 ** -23, 1 + 3 * 2 ** -24];
    const values = Array.from({ length: 277 }, (_, k) => beside.map((factor) => factor * 2 ** (k - 149))).flat();
    expect(values.filter((value) => roundTo(float32, value) !== Math.fround(value))).toEqual([]);
  });
});

/** The place of a float32 in their order, from its bits. */
function place32(value: number): number {
  const [bits] = new Int32Array(Float32Array.of(value).buffer);
  return bits! < 0 ? -(bits! & 0x7fffffff) : bits!;
}

describe('ULP distance', () => {
  const finite = fc.float({ noNaN: true });

  it('in float32 is the difference of places, counted from the bits', () => {
    fc.assert(
      fc.property(finite, finite, (a, b) => {
        expect(ulpDistance(float32, a, b)).toBe(Math.abs(place32(a) - place32(b)));
      }),
      { seed: 2 },
    );
  });

  it('in float16 counts the numbers between', () => {
    const at = fc.nat({ max: halves.length - 1 });
    fc.assert(
      fc.property(at, at, (i, j) => {
        expect(ulpDistance(float16, halves[i]!, halves[j]!)).toBe(Math.abs(i - j));
        expect(ulpDistance(float16, -halves[i]!, halves[j]!)).toBe(i + j);
      }),
      { seed: 3 },
    );
  });

  it.each([
    { name: 'float32', format: float32, smallest: 2 ** -149, patterns: 2 ** 31 },
    { name: 'float16', format: float16, smallest: 2 ** -24, patterns: 2 ** 15 },
  ])('in $name does not jump at zero, where bit patterns are $patterns apart', ({ format, smallest }) => {
    expect(ulpDistance(format, 0, -0)).toBe(0);
    expect(ulpDistance(format, smallest, -smallest)).toBe(2);
    expect(ulpDistance(format, -0, smallest)).toBe(1);
  });

  it('reaches one past the largest number at infinity, and no number from NaN', () => {
    expect(ulpDistance(float16, 65504, Number.POSITIVE_INFINITY)).toBe(1);
    expect(ulpDistance(float32, Number.NaN, 1)).toBe(Number.POSITIVE_INFINITY);
    expect(ulpDistance(float32, Number.NaN, Number.NaN)).toBe(0);
  });
});

describe('a published tolerance', () => {
  it.each([
    {
      tolerance: { metric: 'ULP', value: 6 } as const,
      format: float32,
      got: 1 + 6 * 2 ** -23,
      within: true,
      distance: 6,
    },
    {
      tolerance: { metric: 'ULP', value: 6 } as const,
      format: float32,
      got: 1 + 7 * 2 ** -23,
      within: false,
      distance: 7,
    },
    { tolerance: { metric: 'ULP', value: 0 } as const, format: float16, got: 1 + 2 ** -12, within: true, distance: 0 },
    { tolerance: { metric: 'ULP', value: 0 } as const, format: float16, got: 1 + 2 ** -10, within: false, distance: 1 },
    { tolerance: { metric: 'ATOL', value: 0.5 } as const, format: float32, got: 1.5, within: true, distance: 0.5 },
    { tolerance: { metric: 'ATOL', value: 0.25 } as const, format: float32, got: 1.5, within: false, distance: 0.5 },
    {
      tolerance: { metric: 'rtol/atol', rtol: 0.25, atol: 0.25 } as const,
      format: float32,
      got: 1.5,
      within: true,
      distance: 0.5,
    },
    {
      tolerance: { metric: 'rtol/atol', rtol: 0.25, atol: 0.125 } as const,
      format: float32,
      got: 1.5,
      within: false,
      distance: 0.5,
    },
    {
      tolerance: { metric: 'rtol/atol', rtol: 1, atol: 1 } as const,
      format: float32,
      got: Number.NaN,
      within: false,
      distance: Number.POSITIVE_INFINITY,
    },
  ])('$tolerance in $format.name says of $got beside 1: $within', ({ tolerance, format, got, ...verdict }) => {
    expect(publishedDistance(tolerance, format, got, 1)).toEqual(verdict);
  });
});
