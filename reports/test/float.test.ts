import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareRatios, fromFloat, toFloat } from '../src/index.ts';

describe('toFloat and fromFloat', () => {
  it('bring every float64 through JSON unchanged, but for the sign of zero', () => {
    fc.assert(
      fc.property(fc.double(), (x) => {
        const back = fromFloat(JSON.parse(JSON.stringify(toFloat(x))));
        expect(back).toBe(x === 0 ? 0 : x);
      }),
    );
  });

  it.each([
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
    [0.25, 0.25],
  ])('spell %d as %o', (x, float) => {
    expect(toFloat(x)).toBe(float);
  });
});

describe('compareRatios', () => {
  it('puts NaN behind infinity and that behind every number', () => {
    const sorted = (['NaN', 2, 'Infinity', '-Infinity', 0.5] as const).toSorted(compareRatios);
    expect(sorted).toEqual(['-Infinity', 0.5, 2, 'Infinity', 'NaN']);
  });

  it('is a total order', () => {
    const ratio = fc.double().map(toFloat);
    fc.assert(
      fc.property(ratio, ratio, ratio, (a, b, c) => {
        expect(Math.sign(compareRatios(a, b))).toBe(0 - Math.sign(compareRatios(b, a)));
        if (compareRatios(a, b) <= 0 && compareRatios(b, c) <= 0) expect(compareRatios(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
