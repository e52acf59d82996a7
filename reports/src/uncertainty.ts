import { percent } from './numbers.ts';
import type { Distribution, Timing } from './report.ts';

/** Half the interval of a median as a share of it; undefined where there is no interval, or the clock stood still. */
export function uncertaintyOf({ median, interval }: Distribution): number | undefined {
  return interval && median > 0 ? (interval.high - interval.low) / 2 / median : undefined;
}

/** Half the interval of × copy as a share of it; undefined where there is none. */
export function uncertaintyOfRatio({ timesCopy, timesCopyInterval: interval }: Timing): number | undefined {
  return interval && timesCopy > 0 ? (interval.high - interval.low) / 2 / timesCopy : undefined;
}

/** `±1.2 %`, or a dash. */
export function uncertaintyText(share: number | undefined): string {
  return share === undefined ? '–' : `±${percent(share)}`;
}
