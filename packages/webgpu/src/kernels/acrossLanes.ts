import { threads } from '../geometry.ts';
import type { Walk } from './walks.ts';

/**
 * `acrossLanes`: what all lanes of a channel found, put together by `merge`, in the threads with a slot below `tile`. All threads
 * call it, in uniform control flow; a barrier must follow before it is called again, and one is passed inside.
 *
 * Lanes that are in one subgroup are put together there, where the device has subgroups: neighbours, then pairs, then fours, …,
 * without a barrier. Of the rest at most eight are left after the first step through workgroup memory, and one after the second:
 * with 64 lanes two barriers, where a binary tree takes six, and with subgroups of 8 and more one. Barriers are what a small
 * workgroup waits for, and what a GPU emulated on a CPU is slow at. The order is fixed, so the result is the same in every run:
 * `merge` must be commutative to the bit, as + and max are.
 *
 * Threads that load four channels at a time bring four results, which part ways here.
 */
export function acrossLanes(walk: Walk, type: string, merge: (a: string, b: string) => string): string {
  const each = (statement: (k: number) => string): string =>
    Array.from({ length: walk.channels }, (_, k) => statement(k)).join('\n    ');
  const inSubgroups = /* wgsl */ `
  for (var distance = apart; distance < reach * apart; distance *= 2u) {
    ${each((k) => `sums[${k}] = ${merge(`sums[${k}]`, `subgroupShuffleXor(sums[${k}], distance)`)};`)}
  }`;
  return /* wgsl */ `
var<workgroup> sharedSums: array<${type}, ${threads * walk.channels}>;

fn acrossLanes(
  found: array<${type}, ${walk.channels}>,
  slot: u32, lane: u32, mine: u32, tile: u32, lanes: u32, apart: u32, reach: u32,
) -> ${type} {
  var sums = found;
  ${walk.subgroups ? inSubgroups : ''}
  if (lane % reach == 0u) {
    let at = lane / reach * tile + ${walk.channels}u * mine;
    ${each((k) => `sharedSums[at + ${k}u] = sums[${k}];`)}
  }
  workgroupBarrier();
  let all = lanes / reach * tile;
  let few = max(all / 8u, tile);
  var sum = ${type}();
  if (slot < few) {
    sum = sharedSums[slot];
    for (var other = slot + few; other < all; other += few) { sum = ${merge('sum', 'sharedSums[other]')}; }
  }
  if (few > tile) {
    if (slot < few) { sharedSums[slot] = sum; }
    workgroupBarrier();
    if (slot < tile) {
      for (var other = slot + tile; other < few; other += tile) { sum = ${merge('sum', 'sharedSums[other]')}; }
    }
  }
  return sum;
}
`;
}

/** WGSL: the call of `acrossLanes` in the scope that `entry` makes. */
export const acrossLanesOf = (found: string): string =>
  `acrossLanes(${found}, slot, lane, mine, tile, lanes, apart, reach)`;
