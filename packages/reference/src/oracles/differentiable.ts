import type { Problem } from '@normgauge/contract';
import { exactStatistics } from './bignumber.ts';
import { type Channel, countedBy } from './channel.ts';

/** Why float64 arithmetic without a special case cannot follow the formulas in this channel, or undefined. */
export function notFinite(problem: Problem, channel: Channel): string | undefined {
  const { c, x, dy, gamma, beta, runningMean, runningVar } = channel;
  const frozen = problem.op === 'inference' || problem.op === 'backward-frozen';
  const running = problem.op === 'backward' ? [] : [runningMean, runningVar];
  if (![x, dy, [gamma, beta], running].every((values) => values.every(Number.isFinite))) {
    return `channel ${c} holds a NaN or an infinity`;
  }
  if (!frozen && countedBy(problem.convention.normalizeDivisor, x.length, problem) === 0) {
    return 'm = 1 and the convention divides by m−1: everything is NaN';
  }
  const { eps, epsPlacement } = problem.convention;
  const invStd = frozen
    ? 1 / (epsPlacement === 'inside-sqrt' ? Math.sqrt(runningVar + eps) : Math.sqrt(runningVar) + eps)
    : exactStatistics(problem, channel).invStd;
  return Number.isFinite(invStd) ? undefined : `channel ${c} has no finite invStd`;
}

/**
 * Why there is no derivative in this channel to be compared with, or undefined.
 *
 * With eps outside the root σ has none at 0, and where q = 1 − eps·invStd ≤ 2⁻²³ the contract leaves the variance term
 * out. There the gradient is a documented value, which only the formula itself can confirm.
 */
export function notDifferentiable(problem: Problem, channel: Channel): string | undefined {
  const reason = notFinite(problem, channel);
  if (reason !== undefined || problem.op !== 'backward') return reason;
  const { eps, epsPlacement } = problem.convention;
  if (epsPlacement === 'inside-sqrt') return undefined;
  const { invStd } = exactStatistics(problem, channel);
  return 1 - eps * invStd > 2 ** -23
    ? undefined
    : `channel ${channel.c} has σ ≪ eps outside the root, where the gradient is a value that the contract sets`;
}

/** In backward the statistics of x itself, to 64 digits and then rounded, in the place of the saved ones. */
export function withOwnStatistics(problem: Problem, channel: Channel): Channel {
  if (problem.op !== 'backward') return channel;
  const { mean, invStd } = exactStatistics(problem, channel);
  return { ...channel, mean, invStd };
}
