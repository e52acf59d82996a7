import type { Distribution } from '../report.ts';
import { median } from '../summary.ts';

/**
 * Standard deviation of the logarithm of a median between two processes that run identical code, at the least. Measured on a
 * shared machine of two cores: 23 % of such pairs differ by more than 5 %, which is 1.2 standard deviations.
 */
export const betweenProcesses = 0.042;

/** A change counts as significant beyond this many standard deviations, were they known: one in 16,000 by chance. */
export const deviations = 4;

/**
 * The same where the standard deviation is estimated from `rows` rows: the quantile of Student's t with one degree of freedom
 * more (what was measured beforehand counts for one): Abramowitz & Stegun 1964, 26.7.5, to the second term.
 */
export function deviationsFor(rows: number): number {
  const [z, v] = [deviations, rows + 1];
  return z + (z ** 3 + z) / (4 * v) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * v ** 2);
}

/** From a median absolute deviation to the standard deviation of a normal distribution: 1 ÷ Φ⁻¹(3/4). */
const fromMad = 1.4826;
/** From the standard error of a mean to that of a median: √(π/2). */
const ofMedian = 1.2533;

/** Standard error of the logarithm of the median of one run. */
function withinRun({ median: middle, mad, samples }: Distribution): number {
  return (ofMedian * fromMad * mad) / (middle * Math.sqrt(samples));
}

/**
 * How far the logarithms of ratios scatter about their own median: what changed is rare, so that this is the noise of this
 * pair of runs. 0 of fewer than eight.
 */
export function scatter(logRatios: readonly number[]): number {
  if (logRatios.length < 8) return 0;
  const middle = median(logRatios);
  return fromMad * median(logRatios.map((value) => Math.abs(value - middle)));
}

/**
 * What the control did: the time of copying x is taken in turns with every row, and a copy is the same code in both runs. Root
 * mean square of the logarithms of its ratios, so that a machine that was busier as a whole counts too.
 */
export function ofControl(copies: readonly { readonly before: Distribution; readonly after: Distribution }[]): number {
  if (copies.length === 0) return 0;
  const squares = copies.map(({ before, after }) => Math.log(after.median / before.median) ** 2);
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}

/** Standard deviation of the logarithm of one ratio of medians, all causes together. */
export function uncertainty(before: Distribution, after: Distribution, observed: number): number {
  return Math.hypot(Math.max(betweenProcesses, observed), withinRun(before), withinRun(after));
}
