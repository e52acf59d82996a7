import type { Distribution } from '@normgauge/reports';
import type { Samples } from '../hosts/protocol.ts';
import { intervalOfMedian } from './interval.ts';

/** The value below which a share of the sorted samples lies, with linear interpolation between neighbours. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const at = (sorted.length - 1) * share;
  const below = Math.floor(at);
  const low = sorted[below] ?? Number.NaN;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN;
  return low + (high - low) * (at - below);
}

/** Median with its interval, minimum, third quartile and median absolute deviation; milliseconds per call. */
export function distributionOf({ milliseconds, callsPerSample, preempted }: Samples): Distribution {
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
    ...(sorted.length > 0 && { interval: intervalOfMedian(sorted) }),
  };
}
