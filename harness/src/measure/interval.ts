import type { Interval } from '@normgauge/reports';

/** Probability with which the median is to lie in the interval, where there are samples enough. */
const wanted = 0.95;

/** Rank of the lower end, counted from 1, and the probability that the median lies between it and its counterpart above. */
interface Ranks {
  readonly rank: number;
  readonly confidence: number;
}

/**
 * The largest k with 1 − 2 · P(Bin(n, ½) < k) ≥ 0.95: the k-th smallest and the k-th largest of n samples. Where even the
 * smallest and the largest reach less, these two, with what they reach.
 */
function ranksOf(n: number): Ranks {
  // In logarithms, since 2⁻ⁿ is 0 for more than 1074 samples.
  let logarithm = -n * Math.LN2;
  let below = Math.exp(logarithm);
  let ranks = { rank: 1, confidence: Math.max(0, 1 - 2 * below) };
  for (let k = 2; k <= n / 2; k++) {
    logarithm += Math.log((n - k + 2) / (k - 1));
    below += Math.exp(logarithm);
    if (1 - 2 * below < wanted) break;
    ranks = { rank: k, confidence: 1 - 2 * below };
  }
  return ranks;
}

/**
 * Between what the median of the samples of several visits lies. Samples of one visit are not independent: where its data lies in
 * memory, and what else the machine did in that second, is the same for all of them. So the interval reaches from the lower end to
 * the upper one of two: that of the samples, and that of the medians of the visits. The confidence is that of the visits, which is
 * 95 % from six of them on: where they differ, nothing else is known.
 *
 * @param sorted samples of all visits, ascending
 * @param medians of the visits, ascending
 */
export function intervalOverVisits(sorted: ArrayLike<number>, medians: ArrayLike<number>): Interval {
  const [ofSamples, ofVisits] = [intervalOfMedian(sorted), intervalOfMedian(medians)];
  return {
    low: Math.min(ofSamples.low, ofVisits.low),
    high: Math.max(ofSamples.high, ofVisits.high),
    confidence: ofVisits.confidence,
  };
}

/**
 * Between which two of the samples their true median lies: the inversion of the sign test (Thompson 1936,
 * doi:10.1214/aoms/1177732502), which holds for independent samples of any distribution. The confidence is that of the
 * ranks that were taken; from six samples on it is at least 0.95.
 *
 * @param sorted at least one sample, ascending
 */
export function intervalOfMedian(sorted: ArrayLike<number>): Interval {
  const { rank, confidence } = ranksOf(sorted.length);
  return { low: sorted[rank - 1]!, high: sorted[sorted.length - rank]!, confidence };
}
