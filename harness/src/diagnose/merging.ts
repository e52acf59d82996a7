import { chan, float32, lanes, merge, type Partial3, sequential, welford } from '../stepwise/float32.ts';
import { correct, type Statistics, sum, twoPass } from '../stepwise/steps.ts';
import { type Hypothesis, suppose } from './hypothesis.ts';
import type { Observation } from './observation.ts';

/* Suppositions about how partial statistics become those of a channel. */

type Merge = (a: Partial3, b: Partial3) => Partial3;

const inFloat64 = (x: Float64Array, size: number, merged: Merge): Statistics => chan(x, size, merged, 'chain', Number);

const weighted =
  (weight: (a: Partial3, b: Partial3) => number): Merge =>
  (a, b) => ({ ...merge(a, b, Number), squares: a.squares + b.squares + (b.mean - a.mean) ** 2 * weight(a, b) });

const merges: readonly (readonly [string, Merge])[] = [
  [
    'without the square of the distance of their means',
    (a, b) => ({ ...merge(a, b, Number), squares: a.squares + b.squares }),
  ],
  ['by the plain mean of their means', (a, b) => ({ ...merge(a, b, Number), mean: (a.mean + b.mean) / 2 })],
  ['with n_b²/n for n_a·n_b/n', weighted((a, b) => b.count ** 2 / (a.count + b.count))],
  ['with n_a²/n for n_a·n_b/n', weighted((a, b) => a.count ** 2 / (a.count + b.count))],
  ['with n_a·n_b for n_a·n_b/n', weighted((a, b) => a.count * b.count)],
  ['with n_b for n_a·n_b/n', weighted((_, b) => b.count)],
  ['with n_a for n_a·n_b/n', weighted((a) => a.count)],
  ['with the square of the distance subtracted', weighted((a, b) => (-a.count * b.count) / (a.count + b.count))],
  [
    'with the distance of their means, not squared',
    (a, b) => ({
      ...merge(a, b, Number),
      squares: a.squares + b.squares + ((b.mean - a.mean) * a.count * b.count) / (a.count + b.count),
    }),
  ],
];

function updated(x: Float64Array, square: (before: number, after: number) => number): Statistics {
  let mean = 0;
  let squares = 0;
  for (const [k, value] of x.entries()) {
    const before = value - mean;
    mean += before / (k + 1);
    squares += square(before, value - mean);
  }
  return { mean, squares };
}

export function ofMerging(seen: Observation): readonly Hypothesis[] {
  if (seen.problem.op !== 'forward-training' || seen.m < 2) return [];
  const { m, problem } = seen;
  const positions = problem.shape.spatial.reduce((a, b) => a * b, 1);
  const sizes = [...new Set([4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096, positions])].filter(
    (size) => size < m && size > 1,
  );
  const ofBlocks = sizes.flatMap((size) => {
    const what = size === positions ? `the samples' ${size} elements` : `blocks of ${size}`;
    return [
      ...merges.map(([how, merged]) =>
        suppose('partial statistics merged wrongly', `${what} are merged ${how}`, {
          statistics: (x) => inFloat64(x, size, merged),
        }),
      ),
      suppose('partial statistics merged wrongly', `the mean is the mean of the means of ${what}`, {
        statistics(x) {
          const means: number[] = [];
          for (let k = 0; k < x.length; k += size) means.push(welford(x.subarray(k, k + size), Number).mean);
          const mean = means.reduce((a, b) => a + b, 0) / means.length;
          return { mean, squares: sum(x.map((value) => (value - mean) ** 2)) };
        },
      }),
      suppose('partial statistics merged wrongly', `the variance is the mean of the variances of ${what}`, {
        statistics(x, count) {
          const variances: number[] = [];
          for (let k = 0; k < x.length; k += size) {
            const part = x.subarray(k, k + size);
            variances.push(twoPass(part, part.length).squares / part.length);
          }
          return { mean: sum(x) / count, squares: (count * sum(Float64Array.from(variances))) / variances.length };
        },
      }),
    ];
  });
  return [
    ...ofBlocks,
    suppose('partial statistics merged wrongly', "Welford's update takes (x − μ_old)²", {
      statistics: (x) => updated(x, (before) => before ** 2),
    }),
    suppose('partial statistics merged wrongly', "Welford's update takes (x − μ_new)²", {
      statistics: (x) => updated(x, (_, after) => after ** 2),
    }),
    suppose('float32 sum loses elements', 'the mean follows as mean += (x − mean)/m', {
      statistics(x, count) {
        const mean = x.reduce((at, value) => at + (value - at) / count, 0);
        return { mean, squares: sum(x.map((value) => (value - mean) ** 2)) };
      },
    }),
    suppose('float32 sum loses elements', 'sums are those of a single float32 accumulator', float32(sequential), 1.5),
    suppose('float32 sum loses elements', 'sums are those of four float32 accumulators', float32(lanes(4)), 1.5),
    suppose(
      'index overflows',
      'Σx is kept in 32 bits of a whole number',
      {
        statistics: (x, count, place) => {
          const { squares } = correct.statistics(x, count, place);
          return { mean: (sum(x) | 0) / count, squares };
        },
      },
      1.5,
    ),
  ];
}
