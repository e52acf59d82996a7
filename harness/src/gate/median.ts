import { quantile } from '../measure/distribution.ts';
import { binomialAtMost } from './binomial.ts';

/** A median and bounds of it; of ratios, 1 is "alike". */
export interface Estimate {
  readonly median: number;
  /** The true median is below this with at most the probability that was given; −∞ (as a ratio 0) where nothing can be said. */
  readonly low: number;
  /** The true median is above this with at most the same probability. */
  readonly high: number;
}

const ranks = new Map<string, number>();

/**
 * The largest k for which P(Bin(n, ½) ≤ k−1) ≤ alpha: the k-th smallest of n observations lies above the median they were
 * drawn around with at most that probability, and so does the k-th largest below it. 0 where n is too small for any.
 */
function rankOf(n: number, alpha: number): number {
  const key = `${n} ${alpha}`;
  let k = ranks.get(key);
  if (k === undefined) {
    k = 0;
    while (k < n / 2 && binomialAtMost(k, n, 0.5) <= alpha) k++;
    ranks.set(key, k);
  }
  return k;
}

/**
 * Median with order-statistic bounds, the inversion of the sign test (Thompson 1936, doi:10.1214/aoms/1177732502). They
 * hold for any distribution of independent observations with that median, however far its tails reach.
 *
 * @param alpha the probability with which either bound may be wrong
 */
export function estimateMedian(observations: ArrayLike<number>, alpha: number): Estimate {
  const sorted = Float64Array.from(observations).sort();
  const k = rankOf(sorted.length, alpha);
  return {
    median: quantile(sorted, 0.5),
    low: k === 0 ? Number.NEGATIVE_INFINITY : sorted[k - 1]!,
    high: k === 0 ? Number.POSITIVE_INFINITY : sorted[sorted.length - k]!,
  };
}

/** An estimate of logarithms as one of what they are the logarithms of. */
export function exponential({ median, low, high }: Estimate): Estimate {
  return { median: Math.exp(median), low: Math.exp(low), high: Math.exp(high) };
}
