import type { Shard } from '@normgauge/reports';
import { UsageError } from '../usageError.ts';
import type { Case } from './case.ts';

/** What a case costs besides its elements, in elements: opening a plan, the many small calls of verification. */
const costOfAny = 20_000;

/** What a case costs, in elements of x; only the proportions matter. */
function costOf({ problem }: Case): number {
  const { n, c, spatial } = problem.shape;
  return costOfAny + spatial.reduce((product, size) => product * size, n * c);
}

/**
 * The cases of one shard, in their order: the dearest case goes to the shard that has least so far, and so on down, so that
 * every run splits the same selection alike and no shard takes much longer than another.
 * Graham 1969, doi:10.1137/0117039: the longest shard takes at most 4/3 of what is best possible.
 * @param secondsOf what a case took in an earlier run, where that is known; then all shards must be given the same
 * @throws {UsageError} when nothing is left for this shard
 */
export function shardOf(
  cases: readonly Case[],
  { index, of }: Shard,
  secondsOf?: ReadonlyMap<string, number>,
): readonly Case[] {
  const rate = secondsAnElement(cases, secondsOf);
  const cost = (row: Case): number => secondsOf?.get(row.id) ?? costOf(row) * rate;
  const dearestFirst = cases
    .map((row) => ({ row, cost: cost(row) }))
    .sort((a, b) => b.cost - a.cost || (a.row.id < b.row.id ? -1 : 1));
  const loads = new Array<number>(of).fill(0);
  const mine = new Set<Case>();
  for (const { row, cost: added } of dearestFirst) {
    const lightest = loads.indexOf(Math.min(...loads));
    loads[lightest]! += added;
    if (lightest === index - 1) mine.add(row);
  }
  if (mine.size === 0) {
    throw new UsageError(`--shard ${index}/${of}: nothing is left for it of ${cases.length} cases; use fewer shards`);
  }
  return cases.filter((row) => mine.has(row));
}

/** What a case without a recorded duration is taken to cost: as much an element as those with one. */
function secondsAnElement(cases: readonly Case[], secondsOf: ReadonlyMap<string, number> | undefined): number {
  const known = cases.filter(({ id }) => secondsOf?.has(id));
  if (known.length === 0) return 1;
  const seconds = known.reduce((sum, { id }) => sum + secondsOf!.get(id)!, 0);
  return seconds / known.reduce((sum, row) => sum + costOf(row), 0);
}
