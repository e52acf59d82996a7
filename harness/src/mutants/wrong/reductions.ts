import {
  blocked,
  chan,
  float32,
  kahan,
  lanes,
  merge,
  onePass,
  type Partial3,
  sequential,
  welford,
} from '../../stepwise/float32.ts';
import type { Replaced } from '../../stepwise/kernel.ts';
import { loading } from '../../stepwise/rounding.ts';
import { type Statistics, sum } from '../../stepwise/steps.ts';
import { because, kernel, type Mutant } from '../mutant.ts';

/* Kernels whose statistics would be right in real arithmetic, or nearly. */

const f = Math.fround;

/** Float32 throughout, with other statistics. */
const float32With = (statistics: (x: Float64Array, m: number) => Statistics): Replaced => ({
  ...float32(lanes(8)),
  statistics,
});

/** σ² = mean(x²) − mean² in float32, kept from falling below 0. */
function clampedOnePass(x: Float64Array, m: number): Statistics {
  const { mean, squares } = onePass(lanes(8))(x, m);
  return { mean, squares: Math.max(squares, 0) };
}

function chanInFloat64(x: Float64Array, merged: (a: Partial3, b: Partial3) => Partial3): Statistics {
  return chan(x, 64, merged, 'chain', Number);
}

function chanWith(weight: (a: Partial3, b: Partial3) => number): (a: Partial3, b: Partial3) => Partial3 {
  return (a, b) => ({ ...merge(a, b, Number), squares: a.squares + b.squares + (b.mean - a.mean) ** 2 * weight(a, b) });
}

function welfordWith(x: Float64Array, square: (before: number, after: number) => number): Statistics {
  let mean = 0;
  let squares = 0;
  for (const [k, value] of x.entries()) {
    const before = value - mean;
    mean += before / (k + 1);
    squares += square(before, value - mean);
  }
  return { mean, squares };
}

export const reductionMutants: readonly Mutant[] = [
  ...because(
    'numerics',
    'one-pass cancellation',
    kernel('one-pass', 'σ² = mean(x²) − mean² in float32', float32With(onePass(lanes(8)))),
    kernel('one-pass-clamped', 'as one-pass, not below 0', float32With(clampedOnePass)),
    kernel('one-pass-declared', 'as one-pass-clamped, and declared', float32With(clampedOnePass), {
      statistics: 'one-pass',
    }),
    kernel('one-pass-as-welford', 'as one-pass-clamped, declared as Welford', float32With(clampedOnePass), {
      statistics: 'welford',
    }),
    kernel(
      'one-pass-absolute',
      'as one-pass, with |σ²|',
      float32With((x, m) => {
        const { mean, squares } = onePass(lanes(8))(x, m);
        return { mean, squares: Math.abs(squares) };
      }),
    ),
    kernel(
      'one-pass-running-shift',
      'one pass around 100, whatever the data',
      float32With((x, m) => {
        const { mean, squares } = onePass(lanes(8))(
          x.map((value) => f(value - 100)),
          m,
        );
        return { mean: f(mean + 100), squares: Math.max(squares, 0) };
      }),
    ),
    kernel('one-pass-gradient', 'dGamma = (Σdy·x − μ·Σdy)·invStd in float32', {
      ...float32(lanes(8)),
      sums(x, dy, { mean, invStd }) {
        const dBeta = lanes(8)(dy);
        return { dBeta, dGamma: f(f(lanes(8)(x.map((value, k) => f(value * dy[k]!))) - f(mean * dBeta)) * invStd) };
      },
    }),
  ),
  ...because(
    'numerics',
    'folded affine cancels',
    kernel('folded-undeclared', 'y = a·x + b in float32, not declared', {
      ...float32(lanes(8)),
      normalise(x, { mean, invStd }, { gamma, beta }) {
        const a = f(gamma * invStd);
        return f(f(a * x) + f(beta - f(mean * a)));
      },
    }),
    kernel('mean-float32-scaled', 'x̂ = x·invStd − μ·invStd in float32', {
      ...float32(lanes(8)),
      normalise: (x, { mean, invStd }, { gamma, beta }) => f(f(f(f(x * invStd) - f(mean * invStd)) * gamma) + beta),
    }),
  ),
  ...because(
    'numerics',
    'squares overflow',
    kernel('squares-overflow', 'σ² is x² − μ² in float64, of squares in float32', {
      statistics(x, m) {
        const mean = sum(x) / m;
        return { mean, squares: sum(x.map((value) => f(value * value) - mean ** 2)) };
      },
    }),
    kernel(
      'range-float16',
      'x beyond 65,504 is infinite',
      loading((value) => (Math.abs(value) > 65_504 ? Math.sign(value) * Number.POSITIVE_INFINITY : value), ['x']),
    ),
  ),
  ...because(
    'numerics',
    'float32 sum loses elements',
    kernel('sequential-as-tree', 'one accumulator of float32, declared as a tree', float32(sequential), {
      reductionDepth: (m) => Math.ceil(Math.log2(m)),
    }),
    kernel('kahan-wrong-sign', 'Kahan, with the compensation added', float32(kahan(-1)), { reductionDepth: () => 2 }),
    kernel('integer-sum', 'sums are truncated to whole numbers at every block of 64', {
      ...float32(blocked(64, (values) => Math.trunc(sequential(values)))),
    }),
    kernel('mean-by-updates', 'the mean follows as mean += (x − mean)/m', {
      statistics(x, m) {
        const mean = x.reduce((at, value) => at + (value - at) / m, 0);
        return { mean, squares: sum(x.map((value) => (value - mean) ** 2)) };
      },
    }),
  ),
  ...because(
    'numerics',
    'partial statistics merged wrongly',
    kernel('chan-no-delta', 'blocks of 64 are merged without the square of the distance of their means', {
      statistics: (x) => chanInFloat64(x, (a, b) => ({ ...merge(a, b, Number), squares: a.squares + b.squares })),
    }),
    kernel('chan-plain-mean', 'blocks of 64 are merged by the plain mean of their means', {
      statistics: (x) => chanInFloat64(x, (a, b) => ({ ...merge(a, b, Number), mean: (a.mean + b.mean) / 2 })),
    }),
    kernel('chan-equal-blocks', 'the mean of the means of blocks of 64, though the last is shorter', {
      statistics(x) {
        const means: number[] = [];
        for (let k = 0; k < x.length; k += 64) means.push(welford(x.subarray(k, k + 64), Number).mean);
        const mean = means.reduce((a, b) => a + b, 0) / means.length;
        return { mean, squares: sum(x.map((value) => (value - mean) ** 2)) };
      },
    }),
    kernel('chan-count', 'blocks of 64 are merged with n_b²/n instead of n_a·n_b/n', {
      statistics: (x) =>
        chanInFloat64(
          x,
          chanWith(({ count }, b) => b.count ** 2 / (count + b.count)),
        ),
    }),
    kernel('chan-sign', 'the square of the distance is subtracted', {
      statistics: (x) =>
        chanInFloat64(
          x,
          chanWith((a, b) => (-a.count * b.count) / (a.count + b.count)),
        ),
    }),
    kernel('welford-same-mean', 'Welford with (x − mean)² of the old mean', {
      statistics: (x) => welfordWith(x, (before) => before ** 2),
    }),
    kernel('welford-new-mean', 'Welford with (x − mean)² of the new mean', {
      statistics: (x) => welfordWith(x, (_, after) => after ** 2),
    }),
  ),
];
