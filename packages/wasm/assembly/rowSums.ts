// Sums along one row of a channel (NCHW).
//
//   addSum          Σx
//   addDeviations   Σ(x−shift), Σ(x−shift)²
//   addProducts     Σdy, Σdy·(x−shift)
//
// A row is `length` ≥ 4 consecutive float32 at any address. Each function adds to float64 pairs at `sums`:
// the first sum at `sums`, the second at `sums + secondSum`.
//
// The ladder:
//   1. one float32 accumulator: m dependent additions, as slow as the latency of an add, error growing with m
//   2. four lanes and several accumulators: the additions overlap; still m/32 roundings deep
//   3. all in float64 lanes: exact enough, but a promotion for every two elements costs 15 to 28 %
//   4. float32 lanes within `rounds` · 32 elements, then one fold to float64: as fast as 2, and as deep for any m.
//      This is what stands here.
// A round is a tree of eight vectors: as parallel as eight accumulators, with one fold instead of eight.
//
// Depth of the float32 additions: the tree (3), the rounds before a fold (3), what is left of the row (1): 7. What is
// left is at most a tree of four (2), three vectors and the masked one (4), and joins the rest (1): 7 too.
//
// Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., ch. 4.2 (blocked summation)
// Chan, Golub & LeVeque 1983, doi:10.1080/00031305.1983.10483115 (sums of x−shift)

import { secondSum } from './job';
import { addPair, fold, four, lastLanes, square, zero } from './lanes';

/** Elements of a round. */
const step: u32 = 32;
/** Rounds before a fold to float64. */
const rounds: u32 = 4;

export function addSum(x: usize, length: u32, sums: usize): void {
  let total = zero();
  let a = zero();
  let left = length;
  while (left >= step) {
    total = fold(total, a);
    a = zero();
    let count = min(left / step, rounds);
    left -= count * step;
    for (; count > 0; --count) {
      const low = four(v128.load(x), v128.load(x, 16), v128.load(x, 32), v128.load(x, 48));
      const high = four(v128.load(x, 64), v128.load(x, 80), v128.load(x, 96), v128.load(x, 112));
      a = f32x4.add(a, f32x4.add(low, high));
      x += step << 2;
    }
  }
  let rest = zero();
  if (left >= 16) {
    rest = four(v128.load(x), v128.load(x, 16), v128.load(x, 32), v128.load(x, 48));
    x += 64;
    left -= 16;
  }
  for (; left >= 4; left -= 4) {
    rest = f32x4.add(rest, v128.load(x));
    x += 16;
  }
  if (left > 0) rest = f32x4.add(rest, v128.and(v128.load(x + (left << 2) - 16), lastLanes(left)));
  addPair(sums, fold(total, f32x4.add(a, rest)));
}

export function addDeviations(x: usize, length: u32, shift: f32, sums: usize): void {
  const s = f32x4.splat(shift);
  let total = zero();
  let totalSquares = zero();
  let a = zero();
  let aa = zero();
  let left = length;
  while (left >= step) {
    total = fold(total, a);
    totalSquares = fold(totalSquares, aa);
    a = zero();
    aa = zero();
    let count = min(left / step, rounds);
    left -= count * step;
    for (; count > 0; --count) {
      let d0 = f32x4.sub(v128.load(x), s);
      let d1 = f32x4.sub(v128.load(x, 16), s);
      let d2 = f32x4.sub(v128.load(x, 32), s);
      let d3 = f32x4.sub(v128.load(x, 48), s);
      const low = four(d0, d1, d2, d3);
      const lowSquares = four(square(d0), square(d1), square(d2), square(d3));
      d0 = f32x4.sub(v128.load(x, 64), s);
      d1 = f32x4.sub(v128.load(x, 80), s);
      d2 = f32x4.sub(v128.load(x, 96), s);
      d3 = f32x4.sub(v128.load(x, 112), s);
      a = f32x4.add(a, f32x4.add(low, four(d0, d1, d2, d3)));
      aa = f32x4.add(aa, f32x4.add(lowSquares, four(square(d0), square(d1), square(d2), square(d3))));
      x += step << 2;
    }
  }
  let rest = zero();
  let restSquares = zero();
  if (left >= 16) {
    const d0 = f32x4.sub(v128.load(x), s);
    const d1 = f32x4.sub(v128.load(x, 16), s);
    const d2 = f32x4.sub(v128.load(x, 32), s);
    const d3 = f32x4.sub(v128.load(x, 48), s);
    rest = four(d0, d1, d2, d3);
    restSquares = four(square(d0), square(d1), square(d2), square(d3));
    x += 64;
    left -= 16;
  }
  for (; left >= 4; left -= 4) {
    const d = f32x4.sub(v128.load(x), s);
    rest = f32x4.add(rest, d);
    restSquares = f32x4.add(restSquares, square(d));
    x += 16;
  }
  if (left > 0) {
    const d = v128.and(f32x4.sub(v128.load(x + (left << 2) - 16), s), lastLanes(left));
    rest = f32x4.add(rest, d);
    restSquares = f32x4.add(restSquares, square(d));
  }
  addPair(sums, fold(total, f32x4.add(a, rest)));
  addPair(sums + secondSum, fold(totalSquares, f32x4.add(aa, restSquares)));
}

export function addProducts(x: usize, dy: usize, length: u32, shift: f32, sums: usize): void {
  const s = f32x4.splat(shift);
  let total = zero();
  let totalProducts = zero();
  let a = zero();
  let ap = zero();
  let left = length;
  while (left >= step) {
    total = fold(total, a);
    totalProducts = fold(totalProducts, ap);
    a = zero();
    ap = zero();
    let count = min(left / step, rounds);
    left -= count * step;
    for (; count > 0; --count) {
      let g0 = v128.load(dy);
      let g1 = v128.load(dy, 16);
      let g2 = v128.load(dy, 32);
      let g3 = v128.load(dy, 48);
      const low = four(g0, g1, g2, g3);
      const lowProducts = four(
        f32x4.mul(g0, f32x4.sub(v128.load(x), s)),
        f32x4.mul(g1, f32x4.sub(v128.load(x, 16), s)),
        f32x4.mul(g2, f32x4.sub(v128.load(x, 32), s)),
        f32x4.mul(g3, f32x4.sub(v128.load(x, 48), s)),
      );
      g0 = v128.load(dy, 64);
      g1 = v128.load(dy, 80);
      g2 = v128.load(dy, 96);
      g3 = v128.load(dy, 112);
      const highProducts = four(
        f32x4.mul(g0, f32x4.sub(v128.load(x, 64), s)),
        f32x4.mul(g1, f32x4.sub(v128.load(x, 80), s)),
        f32x4.mul(g2, f32x4.sub(v128.load(x, 96), s)),
        f32x4.mul(g3, f32x4.sub(v128.load(x, 112), s)),
      );
      a = f32x4.add(a, f32x4.add(low, four(g0, g1, g2, g3)));
      ap = f32x4.add(ap, f32x4.add(lowProducts, highProducts));
      x += step << 2;
      dy += step << 2;
    }
  }
  let rest = zero();
  let restProducts = zero();
  if (left >= 16) {
    const g0 = v128.load(dy);
    const g1 = v128.load(dy, 16);
    const g2 = v128.load(dy, 32);
    const g3 = v128.load(dy, 48);
    rest = four(g0, g1, g2, g3);
    restProducts = four(
      f32x4.mul(g0, f32x4.sub(v128.load(x), s)),
      f32x4.mul(g1, f32x4.sub(v128.load(x, 16), s)),
      f32x4.mul(g2, f32x4.sub(v128.load(x, 32), s)),
      f32x4.mul(g3, f32x4.sub(v128.load(x, 48), s)),
    );
    x += 64;
    dy += 64;
    left -= 16;
  }
  for (; left >= 4; left -= 4) {
    const g = v128.load(dy);
    rest = f32x4.add(rest, g);
    restProducts = f32x4.add(restProducts, f32x4.mul(g, f32x4.sub(v128.load(x), s)));
    x += 16;
    dy += 16;
  }
  if (left > 0) {
    const back = (left << 2) - 16;
    const mask = lastLanes(left);
    const g = v128.load(dy + back);
    rest = f32x4.add(rest, v128.and(g, mask));
    restProducts = f32x4.add(restProducts, v128.and(f32x4.mul(g, f32x4.sub(v128.load(x + back), s)), mask));
  }
  addPair(sums, fold(total, f32x4.add(a, rest)));
  addPair(sums + secondSum, fold(totalProducts, f32x4.add(ap, restProducts)));
}
