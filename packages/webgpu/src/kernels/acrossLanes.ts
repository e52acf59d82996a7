import { threads } from '../geometry.ts';

/**
 * `acrossLanes`: what all lanes of a channel found, put together by `merge`, in the slots below `tile`. All threads call it, in
 * uniform control flow; a barrier must follow before it is called again.
 *
 * At most eight are left after the first step, and one after the second: with 64 lanes two barriers, where a binary tree takes six.
 * Barriers are what a small workgroup waits for, and what a GPU emulated on a CPU is slow at. The order is fixed, so
 * the result is the same in every run.
 */
export function acrossLanes(type: string, merge: (a: string, b: string) => string): string {
  return /* wgsl */ `
var<workgroup> sharedSums: array<${type}, ${threads}>;

fn acrossLanes(mine: ${type}, slot: u32, tile: u32) -> ${type} {
  var sums = mine;
  let few = max(8u, tile);
  sharedSums[slot] = sums;
  workgroupBarrier();
  if (slot < few) {
    for (var other = slot + few; other < ${threads}u; other += few) { sums = ${merge('sums', 'sharedSums[other]')}; }
    sharedSums[slot] = sums;
  }
  workgroupBarrier();
  if (slot < tile) {
    for (var other = slot + tile; other < few; other += tile) { sums = ${merge('sums', 'sharedSums[other]')}; }
  }
  return sums;
}
`;
}
