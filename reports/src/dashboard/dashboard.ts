import type { Result } from '../report.ts';
import { countsOf } from '../summary.ts';
import { comparePage } from './comparePage.ts';
import { type History, historiesOf } from './history.ts';
import { type InProgress, indexPage, type LeftOut } from './indexPage.ts';
import type { Live } from './live.ts';
import { regressionsOf } from './regressions.ts';
import type { Run } from './run.ts';
import { trendPage } from './trendPage.ts';

/** What a dashboard is made from. */
export interface DashboardInput {
  readonly runs: readonly Run[];
  /** Files of the folder that are no reports, and why. */
  readonly leftOut: readonly LeftOut[];
  readonly inProgress: readonly InProgress[];
  /** Present when the site is served and told of changes. */
  readonly live?: Live;
}

/** The page of a run that is not finished: what it has found so far. */
export function inProgress(source: string, results: readonly Result[]): InProgress {
  return { source, counts: countsOf(results) };
}

/** Fewest runs of which a trend is drawn. */
const leastRuns = 2;

interface Trend {
  readonly history: History;
  readonly backend: string;
  readonly file: string;
}

function trendsOf(histories: readonly History[]): readonly Trend[] {
  return histories
    .filter(({ runs }) => runs.length >= leastRuns)
    .flatMap((history) =>
      [...new Set(history.series.map(({ backend }) => backend))].map((backend) => ({ history, backend })),
    )
    .map((trend, k) => ({ ...trend, file: `trend-${k + 1}.html` }));
}

/**
 * A dashboard as the files of a static site, by name: `index.html`, `compare.html`, and a page for each backend on each machine and
 * branch. The files refer to each other and to nothing else but the pages of the runs themselves.
 */
export function dashboardSite({
  runs,
  leftOut,
  inProgress: unfinished,
  live,
}: DashboardInput): ReadonlyMap<string, string> {
  const histories = historiesOf(runs);
  const trends = trendsOf(histories);
  const index = indexPage(
    {
      runs,
      histories,
      regressions: regressionsOf(histories),
      leftOut,
      inProgress: unfinished,
      trendOf: (history, backend) =>
        trends.find((trend) => trend.history === history && trend.backend === backend)?.file,
    },
    live,
  );
  return new Map([
    ['index.html', index],
    ['compare.html', comparePage(runs, live)],
    ...trends.map(({ history, backend, file }): [string, string] => [file, trendPage(history, backend, live)]),
  ]);
}
