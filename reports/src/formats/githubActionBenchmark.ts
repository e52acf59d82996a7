import { percent, samplesText, short } from '../numbers.ts';
import type { Report } from '../report.ts';
import { benchmarkName, comparableTimes, type TimedResult } from './benchmarks.ts';

/** `BenchmarkResult` of src/extract.ts in github.com/benchmark-action/github-action-benchmark. */
interface Entry {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly range: string;
  readonly extra: string;
}

function entry(result: TimedResult): Entry {
  const { resident, endToEnd, nsPerElement, timesCopy, ofRoof } = result.timing;
  return {
    name: benchmarkName(result),
    unit: 'ms',
    value: resident.median,
    range: `± ${short(resident.mad, 2)}`,
    extra: [
      `median of ${samplesText(resident)} calls`,
      `min ${short(resident.min, 4)} ms`,
      `${short(nsPerElement)} ns/element`,
      `${short(timesCopy)} × a copy, ${percent(ofRoof)} of the roof`,
      `end to end ${short(endToEnd.median, 4)} ms`,
    ].join('\n'),
  };
}

/**
 * The times of a report as `customSmallerIsBetter` of github-action-benchmark: median milliseconds a call, ± the median
 * absolute deviation. The times of software adapters are left out, since they compare with nothing.
 */
export function renderGithubActionBenchmark(report: Report): string {
  return `${JSON.stringify(comparableTimes(report).map(entry), null, 1)}\n`;
}
