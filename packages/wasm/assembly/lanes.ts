// Pieces that the vector kernels share: trees of float32x4, the fold to float64x2, the mask of a row's last vector.

/** Four zeros. */
@inline
export function zero(): v128 {
  return f32x4.splat(0);
}

/** a·b + c. Rounded once where the module is compiled for relaxed SIMD and the machine has such an instruction. */
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** a + b + c + d, two roundings deep. */
@inline
export function four(a: v128, b: v128, c: v128, d: v128): v128 {
  return f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
}

/** a² + b² + c² + d², two additions deep. */
@inline
export function fourSquares(a: v128, b: v128, c: v128, d: v128): v128 {
  return fourProducts(a, a, b, b, c, c, d, d);
}

/** a·e + b·f + c·g + d·h, two additions deep. */
@inline
export function fourProducts(a: v128, e: v128, b: v128, f: v128, c: v128, g: v128, d: v128, h: v128): v128 {
  return f32x4.add(multiplyAdd(a, e, f32x4.mul(b, f)), multiplyAdd(c, g, f32x4.mul(d, h)));
}

/** Two float64 sums plus the four float32 lanes of `lanes`: (l0 + l2, l1 + l3). Exact up to float64 rounding. */
@inline
export function fold(sum: v128, lanes: v128): v128 {
  return f64x2.add(sum, f64x2.add(lowHalf(lanes), highHalf(lanes)));
}

/** Lanes 0 and 1 as float64. */
@inline
export function lowHalf(lanes: v128): v128 {
  return f64x2.promote_low_f32x4(lanes);
}

/** Lanes 2 and 3 as float64. */
@inline
export function highHalf(lanes: v128): v128 {
  return f64x2.promote_low_f32x4(i32x4.shuffle(lanes, lanes, 2, 3, 2, 3));
}

/** Adds the four float32 lanes of `lanes` to four float64 sums at `sums`, one each. */
@inline
export function addLanes(sums: usize, lanes: v128): void {
  v128.store(sums, f64x2.add(v128.load(sums), lowHalf(lanes)));
  v128.store(sums, f64x2.add(v128.load(sums, 16), highHalf(lanes)), 16);
}

/** Adds both halves of `pair` to the float64 at `sum`. */
@inline
export function addPair(sum: usize, pair: v128): void {
  store<f64>(sum, load<f64>(sum) + (f64x2.extract_lane(pair, 0) + f64x2.extract_lane(pair, 1)));
}

/**
 * All ones in the last `count` lanes, 1…3. The vector that ends with a row overlaps the one before it; ANDed with
 * this, its lanes that were summed already are +0.
 */
@inline
export function lastLanes(count: u32): v128 {
  return i32x4.lt_s(i32x4(3, 2, 1, 0), i32x4.splat(count));
}
