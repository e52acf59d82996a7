import {
  bfloat16,
  blocked,
  chan,
  float16,
  float32,
  flushed,
  kahan,
  lanes,
  merge,
  onePass,
  type Partial3,
  quickInverseRoot,
  sequential,
  significant,
  tf32,
  welford,
} from './float32.ts';
import { computeWith, type Replaced } from './kernel.ts';
import { because, computing, kernel, type Mutant } from './mutant.ts';
import { correct, type Statistics, type Steps, sum, twoPass } from './steps.ts';

/* Kernels that are right in real arithmetic, or would be if they rounded less. */

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

/** Rounds what is loaded, stored or accumulated to another format. */
const loading = (round: (value: number) => number, names: readonly string[]): Replaced => ({
  load: (value, name) => (names.includes(name) ? round(value) : value),
});
const storing = (round: (value: number) => number, names: readonly string[]): Replaced => ({
  store: (value, name) => (names.includes(name) ? round(value) : value),
});
function accumulating(round: (value: number) => number): Replaced {
  const add = (values: Float64Array): number => values.reduce((total, value) => round(total + value), 0);
  return {
    statistics(x, m) {
      const mean = add(x) / m;
      return { mean, squares: add(x.map((value) => (value - mean) ** 2)) };
    },
    sums: (x, dy, { mean, invStd }) => ({
      dBeta: add(dy),
      dGamma: add(x.map((value, k) => dy[k]! * (value - mean) * invStd)),
    }),
  };
}

const full = ['x', 'dy'];
const narrow: readonly Mutant[] = [
  ...because(
    'numerics',
    'float16 inside',
    kernel('float16-inputs', 'x and dy are read as float16', loading(float16, full)),
    kernel('float16-outputs', 'y and dx went through float16', storing(float16, ['y', 'dx'])),
    kernel('float16-accumulators', 'sums are kept in float16', accumulating(float16)),
    kernel('float16-affine', 'gamma and beta are kept in float16', loading(float16, ['gamma', 'beta'])),
    kernel('float16-saved', 'saved statistics went through float16', storing(float16, ['mean', 'invStd'])),
    kernel(
      'float16-running',
      'running statistics are kept in float16',
      storing(float16, ['runningMean', 'runningVar']),
    ),
  ),
  ...because(
    'numerics',
    'bfloat16 inside',
    kernel('bfloat16-inputs', 'x and dy are read as bfloat16', loading(bfloat16, full)),
    kernel('bfloat16-outputs', 'y and dx went through bfloat16', storing(bfloat16, ['y', 'dx'])),
    kernel('bfloat16-accumulators', 'sums are kept in bfloat16', accumulating(bfloat16)),
    kernel('bfloat16-affine', 'gamma and beta are kept in bfloat16', loading(bfloat16, ['gamma', 'beta'])),
  ),
  ...because(
    'numerics',
    'tf32 inside',
    kernel('tf32-inputs', 'x and dy are read as tf32', loading(tf32, full)),
    kernel('tf32-dy', 'dy is read as tf32', loading(tf32, ['dy'])),
    kernel('tf32-products', 'what is summed goes through tf32, as on tensor cores', {
      statistics(x, m) {
        const mean = sum(x.map(tf32)) / m;
        return { mean, squares: sum(x.map((value) => tf32(value - mean) ** 2)) };
      },
      sums: (x, dy, { mean, invStd }) => ({
        dBeta: sum(dy.map(tf32)),
        dGamma: sum(x.map((value, k) => tf32(dy[k]!) * tf32((value - mean) * invStd))),
      }),
    }),
    kernel('tf32-xhat', 'x̂ goes through tf32', {
      normalise: (x, { mean, invStd }, { gamma, beta }) => gamma * tf32((x - mean) * invStd) + beta,
    }),
  ),
  ...because(
    'numerics',
    'fixed point inside',
    kernel(
      'fixed-16-bits',
      'y and dx in steps of 2⁻¹⁶',
      storing((value) => Math.round(value * 65_536) / 65_536, ['y', 'dx']),
    ),
    kernel(
      'decimal-6-digits',
      'x went through text of 6 digits',
      loading((value) => Number(value.toPrecision(6)), ['x']),
    ),
    kernel(
      'int8-gamma',
      'gamma is quantised to steps of 1/64',
      loading((value) => Math.round(value * 64) / 64, ['gamma']),
    ),
    kernel(
      'significant-20-bits',
      'y and dx are cut to 20 bits',
      storing((value) => significant(value, 20), ['y', 'dx']),
    ),
  ),
];

const sums: readonly Mutant[] = [
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

const rooted = (root: (value: number) => number): Pick<Steps, 'invStd'> => ({
  invStd: (variance, { eps, epsPlacement }) =>
    epsPlacement === 'inside-sqrt' ? root(f(variance + eps)) : 1 / (1 / root(f(variance)) + eps),
});

const clamp = (value: number, least: number, most: number): number => Math.max(least, Math.min(most, value));

const ranges: readonly Mutant[] = [
  ...because(
    'numerics',
    'inverse root too coarse',
    ...[0, 1, 2].map((steps) =>
      kernel(
        `inverse-root-${steps}`,
        `the fast inverse root with ${steps} of Newton's steps`,
        rooted((value) => quickInverseRoot(value, steps)),
      ),
    ),
    kernel(
      'inverse-root-12-bits',
      'the 12 bits of rsqrtps, not refined',
      rooted((value) => significant(1 / Math.sqrt(value), 12)),
    ),
    kernel(
      'inverse-root-16-bits',
      'an inverse root of 16 bits',
      rooted((value) => significant(1 / Math.sqrt(value), 16)),
    ),
  ),
  ...because(
    'numerics',
    'values clamped',
    kernel('variance-floor', 'σ² is at least 1e-7', {
      invStd: (variance, convention, op, place) => correct.invStd(Math.max(variance, 1e-7), convention, op, place),
    }),
    kernel('invstd-ceiling', 'invStd is at most 100', {
      invStd: (variance, convention, op, place) => Math.min(correct.invStd(variance, convention, op, place), 100),
    }),
    kernel('xhat-range', 'x̂ is kept in ±5', {
      normalise: (x, { mean, invStd }, { gamma, beta }) => gamma * clamp((x - mean) * invStd, -5, 5) + beta,
    }),
    kernel(
      'input-range',
      'x is kept in ±1e4',
      loading((value) => clamp(value, -1e4, 1e4), ['x']),
    ),
    kernel(
      'near-zero',
      'values under 1e-6 are taken for 0',
      loading((value) => (Math.abs(value) < 1e-6 ? 0 : value), full),
    ),
    kernel(
      'y-positive-zero',
      'y under 1e-4 is 0',
      storing((value) => (Math.abs(value) < 1e-4 ? 0 : value), ['y']),
    ),
  ),
  ...because(
    'numerics',
    'flushed to zero',
    kernel('flush-inputs', 'subnormal inputs are 0, not declared', loading(flushed, full)),
    kernel(
      'flush-outputs',
      'subnormal outputs are 0, not declared',
      storing(flushed, ['y', 'dx', 'mean', 'runningMean', 'runningVar']),
    ),
  ),
  ...because(
    'numerics',
    'NaN or infinity swallowed',
    kernel(
      'nan-as-zero',
      'NaN is read as 0',
      loading((value) => (Number.isNaN(value) ? 0 : value), full),
    ),
    kernel('nan-variance', 'σ² > 0 ? σ² : 0', {
      invStd: (variance, convention, op, place) => correct.invStd(variance > 0 ? variance : 0, convention, op, place),
    }),
    kernel(
      'nan-output',
      'NaN is written as 0',
      storing((value) => (Number.isNaN(value) ? 0 : value), ['y', 'dx']),
    ),
    kernel('nan-left-out', 'statistics skip NaN', {
      statistics: (x) =>
        twoPass(
          x.filter((value) => !Number.isNaN(value)),
          x.length,
        ),
    }),
    kernel(
      'infinity-clamped',
      'infinity is read as the largest float32',
      loading((value) => clamp(value, -3.4028234e38, 3.4028234e38), full),
    ),
  ),
  ...because(
    'numerics',
    'NaN spread to other channels',
    computing('nan-spread', 'channels are told apart by 0 and 1 in a product over all of them', (inputs, problem) => {
      const outputs = computeWith({})(inputs, problem);
      const ill = inputs.x!.some((value) => !Number.isFinite(value));
      if (ill) for (const tensor of Object.values(outputs)) tensor.fill(Number.NaN);
      return outputs;
    }),
    kernel('nan-spread-next', 'the sum of the channel before, times 0, starts the next', {
      statistics: (() => {
        let before = 0;
        return (x, m, { c }) => {
          const { mean, squares } = twoPass(x, m);
          const carried = c === 0 ? 0 : 0 * before;
          before = mean;
          return { mean: mean + carried, squares: squares + carried };
        };
      })(),
    }),
  ),
  ...because(
    'numerics',
    'statistics of a sample of the elements',
    ...[2, 4, 16].map((stride) =>
      kernel(`subsampled-${stride}`, `statistics of every ${stride}th element`, {
        summed: (elements, { problem }) =>
          problem.op === 'forward-training' ? elements.filter((_, k) => k % stride === 0) : elements,
        count: ({ m, problem }, summed) => (problem.op === 'forward-training' ? summed : m),
      }),
    ),
    kernel('subsampled-large', 'from 1,024 elements on, statistics of every second element', {
      summed: (elements, { problem }) =>
        problem.op === 'forward-training' && elements.length >= 1024
          ? elements.filter((_, k) => k % 2 === 0)
          : elements,
      count: ({ m, problem }, summed) => (problem.op === 'forward-training' ? summed : m),
    }),
    kernel('subsampled-gradient', 'dGamma and dBeta are twice the sum over every second element', {
      sums(x, dy, moments) {
        const half = (values: Float64Array): Float64Array => values.filter((_, k) => k % 2 === 0);
        const { dGamma, dBeta } = correct.sums(half(x), half(dy), moments);
        return { dGamma: 2 * dGamma, dBeta: 2 * dBeta };
      },
    }),
  ),
];

export const numericMutants: readonly Mutant[] = [...narrow, ...sums, ...ranges];
