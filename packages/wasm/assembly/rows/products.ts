// Σdy and Σdy·(x−shift) of the channels of a block, whose elements lie in rows (NCHW).
//
// x, dy [N,C,S], S ≥ 8. The shifts come from the records, the sums are added to the slots (channels.ts), float64.
//
// The ladder is that of deviations.ts. Two rows of x and of dy side by side are four streams already.
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
  for (; n >= 2; n -= 2) {
    let at = start;
    for (let ch = first; ch < last; ch++) {
      addTwo(at, sample, toDy, job.s, load<f32>(recordOf(job, ch - first), shiftAt), slotOf(job, ch - first));
      at += row;
    }
    start += sample << 1;
  }
  if (n == 0) return;
  for (let ch = first; ch < last; ch++) {
    addRowProduct(start, toDy, job.s, load<f32>(recordOf(job, ch - first), shiftAt), slotOf(job, ch - first));
    start += row;
  }
}

/** Two rows of `length` elements, `next` bytes apart. */
function addTwo(x: usize, next: usize, toDy: usize, length: u32, shift: f32, slot: usize): void {
  const s = f32x4.splat(shift);
  let total = zero();
  let totalProducts = zero();
  let left = length >> 3;
  while (left > 0) {
    let count = min(left, rounds);
    left -= count;
    let a = zero();
    let ap = zero();
    for (; count > 0; --count) {
      const dy = x + toDy;
      const g0 = v128.load(dy);
      const g1 = v128.load(dy + next);
      const g2 = v128.load(dy, 16);
      const g3 = v128.load(dy + next, 16);
      const d0 = f32x4.sub(v128.load(x), s);
      const d1 = f32x4.sub(v128.load(x + next), s);
      const d2 = f32x4.sub(v128.load(x, 16), s);
      const d3 = f32x4.sub(v128.load(x + next, 16), s);
      a = f32x4.add(a, four(g0, g1, g2, g3));
      ap = f32x4.add(ap, fourProducts(g0, d0, g1, d1, g2, d2, g3, d3));
      x += 32;
    }
    total = fold(total, a);
    totalProducts = fold(totalProducts, ap);
  }
  left = length & 7;
  if (left > 0) {
    let a = zero();
    let ap = zero();
    if (left >= 4) {
      const g0 = v128.load(x + toDy);
      const g1 = v128.load(x + toDy + next);
      a = f32x4.add(g0, g1);
      ap = productsOf(x, next, g0, g1, s);
    }
    if (left & 3) {
      x += bytes(left) - 16;
      const mask = lastLanes(left & 3);
      const g0 = v128.load(x + toDy);
      const g1 = v128.load(x + toDy + next);
      a = f32x4.add(a, v128.and(f32x4.add(g0, g1), mask));
      ap = f32x4.add(ap, v128.and(productsOf(x, next, g0, g1, s), mask));
    }
    total = fold(total, a);
    totalProducts = fold(totalProducts, ap);
  }
  addPair(slot, total);
  addPair(slot + secondAt, totalProducts);
}

@inline
function productsOf(x: usize, next: usize, g0: v128, g1: v128, s: v128): v128 {
  const d0 = f32x4.sub(v128.load(x), s);
  const d1 = f32x4.sub(v128.load(x + next), s);
  return multiplyAdd(g0, d0, f32x4.mul(g1, d1));
}

/** A row as two halves, and what they leave of it. */
export function addRowProduct(x: usize, toDy: usize, length: u32, shift: f32, slot: usize): void {
  const half = (length >> 1) & ~3;
  addTwo(x, bytes(half), toDy, half, shift, slot);
  x += bytes(half) << 1;
  const s = f32x4.splat(shift);
  let a = zero();
  let ap = zero();
  let left = length - (half << 1);
  if (left >= 4) {
    a = v128.load(x + toDy);
    ap = f32x4.mul(a, f32x4.sub(v128.load(x), s));
  }
  if (left & 3) {
    x += bytes(left) - 16;
    const g = v128.and(v128.load(x + toDy), lastLanes(left & 3));
    a = f32x4.add(a, g);
    ap = f32x4.add(ap, v128.and(f32x4.mul(g, f32x4.sub(v128.load(x), s)), lastLanes(left & 3)));
  }
  addPair(slot, fold(zero(), a));
  addPair(slot + secondAt, fold(zero(), ap));
}
