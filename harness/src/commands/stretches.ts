import { elementsOf } from '@normgauge/contract';
import type { Case } from '../cases/case.ts';

/** Cases that follow one another and are all timed, or all not. */
export interface Stretch {
  readonly timed: boolean;
  readonly rows: readonly Case[];
}

/** Elements of x, all cases of a timed stretch together: their data is in memory until the last of them was timed. */
const elementsAtOnce = 2 ** 21;

/**
 * Cuts a run where verifying and timing take turns. Cases are verified side by side and timed alone, so one core has nothing to do
 * whenever it changes: the longer the stretches, the less often.
 */
export function stretchesOf(rows: readonly Case[], isTimed: (row: Case) => boolean): readonly Stretch[] {
  const stretches: { timed: boolean; rows: Case[] }[] = [];
  let elements = 0;
  for (const row of rows) {
    const timed = isTimed(row);
    const last = stretches.at(-1);
    elements += elementsOf(row.problem.shape);
    if (last?.timed === timed && !(timed && elements > elementsAtOnce)) last.rows.push(row);
    else {
      stretches.push({ timed, rows: [row] });
      elements = elementsOf(row.problem.shape);
    }
  }
  return stretches;
}
