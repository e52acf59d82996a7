// Σx of channels whose elements lie in rows (NCHW), for channels too short to be sampled.
//
// x [N,C,S], S ≥ 8. The sums are added to the slots (channels.ts), float64.
//
// Samples outside, channels inside, so that memory is read in the order in which it lies. Depth of the float32
// additions: a tree of four vectors (2) before each fold to float64, or a rest of four.

import { slotOf } from '../channels';
import { bytes, Job } from '../job';
import { addPair, fold, lastLanes, zero } from '../lanes';

/** Elements of a row before a fold to float64. */
const chunk: u32 = 16;

/** Channels first…last−1. */
export function addRowSums(job: Job, first: u32, last: u32): void {
  for (let n: u32 = 0; n < job.n; n++) {
    let x = job.x + bytes(job.s) * ((n as usize) * job.c + first);
    for (let ch = first; ch < last; ch++) {
      addPair(slotOf(job, ch - first), sumOf(x, job.s));
      x += bytes(job.s);
    }
  }
}

/** Two float64 halves of the sum of a row. */
@inline
function sumOf(x: usize, length: u32): v128 {
  let total = zero();
  let left = length;
  for (; left >= chunk; left -= chunk) {
    const low = f32x4.add(v128.load(x), v128.load(x, 16));
    const high = f32x4.add(v128.load(x, 32), v128.load(x, 48));
    total = fold(total, f32x4.add(low, high));
    x += bytes(chunk);
  }
  let rest = zero();
  for (; left >= 4; left -= 4) {
    rest = f32x4.add(rest, v128.load(x));
    x += 16;
  }
  if (left > 0) rest = f32x4.add(rest, v128.and(v128.load(x + bytes(left) - 16), lastLanes(left)));
  return fold(total, rest);
}
