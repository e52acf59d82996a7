import { flushed, quickInverseRoot, significant } from '../../stepwise/float32.ts';
import { computeWith } from '../../stepwise/kernel.ts';
import { loading, storing } from '../../stepwise/rounding.ts';
import { correct, type Steps, twoPass } from '../../stepwise/steps.ts';
import { because, computing, kernel, type Mutant } from '../mutant.ts';

/* Kernels that are right for ordinary numbers only, or for a sample of them. */

const f = Math.fround;
const full = ['x', 'dy'];

const rooted = (root: (value: number) => number): Pick<Steps, 'invStd'> => ({
  invStd: (variance, { eps, epsPlacement }) =>
    epsPlacement === 'inside-sqrt' ? root(f(variance + eps)) : 1 / (1 / root(f(variance)) + eps),
});

const clamp = (value: number, least: number, most: number): number => Math.max(least, Math.min(most, value));

export const rangeMutants: readonly Mutant[] = [
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
    kernel('flush-gradients', 'a subnormal dy is 0, not declared', loading(flushed, ['dy'])),
    kernel('flush-dx', 'a subnormal dx is 0, not declared', storing(flushed, ['dx'])),
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
