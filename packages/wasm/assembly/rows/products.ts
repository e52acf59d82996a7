// Σdy and Σdy·(x−shift) of the channels of a block, whose elements lie in rows (NCHW).
//
// x, dy [N,C,S], S ≥ 8. The shifts come from the records, the sums are added to the slots (channels.ts), float64.
//
// The ladder is that of deviations.ts: with four rows of x and of dy side by side, eight streams.
//
// Depth of the float32 additions: a tree of four (2), three rounds more (3): 5.
//
// Ioffe & Szegedy 2015, section 3, https://arxiv.org/abs/1502.03167 (the gradients of beta and gamma)
// Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., ch. 4.2 (blocked summation)

import { recordOf, secondAt, shiftAt, slotOf } from '../channels';
import { bytes, Job } from '../job';
import { addPair, fold, four, fourProducts, lastLanes, multiplyAdd, zero } from '../lanes';

/** Rounds before a fold to float64. */
const rounds: u32 = 4;

/** Channels first…last−1 of the block that begins with `first`. */
export function addProducts(job: Job, first: u32, last: u32): void {
  const row = bytes(job.s);
  const sample = row * job.c;
  const toDy = job.dy - job.x;
  let start = job.x + row * first;
  let n = job.n;
  for (; n >= 4; n -= 4) {
    let at = start;
    for (let ch = first; ch < last; ch++) {
      addFour(at, sample, toDy, job.s, load<f32>(recordOf(job, ch - first), shiftAt), slotOf(job, ch - first));
      at += row;
    }
    start += sample << 2;
  }
  for (; n > 0; --n) {
    let at = start;
    for (let ch = first; ch < last; ch++) {
      addRowProduct(at, toDy, job.s, load<f32>(recordOf(job, ch - first), shiftAt), slotOf(job, ch - first));
      at += row;
    }
    start += sample;
  }
}

/** Four rows of `length` elements, `next` bytes apart. */
function addFour(x: usize, next: usize, toDy: usize, length: u32, shift: f32, slot: usize): void {
  const s = f32x4.splat(shift);
  let total = zero();
  let totalProducts = zero();
  let left = length >> 2;
  while (left > 0) {
    let count = min(left, rounds);
    left -= count;
    let a = zero();
    let ap = zero();
    for (; count > 0; --count) {
      const dy = x + toDy;
      const g0 = v128.load(dy);
      const g1 = v128.load(dy + next);
      const g2 = v128.load(dy + 2 * next);
      const g3 = v128.load(dy + 3 * next);
      a = f32x4.add(a, four(g0, g1, g2, g3));
      ap = f32x4.add(ap, productsOf(x, next, s, g0, g1, g2, g3));
      x += 16;
    }
    total = fold(total, a);
    totalProducts = fold(totalProducts, ap);
  }
  if (length & 3) {
    x += bytes(length & 3) - 16;
    const mask = lastLanes(length & 3);
    const dy = x + toDy;
    const g0 = v128.and(v128.load(dy), mask);
    const g1 = v128.and(v128.load(dy + next), mask);
    const g2 = v128.and(v128.load(dy + 2 * next), mask);
    const g3 = v128.and(v128.load(dy + 3 * next), mask);
    total = fold(total, four(g0, g1, g2, g3));
    // Masked once more: x of a lane that was summed already may be infinite, and 0 times that is NaN.
    totalProducts = fold(totalProducts, v128.and(productsOf(x, next, s, g0, g1, g2, g3), mask));
  }
  addPair(slot, total);
  addPair(slot + secondAt, totalProducts);
}

@inline
function productsOf(x: usize, next: usize, s: v128, g0: v128, g1: v128, g2: v128, g3: v128): v128 {
  const d0 = f32x4.sub(v128.load(x), s);
  const d1 = f32x4.sub(v128.load(x + next), s);
  const d2 = f32x4.sub(v128.load(x + 2 * next), s);
  const d3 = f32x4.sub(v128.load(x + 3 * next), s);
  return fourProducts(g0, d0, g1, d1, g2, d2, g3, d3);
}

/** A row as four quarters, and what they leave of it. */
export function addRowProduct(x: usize, toDy: usize, length: u32, shift: f32, slot: usize): void {
  const quarter = (length >> 2) & ~3;
  if (quarter > 0) addFour(x, bytes(quarter), toDy, quarter, shift, slot);
  x += bytes(quarter) << 2;
  const s = f32x4.splat(shift);
  let a = zero();
  let ap = zero();
  let left = length - (quarter << 2);
  for (; left >= 4; left -= 4) {
    const g = v128.load(x + toDy);
    a = f32x4.add(a, g);
    ap = multiplyAdd(g, f32x4.sub(v128.load(x), s), ap);
    x += 16;
  }
  if (left > 0) {
    x += bytes(left) - 16;
    const g = v128.and(v128.load(x + toDy), lastLanes(left));
    a = f32x4.add(a, g);
    ap = f32x4.add(ap, v128.and(f32x4.mul(g, f32x4.sub(v128.load(x), s)), lastLanes(left)));
  }
  addPair(slot, fold(zero(), a));
  addPair(slot + secondAt, fold(zero(), ap));
}
