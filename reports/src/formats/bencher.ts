import { fromFloat } from '../float.ts';
import type { Distribution, Report, Result } from '../report.ts';
import { worstTensor } from '../summary.ts';
import { benchmarkName, comparableTimes } from './benchmarks.ts';

/** One number of Bencher's, with the bounds of its spread where there are any. */
interface Metric {
  readonly value: number;
  readonly lower_value?: number;
  readonly upper_value?: number;
}

/** Bencher's own measure `latency` is in nanoseconds. */
const nanoseconds = 1e6;

function latency({ median, min, p75 }: Distribution): Metric {
  return { value: median * nanoseconds, lower_value: min * nanoseconds, upper_value: p75 * nanoseconds };
}

/** Bencher holds finite numbers only: a headroom of NaN or infinity belongs to a failure, and has no place in a trend. */
function headroom(result: Result): Readonly<Record<string, Metric>> {
  const worst = worstTensor(result);
  const value = worst === undefined ? Number.NaN : fromFloat(worst.ratio);
  return Number.isFinite(value) ? { headroom: { value } } : {};
}

/**
 * The report in Bencher Metric Format: `latency` and `end-to-end` in nanoseconds a call (median; min and third quartile as
 * bounds), `times-copy` (latency ÷ the time of copying x), `headroom` (largest share of the allowed error). Cases that did not
 * pass are left out, and so are the times of software adapters. https://bencher.dev/docs/reference/bencher-metric-format/
 */
export function renderBencher(report: Report): string {
  const timed = new Map(comparableTimes(report).map((result) => [result as Result, result.timing]));
  const metrics = report.results
    .filter(({ status }) => status === 'passed')
    .map((result): [string, Readonly<Record<string, Metric>>] => {
      const timing = timed.get(result);
      return [
        benchmarkName(result),
        {
          ...(timing && {
            latency: latency(timing.resident),
            'end-to-end': latency(timing.endToEnd),
            'times-copy': { value: timing.timesCopy },
          }),
          ...headroom(result),
        },
      ];
    })
    .filter(([, measures]) => Object.keys(measures).length > 0);
  return `${JSON.stringify(Object.fromEntries(metrics), null, 1)}\n`;
}
