import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { segmentsOf } from '../src/dashboard/changePoints.ts';
import { seeded } from './sampleResult.ts';

/** Standard normal numbers, by Box and Muller. */
function normal(seed: number): () => number {
  const random = seeded(seed);
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Noise of 4 %, as logarithms, with a step of `by` at `at`. */
function series(seed: number, n: number, at = n, by = 0): number[] {
  const next = normal(seed);
  return Array.from({ length: n }, (_, i) => 0.04 * next() + (i >= at ? by : 0));
}

const startsOf = (values: readonly number[]): number[] => segmentsOf(values, 0.01).map(({ start }) => start);

describe('change points', () => {
  it('cut any series into segments that cover it in order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 1, maxLength: 60 }), (values) => {
        const segments = segmentsOf(values, 0.01);
        expect(segments[0]!.start).toBe(0);
        expect(segments.at(-1)!.end).toBe(values.length);
        segments.slice(1).forEach(({ start }, k) => {
          expect(start).toBe(segments[k]!.end);
        });
      }),
    );
  });

  it('find none in noise, 200 times of 200 but for two', () => {
    const found = Array.from({ length: 200 }, (_, seed) => startsOf(series(seed, 120)).length - 1);
    expect(found.filter((changes) => changes > 0).length).toBeLessThanOrEqual(2);
  });

  it('find none where a busy machine stays busy for a while: neighbours that correlate by a half', () => {
    const found = Array.from({ length: 100 }, (_, seed) => {
      let before = 0;
      const values = series(seed, 120).map((value) => {
        before = 0.5 * before + value;
        return before;
      });
      return startsOf(values).length - 1;
    });
    expect(found.filter((changes) => changes > 0).length).toBeLessThanOrEqual(5);
  });

  it.each([
    [0.15, 100],
    [-0.15, 100],
    [0.3, 24],
    [1, 12],
  ])('find a step of %d in the middle of %d values, within two places', (by, n) => {
    const near = Array.from({ length: 100 }, (_, seed) => {
      const starts = startsOf(series(seed, n, n / 2, by));
      return starts.length === 2 && Math.abs(starts[1]! - n / 2) <= 2;
    });
    expect(near.filter((found) => found).length).toBeGreaterThanOrEqual(90);
  });

  it('give the means before and after', () => {
    const segments = segmentsOf(series(3, 200, 80, 0.5), 0.01);
    expect(segments).toHaveLength(2);
    expect(segments[1]!.mean - segments[0]!.mean).toBeCloseTo(0.5, 1);
  });

  it('are not made by one stray', () => {
    const values = series(5, 60);
    values[30] = 9;
    expect(startsOf(values)).toEqual([0]);
  });

  it('stay where they are when everything is shifted', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: -8, max: 8 }), (seed, by) => {
        const values = series(seed, 60, 30, 0.4);
        expect(startsOf(values.map((value) => value + by))).toEqual(startsOf(values));
      }),
      { numRuns: 30 },
    );
  });

  it('are found in what is exact, beyond the floor only', () => {
    const step = (by: number): number[] => Array.from({ length: 20 }, (_, i) => (i < 10 ? 0 : by));
    expect(startsOf(step(0.2))).toEqual([0, 10]);
    expect(startsOf(step(0.001))).toEqual([0]);
  });
});
