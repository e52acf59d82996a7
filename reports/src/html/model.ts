import { type Failure, failuresOf, type SkippedGroup, skippedOf } from '../findings.ts';
import type { Report, Result } from '../report.ts';
import { groupBy, type Summary, summarise } from '../summary.ts';

/** How a backend is drawn, the same in every chart: colour, dash and marker each tell it apart alone. */
export interface Series {
  /** A CSS colour that follows light and dark. */
  readonly colour: string;
  /** SVG stroke-dasharray; empty is a solid line. */
  readonly dash: string;
  readonly symbol: 'circle' | 'square' | 'triangle' | 'diamond2' | 'star' | 'cross' | 'wye';
}

/** All results of one op, layout and shape. */
export interface CaseRow {
  /** Where the page lists its cases one by one. */
  readonly anchor: string;
  readonly op: string;
  readonly layout: string;
  readonly shape: readonly number[];
  readonly results: readonly Result[];
}

/** What the sections of a page are made from; each fact is worked out once. */
export interface PageModel {
  readonly report: Report;
  readonly summary: Summary;
  readonly failures: readonly Failure[];
  readonly skipped: readonly SkippedGroup[];
  readonly rows: readonly CaseRow[];
  readonly series: ReadonlyMap<string, Series>;
  /** Where the page shows what is wrong with a result. */
  readonly failureAnchor: ReadonlyMap<Result, string>;
}

const dashes = ['', '7 3', '2 3', '9 3 2 3', '4 2'];
const symbols = ['circle', 'square', 'triangle', 'diamond2', 'star', 'cross', 'wye'] as const;
const colours = 8;

function seriesAt(index: number): Series {
  return {
    colour: `var(--series-${(index % colours) + 1})`,
    dash: dashes[index % dashes.length]!,
    symbol: symbols[index % symbols.length]!,
  };
}

export function pageModel(report: Report): PageModel {
  const summary = summarise(report);
  const failures = failuresOf(report);
  const grouped = groupBy(report.results, ({ op, layout, shape }) => JSON.stringify([op, layout, shape]));
  const rows = [...grouped.values()].map((results, i): CaseRow => {
    const { op, layout, shape } = results[0]!;
    return { anchor: `c${i}`, op, layout, shape, results };
  });
  return {
    report,
    summary,
    failures,
    skipped: skippedOf(report),
    rows,
    series: new Map(summary.backends.map(({ entry }, i) => [entry.id, seriesAt(i)])),
    failureAnchor: new Map(failures.map(({ result }, i) => [result, `f${i}`])),
  };
}
