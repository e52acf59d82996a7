import type { Status } from '../report.ts';
import { gravest } from '../statuses.ts';
import { groupBy } from '../summary.ts';
import { segmentsOf } from './changePoints.ts';
import type { Entry, Run } from './run.ts';

/** One number of a result that is followed over time; smaller is better for all of them. */
export interface Metric {
  readonly id: 'time' | 'copies' | 'headroom';
  readonly title: string;
  readonly of: (entry: Entry) => number | undefined;
  /** Changes below this ratio are not told. */
  readonly leastChange: number;
}

export const metrics: readonly Metric[] = [
  { id: 'time', title: 'ns/element', of: ({ time }) => time?.nsPerElement, leastChange: 1.03 },
  { id: 'copies', title: '× copy', of: ({ time }) => time?.timesCopy, leastChange: 1.03 },
  {
    id: 'headroom',
    title: 'headroom',
    of: ({ status, headroom }) => (status === 'passed' && Number.isFinite(headroom) ? headroom : undefined),
    leastChange: 1.1,
  },
];

/** Least standard deviation of the logarithm of a metric: what is exact still has to change by more than a hair. */
const leastNoise = 0.01;
/** Headroom may be 0; below this it is all one. */
const nothing = 1e-9;

export interface Change {
  /** Index of the first run after it. */
  readonly run: number;
  readonly before: number;
  readonly after: number;
  /** after ÷ before; above 1 is worse. */
  readonly ratio: number;
}

/** One metric of one backend and case over the runs of a history. */
export interface Series {
  readonly backend: string;
  readonly case: string;
  readonly op: string;
  readonly metric: Metric;
  /** Run by run, in order; runs without a value are not among them. */
  readonly points: readonly { readonly run: number; readonly value: number }[];
  readonly changes: readonly Change[];
}

export interface StatusChange {
  readonly backend: string;
  readonly case: string;
  readonly run: number;
  readonly before: Status;
  readonly after: Status;
  readonly worse: boolean;
}

/** All runs of one machine and branch, in the order of their commits. */
export interface History {
  readonly machine: string;
  /** Empty when no branch was checked out. */
  readonly branch: string;
  readonly runs: readonly Run[];
  readonly series: readonly Series[];
  readonly statuses: readonly StatusChange[];
}

const orderOf = ({ environment, startedAt }: Run): string => `${environment.committedAt ?? startedAt} ${startedAt}`;

interface Found {
  readonly run: number;
  readonly entry: Entry;
}

function seriesOf(found: readonly Found[], metric: Metric): Series[] {
  const points = found.flatMap(({ run, entry }) => {
    const value = metric.of(entry);
    return value === undefined ? [] : [{ run, value }];
  });
  if (points.length === 0) return [];
  const logs = points.map(({ value }) => Math.log(Math.max(nothing, value)));
  const constant = logs.every((log) => log === logs[0]);
  const segments = constant ? [] : segmentsOf(logs, leastNoise);
  const changes = segments.slice(1).map((segment, k): Change => {
    const [before, after] = [Math.exp(segments[k]!.mean), Math.exp(segment.mean)];
    return { run: points[segment.start]!.run, before, after, ratio: after / before };
  });
  const { backend, case: id, op } = found[0]!.entry;
  const told = changes.filter(({ ratio }) => Math.max(ratio, 1 / ratio) >= metric.leastChange);
  return [{ backend, case: id, op, metric, points, changes: told }];
}

function statusesOf(found: readonly Found[]): StatusChange[] {
  return found.slice(1).flatMap(({ run, entry }, k) => {
    const before = found[k]!.entry.status;
    const after = entry.status;
    if (before === after) return [];
    return [
      { backend: entry.backend, case: entry.case, run, before, after, worse: gravest([before, after]) === after },
    ];
  });
}

/**
 * The histories of all runs, the longest first: machines and branches are kept apart. Suites are not: a case is the same in
 * all of them.
 */
export function historiesOf(runs: readonly Run[]): readonly History[] {
  const groups = groupBy(runs, ({ machine, environment }) => JSON.stringify([machine, environment.branch ?? '']));
  return [...groups.values()]
    .map((group): History => {
      const ordered = group
        .map((run) => ({ run, order: orderOf(run) }))
        .sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0))
        .map(({ run }) => run);
      const found = ordered.flatMap(({ entries }, run) => entries.map((entry): Found => ({ run, entry })));
      const subjects = [...groupBy(found, ({ entry }) => `${entry.backend}\u0000${entry.case}`).values()];
      return {
        machine: ordered[0]!.machine,
        branch: ordered[0]!.environment.branch ?? '',
        runs: ordered,
        series: subjects.flatMap((subject) => metrics.flatMap((metric) => seriesOf(subject, metric))),
        statuses: subjects.flatMap(statusesOf),
      };
    })
    .sort((a, b) => b.runs.length - a.runs.length);
}
