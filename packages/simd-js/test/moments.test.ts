import { elementsPerChannel, type Layout, layouts, type Shape, stridesOf } from '@normgauge/contract';
import { describe, expect, it } from 'vitest';
import { gatherMoments, meanOf, squaresOf } from '../src/moments.ts';
import { tableWidth } from '../src/sweep.ts';
import { sweepFor } from '../src/sweepFor.ts';
import { randomUniform } from './data.ts';

/** The moments of x in a table of its own, all channels as one block. */
function momentsIn(x: Float32Array, shape: Shape, layout: Layout): Float64Array {
  const table = new Float64Array(tableWidth * shape.c);
  const { channelStride } = stridesOf(shape, layout);
  gatherMoments(sweepFor(shape, layout), x, table, 0, shape.c, elementsPerChannel(shape), channelStride);
  return table;
}

/** Whole numbers around a centre, so that sums can be checked in exact arithmetic. */
function wholeNumbers(length: number, centre: number): Float32Array {
  const uniform = randomUniform(length);
  return Float32Array.from({ length }, () => centre + Math.floor(2001 * uniform()) - 1000);
}

/** Mean and Σ(x−mean)² of whole numbers: sums in BigInt, one division each. */
function exactly(x: Float32Array): { mean: number; squares: number } {
  const m = BigInt(x.length);
  const total = x.reduce((sum, value) => sum + BigInt(value), 0n);
  const squares = x.reduce((sum, value) => sum + BigInt(value) ** 2n, 0n);
  return { mean: Number(total) / x.length, squares: Number(m * squares - total * total) / x.length };
}

// A channel of 1,500 can start at most √1500 = 39 standard deviations from its mean; 16 are let pass.
const outlierFirst = wholeNumbers(1500, 0).with(0, 2 ** 24);

describe.each(layouts)('moments in %s', (layout) => {
  it.each([
    ['near zero', wholeNumbers(1500, 0)],
    ['around a million', wholeNumbers(1500, 1e6)],
    ['with an outlier first', outlierFirst],
    ['of one element', wholeNumbers(1, 5)],
    ['of a single value', new Float32Array(1500).fill(3)],
  ])('whole numbers %s have their mean and squares to float64 accuracy', (_, x) => {
    const table = momentsIn(x, { n: x.length, c: 1, spatial: [] }, layout);
    const { mean, squares } = exactly(x);
    const largest = Math.max(...x.map(Math.abs));
    expect(Math.abs(meanOf(table, 0, x.length) - mean)).toBeLessThanOrEqual(2 ** -50 * largest);
    expect(Math.abs(squaresOf(table, 0, x.length) - squares)).toBeLessThanOrEqual(2 ** -44 * squares);
  });

  it('a shift far from the mean gives way to the mean', () => {
    const [shift] = momentsIn(outlierFirst, { n: 1500, c: 1, spatial: [] }, layout);
    expect(shift).toBeCloseTo(exactly(outlierFirst).mean, 6);
  });

  it('a shift near the mean stays, so that the channel is read once', () => {
    const x = wholeNumbers(1500, 1e6);
    expect(momentsIn(x, { n: 1500, c: 1, spatial: [] }, layout)[0]).toBe(x[0]);
  });

  it('the second walk for one channel leaves the moments of the others as they were, to the last bit', () => {
    const shape = { n: 500, c: 3, spatial: [3] };
    const uniform = randomUniform(1);
    const x = Float32Array.from({ length: 4500 }, () => uniform());
    const before = momentsIn(x, shape, layout);
    const { channelStride } = stridesOf(shape, layout);
    x[channelStride] = 1e9;
    const after = momentsIn(x, shape, layout);
    expect(after[3]).not.toBe(1e9);
    expect([...after.subarray(0, 3), ...after.subarray(6, 9)]).toEqual([
      ...before.subarray(0, 3),
      ...before.subarray(6, 9),
    ]);
  });
});
