import { compareRatios } from './float.ts';
import type { BackendEntry, Float, Grade, Report, Result, Status } from './report.ts';
import { statuses, worseGrade } from './statuses.ts';
import { uncertaintyOf } from './uncertainty.ts';

export type Counts = Readonly<Record<Status, number>>;

/** The largest share of an allowed error that was used, and where. */
export interface WorstHeadroom {
  readonly ratio: Float;
  readonly tensor: string;
  readonly case: string;
}

/** Medians over the timed cases of one group. */
export interface Speed {
  /** Cases that were timed. */
  readonly timed: number;
  /** Median over cases of run time ÷ copy time. */
  readonly timesCopy: number;
  /** Median over cases, nanoseconds per element of x. */
  readonly nsPerElement: number;
  /** Median over cases of the share of the roof reached; 1 is at the roof. */
  readonly ofRoof: number;
  /** Median over the cases that a device's own clock has timed, nanoseconds per element of x; absent where it timed none. */
  readonly deviceNsPerElement?: number;
  /** Half the interval of the median as a share of it, of the case where it is widest; absent where a case has no interval. */
  readonly uncertainty?: number;
}

/** What there is to say about a group of results: one backend, or one backend and op. */
export interface Tally {
  readonly cases: number;
  readonly counts: Counts;
  /** Failures that were written down beforehand; they are among the counts and count against nothing. */
  readonly excused: number;
  /** Worst grade of any case. */
  readonly grade?: Grade;
  readonly worst?: WorstHeadroom;
  readonly speed?: Speed;
}

export interface OpSummary extends Tally {
  readonly op: string;
}

export interface BackendSummary extends Tally {
  readonly entry: BackendEntry;
  /** Its device is an emulation: its times are comparable with nothing. */
  readonly software: boolean;
  readonly ops: readonly OpSummary[];
}

/**
 * - `wrong`: a case failed, crashed or timed out that was not excused
 * - `right`: none did, the run was finished, and of each op that ran at least one case passed
 * - `undecided`: neither
 */
export type Verdict = 'right' | 'wrong' | 'undecided';

export interface Summary extends Tally {
  readonly verdict: Verdict;
  readonly ops: readonly string[];
  readonly backends: readonly BackendSummary[];
}

/** The middle value, or the mean of the two middle ones; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The members of each group, groups in the order in which they first occur. */
export function groupBy<T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** How many results there are of each status. */
export function countsOf(results: readonly Result[]): Counts {
  const counts = Object.fromEntries(statuses.map(({ status }) => [status, 0])) as Record<Status, number>;
  for (const { status } of results) counts[status] += 1;
  return counts;
}

/** The tensor of this result that used most of its allowed error. */
export function worstTensor(result: Result): WorstHeadroom | undefined {
  let worst: WorstHeadroom | undefined;
  for (const { name, headroom } of result.tensors) {
    if (!worst || compareRatios(headroom, worst.ratio) > 0) {
      worst = { ratio: headroom, tensor: name, case: result.case };
    }
  }
  return worst;
}

function speedOf(results: readonly Result[]): Speed | undefined {
  const timings = results.flatMap(({ timing }) => (timing ? [timing] : []));
  if (timings.length === 0) return undefined;
  const uncertainties = timings.map(({ resident }) => uncertaintyOf(resident));
  const clocked = timings.flatMap(({ device }) => (device ? [device.nsPerElement] : []));
  const known = uncertainties.filter((share) => share !== undefined);
  return {
    timed: timings.length,
    timesCopy: median(timings.map(({ timesCopy }) => timesCopy)),
    nsPerElement: median(timings.map(({ nsPerElement }) => nsPerElement)),
    ofRoof: median(timings.map(({ ofRoof }) => ofRoof)),
    ...(clocked.length > 0 && { deviceNsPerElement: median(clocked) }),
    ...(known.length === timings.length && { uncertainty: Math.max(...known) }),
  };
}

function tally(results: readonly Result[]): Tally {
  let grade: Grade | undefined;
  let worst: WorstHeadroom | undefined;
  for (const result of results) {
    grade = worseGrade(grade, result.grade);
    const found = worstTensor(result);
    if (found && (!worst || compareRatios(found.ratio, worst.ratio) > 0)) worst = found;
  }
  const speed = speedOf(results);
  return {
    cases: results.length,
    counts: countsOf(results),
    excused: results.filter(({ excused }) => excused !== undefined).length,
    ...(grade && { grade }),
    ...(worst && { worst }),
    ...(speed && { speed }),
  };
}

/** Ops that were attempted on a backend and of which no case passed: nothing proves them right. */
export function unprovedOf({ ops }: BackendSummary): readonly OpSummary[] {
  return ops.filter(({ cases, counts }) => cases > counts.skipped && counts.passed === 0);
}

/** Results that count against a backend: failed, crashed or timed out, and not excused. */
export function wrongOf({ counts, excused }: Pick<Tally, 'counts' | 'excused'>): number {
  return counts.failed + counts.crashed + counts['timed-out'] - excused;
}

function verdictOf(whole: Tally, backends: readonly BackendSummary[], interrupted: boolean): Verdict {
  if (wrongOf(whole) > 0) return 'wrong';
  const { counts } = whole;
  const proved = counts.passed > 0 && backends.every((backend) => unprovedOf(backend).length === 0);
  return proved && !interrupted ? 'right' : 'undecided';
}

/**
 * What a report says, in few numbers: counts by status, worst grade, worst headroom and median speed for everything,
 * for each backend, and for each backend and op. Backends stand in the order of the selection, ops in that of the results;
 * a backend that only the results name is listed too.
 */
export function summarise(report: Report): Summary {
  const byBackend = groupBy(report.results, ({ backend }) => backend);
  const listed = new Map<string, BackendEntry>();
  for (const entry of report.backends) listed.set(entry.id, entry);
  for (const id of byBackend.keys()) if (!listed.has(id)) listed.set(id, { id, declares: {} });

  const backends = [...listed.values()].map((entry): BackendSummary => {
    const results = byBackend.get(entry.id) ?? [];
    return {
      entry,
      software: entry.device?.software === true || results.some(({ timing }) => timing?.software === true),
      ...tally(results),
      ops: [...groupBy(results, ({ op }) => op)].map(([op, ofOp]) => ({ op, ...tally(ofOp) })),
    };
  });
  const whole = tally(report.results);
  return {
    ...whole,
    verdict: verdictOf(whole, backends, report.interrupted),
    ops: [...new Set(report.results.map(({ op }) => op))],
    backends,
  };
}
