import { momentumWeight } from '@normgauge/contract';
import { mix } from '../../stepwise/steps.ts';
import { because, kernel, type Mutant } from '../mutant.ts';

/* Kernels whose y is right, and whose running or saved statistics are not. */

const momenta: readonly Mutant[] = [
  ...because(
    'semantics',
    'momentum reversed',
    kernel('momentum-reversed', 'the momentum is the weight of the old', {
      weight: (convention, tracked) => 1 - momentumWeight(convention, tracked),
    }),
    kernel('momentum-reversed-variance', 'the momentum is the weight of the old, for the variance', {
      runningVar: (old, { runningVariance }, weight) => mix(old, runningVariance, 1 - weight),
    }),
    kernel('momentum-reversed-mean', 'the momentum is the weight of the old, for the mean', {
      runningMean: (old, { mean }, weight) => mix(old, mean, 1 - weight),
    }),
  ),
  ...because(
    'semantics',
    'another momentum',
    kernel('momentum-0.1', 'the weight of the new is 0.1, but for the cumulative average', {
      weight: (convention, tracked) => (convention.momentum === 'cumulative' ? 1 / (tracked + 1) : 0.1),
    }),
    kernel('momentum-0.01', 'the weight of the new is 0.01, but for the cumulative average', {
      weight: (convention, tracked) => (convention.momentum === 'cumulative' ? 1 / (tracked + 1) : 0.01),
    }),
    kernel('momentum-squared', 'the momentum is applied twice', {
      weight: (convention, tracked) => momentumWeight(convention, tracked) ** 2,
    }),
    kernel('momentum-old-kept', 'old + w·new, without the decay', {
      runningMean: (old, { mean }, weight) => old + weight * mean,
    }),
    kernel('momentum-not-weighted', '(1−w)·old + new, without the weight', {
      runningVar: (old, { runningVariance }, weight) => (1 - weight) * old + runningVariance,
    }),
    kernel('momentum-one', 'running statistics are those of this batch', { weight: () => 1 }),
  ),
  ...because(
    'semantics',
    'cumulative average ignored',
    kernel('cumulative-ignored', 'the cumulative average is taken for a momentum of 0.1', {
      weight: ({ momentum }) => (momentum === 'cumulative' ? 0.1 : momentum),
    }),
    kernel('cumulative-first-only', 'the cumulative average starts anew with every batch', {
      weight: ({ momentum }) => (momentum === 'cumulative' ? 1 : momentum),
    }),
  ),
  ...because(
    'semantics',
    'cumulative average off by one',
    kernel('cumulative-k', '1/k where k batches are already held', {
      weight: ({ momentum }, tracked) => (momentum === 'cumulative' ? 1 / Math.max(tracked, 1) : momentum),
    }),
    kernel('cumulative-k+2', '1/(k+2) where k batches are already held', {
      weight: ({ momentum }, tracked) => (momentum === 'cumulative' ? 1 / (tracked + 2) : momentum),
    }),
  ),
];

const runningStatistics: readonly Mutant[] = [
  ...because(
    'semantics',
    'running mean not updated',
    kernel('running-mean-kept', 'the running mean stays', { runningMean: (old) => old }),
    kernel('running-mean-kept-beyond-first', 'the running mean is updated in the first channel only', {
      runningMean: (old, { mean }, weight, { c }) => (c === 0 ? mix(old, mean, weight) : old),
    }),
  ),
  ...because(
    'semantics',
    'running variance not updated',
    kernel('running-variance-kept', 'the running variance stays', { runningVar: (old) => old }),
    kernel('running-variance-kept-last', 'the running variance of the last channel stays', {
      runningVar: (old, { runningVariance }, weight, { c, problem }) =>
        c === problem.shape.c - 1 ? old : mix(old, runningVariance, weight),
    }),
  ),
  ...because(
    'semantics',
    'running mean wrong',
    kernel('running-mean-of-square', 'the running mean takes σ² instead of μ', {
      runningMean: (old, { runningVariance }, weight) => mix(old, runningVariance, weight),
    }),
    kernel('running-mean-of-sum', 'the running mean takes Σx, not divided by m', {
      runningMean: (old, { mean }, weight, { m }) => mix(old, m * mean, weight),
    }),
    kernel('running-mean-corrected', "the running mean, too, gets Bessel's correction", {
      runningMean: (old, { mean }, weight, { m }) => mix(old, (mean * m) / Math.max(m - 1, 1), weight),
    }),
    kernel('running-mean-absolute', 'the running mean takes |μ|', {
      runningMean: (old, { mean }, weight) => mix(old, Math.abs(mean), weight),
    }),
  ),
  ...because(
    'semantics',
    'running variance wrong',
    kernel('running-variance-std', 'the running variance takes σ', {
      runningVar: (old, { runningVariance }, weight) => mix(old, Math.sqrt(runningVariance), weight),
    }),
    kernel('running-variance-invstd', 'the running variance takes invStd', {
      runningVar: (old, { invStd }, weight) => mix(old, invStd, weight),
    }),
    kernel('running-variance-mean', 'the running variance takes μ', {
      runningVar: (old, { mean }, weight) => mix(old, mean, weight),
    }),
    kernel('running-variance-std-mixed', 'standard deviations are mixed, then squared', {
      runningVar: (old, { runningVariance }, weight) => mix(Math.sqrt(old), Math.sqrt(runningVariance), weight) ** 2,
    }),
    kernel('running-variance-mean-square', 'the running variance takes mean(x²), not centred', {
      runningVar: (old, { mean, runningVariance }, weight) => mix(old, runningVariance + mean ** 2, weight),
    }),
    kernel('running-variance-decayed-twice', 'the old running variance is decayed twice', {
      runningVar: (old, { runningVariance }, weight) => (1 - weight) ** 2 * old + weight * runningVariance,
    }),
    kernel('running-variance-sum', 'the running variance takes Σ(x−μ)², not divided', {
      runningVar: (old, { runningVariance }, weight, { m }) => mix(old, runningVariance * m, weight),
    }),
  ),
];

const saved: readonly Mutant[] = [
  ...because(
    'semantics',
    'saved mean wrong',
    kernel('saved-mean-zero', 'the saved mean is 0', { saved: ({ invStd }) => ({ mean: 0, invStd }) }),
    kernel('saved-mean-negated', 'the saved mean is −μ', { saved: ({ mean, invStd }) => ({ mean: -mean, invStd }) }),
    kernel('saved-mean-scaled', 'the saved mean is μ·invStd', {
      saved: ({ mean, invStd }) => ({ mean: mean * invStd, invStd }),
    }),
    kernel('saved-mean-sum', 'the saved mean is Σx', {
      saved: ({ mean, invStd }, { m }) => ({ mean: m * mean, invStd }),
    }),
  ),
  ...because(
    'semantics',
    'saved invStd wrong',
    kernel('saved-variance', 'invStd is saved as σ²', { saved: ({ mean, variance }) => ({ mean, invStd: variance }) }),
    kernel('saved-variance-eps', 'invStd is saved as σ² + eps', {
      saved: ({ mean, variance }, { problem }) => ({ mean, invStd: variance + problem.convention.eps }),
    }),
    kernel('saved-std', 'invStd is saved as the standard deviation', {
      saved: ({ mean, invStd }) => ({ mean, invStd: 1 / invStd }),
    }),
    kernel('saved-invvariance', 'invStd is saved as 1/(σ² + eps)', {
      saved: ({ mean, invStd }) => ({ mean, invStd: invStd ** 2 }),
    }),
    kernel('saved-without-eps', 'invStd is saved as 1/σ', {
      saved: ({ mean, variance }) => ({ mean, invStd: 1 / Math.sqrt(variance) }),
    }),
    kernel('saved-as-running', 'invStd is saved with the running divisor', {
      saved: ({ mean, runningVariance }, { problem: { convention } }) => ({
        mean,
        invStd: 1 / Math.sqrt(runningVariance + convention.eps),
      }),
    }),
  ),
];

export const runningMutants: readonly Mutant[] = [...momenta, ...runningStatistics, ...saved];
