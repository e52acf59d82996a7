import { short } from './numbers.ts';
import type { Grade, Report, Result, Status } from './report.ts';
import { countsOf, groupBy } from './summary.ts';
import type { SummaryColumn, SummaryTable } from './summaryTable.ts';
import { uncertaintyOf, uncertaintyText } from './uncertainty.ts';

/** What one backend made of a case that others were timed on, too. */
export interface ComparedBackend {
  readonly backend: string;
  readonly status: Status;
  /** Why there is no time, where the result says so. */
  readonly reason?: string;
  readonly grade?: Grade;
  readonly speed?: ComparedSpeed;
}

/** A time beside others of the same run. */
export interface ComparedSpeed {
  /** Median nanoseconds per element of x. */
  readonly nsPerElement: number;
  /** The least that the op has to move ÷ the median. */
  readonly gigabytesPerSecond: number;
  /** Median time ÷ that of copying x. */
  readonly timesCopy: number;
  /** Half the interval of the median as a share of it; absent where there is no interval. */
  readonly uncertainty?: number;
  /** Median time ÷ the shortest of those compared with; absent where none of them was timed, or a device is an emulation. */
  readonly timesBest?: number;
  /** The device is an emulation; compare with nothing. */
  readonly software: boolean;
}

/** One case, side by side: at least two backends were timed on it. Backends stand as the report has them. */
export interface ComparedCase {
  readonly case: string;
  readonly entries: readonly ComparedBackend[];
}

export interface SideBySide {
  /** Ids of the backends of which the fastest is the measure of each case. */
  readonly against: readonly string[];
  /** In the order of the report. */
  readonly cases: readonly ComparedCase[];
}

function isComparable({ timing }: Result): boolean {
  return timing !== undefined && !timing.software && timing.resident.median > 0;
}

function entryOf(result: Result, best: number): ComparedBackend {
  const { backend, status, reason, cause, grade, timing } = result;
  const why = reason ?? cause;
  const uncertainty = timing && uncertaintyOf(timing.resident);
  return {
    backend,
    status,
    ...(why !== undefined && { reason: why }),
    ...(grade !== undefined && { grade }),
    ...(timing && {
      speed: {
        nsPerElement: timing.nsPerElement,
        gigabytesPerSecond: timing.gigabytesPerSecond,
        timesCopy: timing.timesCopy,
        ...(uncertainty !== undefined && { uncertainty }),
        ...(isComparable(result) && Number.isFinite(best) && { timesBest: timing.resident.median / best }),
        software: timing.software,
      },
    }),
  };
}

/**
 * Every case on which several backends were timed, with all backends side by side: also those that were skipped or failed
 * there, so that an absence shows. A pure function of the report.
 *
 * @param against ids of the backends whose fastest is the measure; those that are not in the report do not count, and when
 *   none is left, all are meant
 */
export function sideBySide(report: Report, against: readonly string[] = []): SideBySide {
  const present = report.backends.map(({ id }) => id);
  const named = present.filter((id) => against.includes(id));
  const measure = named.length > 0 ? named : present;
  const cases = [...groupBy(report.results, ({ case: id }) => id)]
    .filter(([, results]) => results.filter(({ timing }) => timing !== undefined).length > 1)
    .map(([id, results]): ComparedCase => {
      const best = results
        .filter((result) => measure.includes(result.backend) && isComparable(result))
        .reduce((least, { timing }) => Math.min(least, timing!.resident.median), Number.POSITIVE_INFINITY);
      return { case: id, entries: results.map((result) => entryOf(result, best)) };
    });
  return { against: measure, cases };
}

const columns: readonly SummaryColumn[] = [
  { title: 'case', align: 'left', spare: 0 },
  { title: 'backend', align: 'left', spare: 0 },
  { title: 'result', align: 'left', spare: 0 },
  { title: 'grade', align: 'left', spare: 0 },
  { title: 'ns/element', align: 'right', spare: 0 },
  { title: '±', align: 'right', spare: 2 },
  { title: 'GB/s', align: 'right', spare: 3 },
  { title: '× copy', align: 'right', spare: 1 },
  { title: '÷ best', align: 'right', spare: 0 },
];
const nothing = '–';

function cellsOf(id: string, { backend, status, grade, speed }: ComparedBackend): readonly string[] {
  const mark = speed?.software ? '*' : '';
  return [
    id,
    backend,
    status,
    grade ?? nothing,
    speed ? `${short(speed.nsPerElement)}${mark}` : nothing,
    uncertaintyText(speed?.uncertainty),
    speed ? `${short(speed.gigabytesPerSecond)}${mark}` : nothing,
    speed ? `${short(speed.timesCopy)}${mark}` : nothing,
    speed?.timesBest === undefined ? nothing : short(speed.timesBest),
  ];
}

/** One row a case and backend, for a terminal or Markdown; no rows where nothing was timed side by side. */
export function sideBySideTable({ against, cases }: SideBySide): SummaryTable {
  const software = cases.some(({ entries }) => entries.some(({ speed }) => speed?.software));
  const emulation = software ? '; * a software adapter: compare with nothing' : '';
  return {
    columns,
    rows: cases.flatMap(({ case: id, entries }) =>
      entries.map((entry) => ({ cells: cellsOf(id, entry), counts: countsOf([]) })),
    ),
    legend: [
      { title: 'GB/s', meaning: 'the least that the op has to move ÷ the median' },
      { title: '÷ best', meaning: `median time ÷ that of the fastest of ${against.join(', ')}${emulation}` },
    ],
  };
}
