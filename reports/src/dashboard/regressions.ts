import type { Change, History, Series, StatusChange } from './history.ts';
import type { Run } from './run.ts';

/** What became worse with one run. */
export interface Regression {
  readonly history: History;
  readonly run: Run;
  /** Place of the run in its history. */
  readonly at: number;
  readonly statuses: readonly StatusChange[];
  /** Series with a change point at this run for the worse, largest first. */
  readonly series: readonly { readonly series: Series; readonly change: Change }[];
}

/** Everything that became worse, by the run with which it did, latest first. */
export function regressionsOf(histories: readonly History[]): readonly Regression[] {
  return histories
    .flatMap((history) => {
      const statuses = new Map<number, StatusChange[]>();
      const series = new Map<number, { series: Series; change: Change }[]>();
      for (const change of history.statuses) {
        if (change.worse) statuses.set(change.run, [...(statuses.get(change.run) ?? []), change]);
      }
      for (const one of history.series) {
        for (const change of one.changes) {
          if (change.ratio > 1) series.set(change.run, [...(series.get(change.run) ?? []), { series: one, change }]);
        }
      }
      const runs = [...new Set([...statuses.keys(), ...series.keys()])];
      return runs.map(
        (at): Regression => ({
          history,
          run: history.runs[at]!,
          at,
          statuses: statuses.get(at) ?? [],
          series: (series.get(at) ?? []).sort((a, b) => b.change.ratio - a.change.ratio),
        }),
      );
    })
    .sort((a, b) => (a.run.startedAt < b.run.startedAt ? 1 : -1));
}
