// Pieces that the vector kernels share: trees of float32x4, the fold to float64x2, the mask of a row's last vector.

/** Four zeros. */
@inline
export function zero(): v128 {
  return f32x4.splat(0);
}

/** A tree of four vectors: two roundings deep. */
@inline
export function four(a: v128, b: v128, c: v128, d: v128): v128 {
  return f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
}

@inline
export function square(a: v128): v128 {
  return f32x4.mul(a, a);
}

/** Two float64 sums plus the four float32 lanes of `lanes`: (l0 + l2, l1 + l3). Exact up to float64 rounding. */
@inline
export function fold(sum: v128, lanes: v128): v128 {
  const low = f64x2.promote_low_f32x4(lanes);
  const high = f64x2.promote_low_f32x4(i32x4.shuffle(lanes, lanes, 2, 3, 2, 3));
  return f64x2.add(sum, f64x2.add(low, high));
}

/** Adds the four float32 lanes of `lanes` to four float64 sums at `sums`, one each. */
@inline
export function addLanes(sums: usize, lanes: v128): void {
  const low = f64x2.promote_low_f32x4(lanes);
  const high = f64x2.promote_low_f32x4(i32x4.shuffle(lanes, lanes, 2, 3, 2, 3));
  v128.store(sums, f64x2.add(v128.load(sums), low));
  v128.store(sums, f64x2.add(v128.load(sums, 16), high), 16);
}

/** Adds two float64 partial sums to the pair at `sums`. */
@inline
export function addPair(sums: usize, pair: v128): void {
  v128.store(sums, f64x2.add(v128.load(sums), pair));
}

/**
 * All ones in the last `count` lanes, 1…3. The vector that ends with a row overlaps the one before it; ANDed with
 * this, its lanes that were summed already are +0.
 */
@inline
export function lastLanes(count: u32): v128 {
  return i32x4.lt_s(i32x4(3, 2, 1, 0), i32x4.splat(count));
}
