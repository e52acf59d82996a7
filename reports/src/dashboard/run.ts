import { fromFloat } from '../float.ts';
import { environmentOf, machineName } from '../machine.ts';
import type { Environment, Grade, Report, Result, Status } from '../report.ts';
import { type Counts, countsOf, groupBy, summarise, type Verdict, worstTensor } from '../summary.ts';

/** What a dashboard keeps of one result. */
export interface Entry {
  /** Id of the backend, with its device where that is a GPU: times of different ones are kept apart. */
  readonly backend: string;
  readonly case: string;
  readonly op: string;
  readonly status: Status;
  readonly grade?: Grade;
  /** Largest share of the allowed error. */
  readonly headroom?: number;
  /** Absent when it was not timed, did not pass, or ran on an emulation. */
  readonly time?: EntryTime;
}

export interface EntryTime {
  /** Median milliseconds of `run`. */
  readonly median: number;
  readonly nsPerElement: number;
  readonly timesCopy: number;
  /** Median milliseconds of the copy that was timed in turns with it. */
  readonly copy: number;
  /** Median absolute deviation ÷ (median · √samples). */
  readonly spread: number;
}

/** What a dashboard keeps of one run on one machine. */
export interface Run {
  /** Where the report lies, as the reader was told. */
  readonly source: string;
  /** Where its own page is, from the site; absent when there is none. */
  readonly page?: string;
  readonly machine: string;
  readonly environment: Environment;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly suite: string;
  readonly seed: number;
  readonly interrupted: boolean;
  readonly verdict: Verdict;
  readonly counts: Counts;
  readonly entries: readonly Entry[];
}

function timeOf({ status, timing }: Result): EntryTime | undefined {
  if (timing === undefined || timing.software || status !== 'passed') return undefined;
  const { resident, copy, nsPerElement, timesCopy } = timing;
  const spread = resident.mad / (resident.median * Math.sqrt(resident.samples));
  return { median: resident.median, nsPerElement, timesCopy, copy: copy.median, spread };
}

function entryOf(result: Result, names: ReadonlyMap<string, string>): Entry {
  const worst = worstTensor(result);
  const time = timeOf(result);
  return {
    backend: names.get(result.backend) ?? result.backend,
    case: result.case,
    op: result.op,
    status: result.status,
    ...(result.grade && { grade: result.grade }),
    ...(worst && { headroom: fromFloat(worst.ratio) }),
    ...(time && { time }),
  };
}

/** The runs in a report: one, or one for each machine of a merged report. Everything else of the report can be forgotten. */
export function runsOf(report: Report, source: string, page?: string): readonly Run[] {
  const names = new Map(
    report.backends.map(({ id, device }) => [id, device?.kind === 'gpu' ? `${id} on ${device.name}` : id]),
  );
  const { startedAt, selection, interrupted } = report;
  const groups = groupBy(report.results, (result) => machineName(environmentOf(report, result)));
  if (groups.size === 0) groups.set(machineName(report.environment), []);
  return [...groups].map(([machine, results]) => ({
    source,
    ...(page !== undefined && { page }),
    machine,
    environment: results[0] ? environmentOf(report, results[0]) : report.environment,
    startedAt,
    suite: selection.suite,
    seed: selection.seed,
    interrupted,
    verdict: summarise({ ...report, results }).verdict,
    counts: countsOf(results),
    entries: results.map((result) => entryOf(result, names)),
  }));
}
