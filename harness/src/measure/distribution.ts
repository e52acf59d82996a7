import type { Distribution, Interval } from '@normgauge/reports';
import type { Samples } from '../hosts/protocol.ts';
import { intervalOfMedian, intervalOverVisits } from './interval.ts';

/** The value below which a share of the sorted samples lies, with linear interpolation between neighbours. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const at = (sorted.length - 1) * share;
  const below = Math.floor(at);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN;
  return low + (high - low) * (at - below);
}

/** Samples of one or more visits to a row, one behind the other. */
export interface VisitedSamples extends Samples {
  /** How many samples each visit took; absent: there was one. */
  readonly visits?: readonly number[];
}

/** The median of the samples of each visit, in order. */
function mediansOf(milliseconds: Float64Array, visits: readonly number[]): Float64Array {
  let end = 0;
  return Float64Array.from(visits, (count) => {
    const begin = end;
    end += count;
    return quantile(milliseconds.slice(begin, end).sort(), 0.5);
  });
}

/** A ratio of medians, and between what it lies where there were several visits. */
export interface Ratio {
  readonly ratio: number;
  readonly interval?: Interval;
}

/**
 * How many times as long as the other the one took: where there were several visits, the median of what each of them says by itself, since
 * what a place in memory or a moment does to both cancels there, and the interval of that median by the sign test.
 */
export function ratioOf(one: VisitedSamples, other: VisitedSamples): Ratio {
  const visits = one.visits ?? [one.milliseconds.length];
  const others = mediansOf(other.milliseconds, other.visits ?? [other.milliseconds.length]);
  const ratios = mediansOf(one.milliseconds, visits)
    .map((median, k) => median / others[k]!)
    .sort();
  return { ratio: quantile(ratios, 0.5), ...(ratios.length > 1 && { interval: intervalOfMedian(ratios) }) };
}

/** Median with its interval, minimum, third quartile and median absolute deviation; milliseconds per call. */
export function distributionOf({ milliseconds, callsPerSample, preempted, visits }: VisitedSamples): Distribution {
  const sorted = Float64Array.from(milliseconds).sort();
  const median = quantile(sorted, 0.5);
  const deviations = sorted.map((value) => Math.abs(value - median)).sort();
  const lost = preempted.reduce((sum, flag) => sum + flag, 0);
  return {
    samples: sorted.length,
    callsPerSample,
    median,
    min: sorted[0] ?? Number.NaN,
    p75: quantile(sorted, 0.75),
    mad: quantile(deviations, 0.5),
    preempted: preempted.length === 0 ? 0 : lost / preempted.length,
    ...(visits
      ? { visits: visits.length, interval: intervalOverVisits(sorted, mediansOf(milliseconds, visits).sort()) }
      : sorted.length > 0 && { interval: intervalOfMedian(sorted) }),
  };
}
