import { count, short } from './numbers.ts';
import type { Status } from './report.ts';
import { statuses } from './statuses.ts';
import type { Counts, Summary, Tally } from './summary.ts';
import { uncertaintyText } from './uncertainty.ts';

/** A column of the table per backend and op, the same in a terminal and in Markdown. */
export interface SummaryColumn {
  readonly title: string;
  readonly align: 'left' | 'right';
  /** Where there is no room, columns with the highest number go first; 0 always stays. */
  readonly spare: number;
  /** The status that this column counts. */
  readonly status?: Status;
}

interface SummaryRow {
  /** One text a column. */
  readonly cells: readonly string[];
  readonly counts: Counts;
}

export interface SummaryTable {
  readonly columns: readonly SummaryColumn[];
  readonly rows: readonly SummaryRow[];
  /** What the less obvious columns mean, by their titles. */
  readonly legend: readonly { readonly title: string; readonly meaning: string }[];
}

const always: readonly Status[] = ['passed', 'failed', 'untrusted', 'skipped'];
/** What is never left out for want of room; `cases` shows that there are others. */
const essential: readonly Status[] = ['passed', 'failed', 'crashed', 'timed-out'];
const nothing = '–';

function statusColumns(summary: Summary): readonly SummaryColumn[] {
  return statuses
    .filter(({ status }) => always.includes(status) || summary.counts[status] > 0)
    .map(({ status }) => {
      const spare = essential.includes(status) ? 0 : summary.counts[status] > 0 ? 2 : 5;
      return { title: status, align: 'right', spare, status };
    });
}

function headroomText({ worst }: Tally): string {
  return worst ? `${short(worst.ratio)} ${worst.tensor}` : nothing;
}

function cellsOf(name: string, op: string, tally: Tally, counted: readonly Status[], mark: string): readonly string[] {
  const { cases, counts, grade, speed } = tally;
  return [
    name,
    op,
    cases === 0 ? nothing : count(cases),
    ...counted.map((status) => (cases === 0 ? nothing : count(counts[status]))),
    grade ?? nothing,
    headroomText(tally),
    speed ? `${short(speed.timesCopy)}${mark}` : nothing,
    uncertaintyText(speed?.uncertainty),
    speed ? `${short(speed.nsPerElement)}${mark}` : nothing,
  ];
}

/** One row a backend and op; a backend that could not run at all has one row that says so. */
export function summaryTable(summary: Summary): SummaryTable {
  const counted = statusColumns(summary);
  const countedStatuses = counted.map(({ status }) => status!);
  const rows = summary.backends.flatMap((backend): readonly SummaryRow[] => {
    const { entry, ops, software } = backend;
    const mark = software ? '*' : '';
    const { counts } = backend;
    if (ops.length === 0) {
      const op = entry.unavailable === undefined ? 'no case was run' : 'could not run';
      return [{ cells: cellsOf(entry.id, op, backend, countedStatuses, mark), counts }];
    }
    return ops.map((tally) => ({
      cells: cellsOf(entry.id, tally.op, tally, countedStatuses, mark),
      counts: tally.counts,
    }));
  });
  const anySoftware = summary.backends.some(({ software, speed }) => software && speed);
  return {
    columns: [
      { title: 'backend', align: 'left', spare: 0 },
      { title: 'op', align: 'left', spare: 0 },
      { title: 'cases', align: 'right', spare: 0 },
      ...counted,
      { title: 'grade', align: 'left', spare: 0 },
      { title: 'worst headroom', align: 'left', spare: 1 },
      { title: '× copy', align: 'right', spare: 0 },
      { title: '±', align: 'right', spare: 3 },
      { title: 'ns/element', align: 'right', spare: 4 },
    ],
    rows,
    legend: [
      { title: 'grade', meaning: 'accuracy of the worst case: A (best), B, C, F (outside the limit)' },
      {
        title: 'worst headroom',
        meaning: 'largest error as a share of the allowed error, and its tensor; above 1 is wrong',
      },
      {
        title: '× copy',
        meaning: `median time of a call ÷ time of only copying its input${anySoftware ? '; * a software adapter: compare with nothing' : ''}`,
      },
      {
        title: '±',
        meaning: 'half of the interval in which the median lies (95 %), of the case where it is widest',
      },
      { title: 'ns/element', meaning: 'median nanoseconds per element of x' },
    ],
  };
}
