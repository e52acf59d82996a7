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

const signedRanks = new Map<string, number>();

/**
 * The largest k for which P(T ≤ k−1) ≤ alpha, where T is the sum of those of the ranks 1…n that a fair coin chooses: Wilcoxon's
 * statistic. 0 where n is too small for any.
 */
function signedRankOf(n: number, alpha: number): number {
  const key = `${n} ${alpha}`;
  let k = signedRanks.get(key);
  if (k === undefined) {
    // The probability of each sum, one rank after the other.
    let probabilities = Float64Array.of(1);
    for (let rank = 1; rank <= n; rank++) {
      const next = new Float64Array(probabilities.length + rank);
      for (const [sum, probability] of probabilities.entries()) {
        next[sum]! += probability / 2;
        next[sum + rank]! += probability / 2;
      }
      probabilities = next;
    }
    k = 0;
    for (let below = probabilities[0]!; below <= alpha; below += probabilities[k]!) k++;
    signedRanks.set(key, k);
  }
  return k;
}

/**
 * The centre of observations that are as likely above it as below by any distance, with bounds: the median of their pairwise means
 * (Hodges & Lehmann 1963, doi:10.1214/aoms/1177704172), and the inversion of the signed-rank test (Wilcoxon 1945, doi:10.2307/3001968).
 * Where noise is normal it needs two thirds of the observations that the median does, and bears outliers nearly as well.
 *
 * @param alpha the probability with which either bound may be wrong
 */
export function estimateCentre(observations: ArrayLike<number>, alpha: number): Estimate {
  const n = observations.length;
  const means = new Float64Array((n * (n + 1)) / 2);
  let at = 0;
  for (let i = 0; i < n; i++) for (let j = i; j < n; j++) means[at++] = (observations[i]! + observations[j]!) / 2;
  means.sort();
  const k = signedRankOf(n, alpha);
  return {
    median: quantile(means, 0.5),
    low: k === 0 ? Number.NEGATIVE_INFINITY : means[k - 1]!,
    high: k === 0 ? Number.POSITIVE_INFINITY : means[means.length - k]!,
  };
}

/** An estimate of logarithms as one of what they are the logarithms of. */
export function exponential({ median, low, high }: Estimate): Estimate {
  return { median: Math.exp(median), low: Math.exp(low), high: Math.exp(high) };
}
