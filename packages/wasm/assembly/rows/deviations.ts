// Σ(x−shift) and Σ(x−shift)² of the channels of a block, whose elements lie in rows (NCHW).
//
// x [N,C,S], S ≥ 8. The shifts come from the records, the sums are added to the slots (channels.ts), float64.
//
// The ladder:
//   1. one float32 accumulator: m dependent additions, as slow as the latency of an add, error growing with m
//   2. four lanes and several accumulators: the additions overlap; still m/32 roundings deep
//   3. all in float64 lanes: exact enough, but a promotion for every two elements costs 15 to 28 %
//   4. float32 lanes within 64 elements, then a fold to float64: as fast as 2, and as deep for any m
//   5. four streams: the rows of four samples side by side, or the quarters of one row. A stream waits for memory at
//      each of its pages; four of them wait together. Reading takes 0.5 to 0.7 of the time of one stream, from L3 and
//      from DRAM alike. Eight streams gain little more.
//   6. four vectors a round and not eight: all loads of a round come first, and the 16 registers must hold them.
//      This is what stands here.
//
// Depth of the float32 additions: a tree of four (2), three rounds more (3): 5.
//
// Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., ch. 4.2 (blocked summation)
// Chan, Golub & LeVeque 1983, doi:10.1080/00031305.1983.10483115 (sums of x−shift)

import { recordOf, secondAt, shiftAt, slotOf } from '../channels';
import { bytes, Job } from '../job';
import { addPair, fold, four, fourSquares, lastLanes, multiplyAdd, zero } from '../lanes';

/** Rounds before a fold to float64. */
const rounds: u32 = 4;

/** Channels from…to−1 of the block that begins with channel `first`. */
export function addDeviations(job: Job, first: u32, from: u32, to: u32): void {
  const row = bytes(job.s);
  const sample = row * job.c;
  let start = job.x + row * from;
  let n = job.n;
  for (; n >= 4; n -= 4) {
    let at = start;
    for (let ch = from; ch < to; ch++) {
      addFour(at, sample, job.s, load<f32>(recordOf(job, ch - first), shiftAt), slotOf(job, ch - first));
      at += row;
    }
    start += sample << 2;
  }
  for (; n > 0; --n) {
    let at = start;
    for (let ch = from; ch < to; ch++) {
      addOne(at, job.s, load<f32>(recordOf(job, ch - first), shiftAt), slotOf(job, ch - first));
      at += row;
    }
    start += sample;
  }
}

/** Four rows of `length` elements, `next` bytes apart. */
function addFour(x: usize, next: usize, length: u32, shift: f32, slot: usize): void {
  const s = f32x4.splat(shift);
  let total = zero();
  let totalSquares = zero();
  let left = length >> 2;
  while (left > 0) {
    let count = min(left, rounds);
    left -= count;
    let a = zero();
    let aa = zero();
    for (; count > 0; --count) {
      const d0 = f32x4.sub(v128.load(x), s);
      const d1 = f32x4.sub(v128.load(x + next), s);
      const d2 = f32x4.sub(v128.load(x + 2 * next), s);
      const d3 = f32x4.sub(v128.load(x + 3 * next), s);
      a = f32x4.add(a, four(d0, d1, d2, d3));
      aa = f32x4.add(aa, fourSquares(d0, d1, d2, d3));
      x += 16;
    }
    total = fold(total, a);
    totalSquares = fold(totalSquares, aa);
  }
  if (length & 3) {
    x += bytes(length & 3) - 16;
    const mask = lastLanes(length & 3);
    const d0 = v128.and(f32x4.sub(v128.load(x), s), mask);
    const d1 = v128.and(f32x4.sub(v128.load(x + next), s), mask);
    const d2 = v128.and(f32x4.sub(v128.load(x + 2 * next), s), mask);
    const d3 = v128.and(f32x4.sub(v128.load(x + 3 * next), s), mask);
    total = fold(total, four(d0, d1, d2, d3));
    totalSquares = fold(totalSquares, fourSquares(d0, d1, d2, d3));
  }
  addPair(slot, total);
  addPair(slot + secondAt, totalSquares);
}

/** A row as four quarters, and what they leave of it. */
function addOne(x: usize, length: u32, shift: f32, slot: usize): void {
  const quarter = (length >> 2) & ~3;
  if (quarter > 0) addFour(x, bytes(quarter), quarter, shift, slot);
  x += bytes(quarter) << 2;
  const s = f32x4.splat(shift);
  let a = zero();
  let aa = zero();
  let left = length - (quarter << 2);
  for (; left >= 4; left -= 4) {
    const d = f32x4.sub(v128.load(x), s);
    a = f32x4.add(a, d);
    aa = multiplyAdd(d, d, aa);
    x += 16;
  }
  if (left > 0) {
    const d = v128.and(f32x4.sub(v128.load(x + bytes(left) - 16), s), lastLanes(left));
    a = f32x4.add(a, d);
    aa = multiplyAdd(d, d, aa);
  }
  addPair(slot, fold(zero(), a));
  addPair(slot + secondAt, fold(zero(), aa));
}
