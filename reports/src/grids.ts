import type { Report, Result, Timing } from './report.ts';
import { groupBy, median } from './summary.ts';

export interface GridCell {
  readonly c: number;
  /** Positions of a channel in one sample. */
  readonly s: number;
  /** Median of `run` ÷ median of the copy; the median where several fills were timed. */
  readonly timesCopy: number;
}

/** One backend's times over channels × spatial size, everything else the same. Not every cell needs to have been timed. */
export interface Grid {
  readonly op: string;
  readonly layout: string;
  readonly convention: string;
  readonly n: number;
  readonly backend: string;
  readonly software: boolean;
  /** Ascending, at least three. */
  readonly channels: readonly number[];
  /** Ascending, at least three. */
  readonly spatial: readonly number[];
  readonly cells: readonly GridCell[];
}

/** Fewer sizes than this on either side are no grid. */
const leastSizes = 3;
/** Fewer cells than this in a row or a column belong to a sweep that crosses the grid. */
const leastBeside = 2;

type Timed = Result & { readonly timing: Timing };

function cellsOf(results: readonly Timed[]): readonly GridCell[] {
  const sized = results.map(({ shape, timing }) => {
    const [, c = 1, ...spatial] = shape;
    return { c, s: spatial.reduce((product, size) => product * size, 1), timesCopy: timing.timesCopy };
  });
  return [...groupBy(sized, ({ c, s }) => `${c} ${s}`).values()].map((here) => ({
    ...here[0]!,
    timesCopy: median(here.map(({ timesCopy }) => timesCopy)),
  }));
}

/** The cells that have others beside them in their row and in their column; a cross of two sweeps has none. */
function core(cells: readonly GridCell[]): readonly GridCell[] {
  const rows = groupBy(cells, ({ c }) => c);
  const columns = groupBy(cells, ({ s }) => s);
  const left = cells.filter(({ c, s }) => rows.get(c)!.length >= leastBeside && columns.get(s)!.length >= leastBeside);
  return left.length === cells.length ? cells : core(left);
}

const ascending = (values: Iterable<number>): readonly number[] => [...new Set(values)].sort((a, b) => a - b);

/**
 * Like sweeps, grids need no marker: timed results in float32 of one backend that differ in channels and spatial size alone are a grid
 * where there are three of either at least, each combined with more than one of the other. Of each op, layout and backend the largest.
 */
export function gridsOf(report: Report): readonly Grid[] {
  const timed = report.results.filter(
    (result): result is Timed =>
      result.dtype === undefined && result.timing !== undefined && result.timing.timesCopy > 0,
  );
  const groups = groupBy(timed, ({ op, layout, convention, shape, backend }) =>
    JSON.stringify([op, layout, convention, shape[0], backend]),
  );
  const grids = [...groups.values()].flatMap((results): readonly Grid[] => {
    const cells = core(cellsOf(results));
    const channels = ascending(cells.map(({ c }) => c));
    const spatial = ascending(cells.map(({ s }) => s));
    if (Math.min(channels.length, spatial.length) < leastSizes) return [];
    const { op, layout, convention, shape, backend, timing } = results[0]!;
    return [
      {
        op,
        layout,
        convention,
        n: shape[0]!,
        backend,
        software: timing.software,
        channels,
        spatial,
        cells,
      },
    ];
  });
  return [...groupBy(grids, ({ op, layout, backend }) => JSON.stringify([op, layout, backend])).values()].map(
    (alike) => alike.sort((a, b) => b.cells.length - a.cells.length)[0]!,
  );
}
