// The elementwise pass along one row of a channel (NCHW), with one set of coefficients for the whole row.
//
//   normalise   y  = (x−shift)·scale + offset                           scale = gamma·invStd
//   gradient    dx = dy·scale + ((x−shift)·slope + offset)
//   multiply    dx = dy·scale
//
// A row is `length` ≥ 4 consecutive float32 at any address; the output never overlaps an input.
//
// Centred, not folded into x·scale + b: where |mean| ≫ σ the folded form loses log₂(|mean|/σ) bits. The shift is the
// float32 next to the mean, and what it misses of the mean is in the offset, so that the mean is applied as a float64.
//
// The ladder: scalar; four lanes; four vectors a round, so that loads, arithmetic and stores overlap; and for the last
// length mod 4 elements one vector that ends with the row and overlaps the one before it: the same elements are
// computed twice from unchanged inputs, which costs one vector where a scalar tail costs up to three elements' latency.

export function normaliseRow(x: usize, y: usize, length: u32, shift: f32, scale: f32, offset: f32): void {
  const s = f32x4.splat(shift);
  const a = f32x4.splat(scale);
  const b = f32x4.splat(offset);
  let left = length;
  for (; left >= 16; left -= 16) {
    v128.store(y, normalise(v128.load(x), s, a, b));
    v128.store(y, normalise(v128.load(x, 16), s, a, b), 16);
    v128.store(y, normalise(v128.load(x, 32), s, a, b), 32);
    v128.store(y, normalise(v128.load(x, 48), s, a, b), 48);
    x += 64;
    y += 64;
  }
  for (; left >= 4; left -= 4) {
    v128.store(y, normalise(v128.load(x), s, a, b));
    x += 16;
    y += 16;
  }
  if (left > 0) {
    const back = (left << 2) - 16;
    v128.store(y + back, normalise(v128.load(x + back), s, a, b));
  }
}

export function gradientRow(
  x: usize,
  dy: usize,
  dx: usize,
  length: u32,
  shift: f32,
  scale: f32,
  slope: f32,
  offset: f32,
): void {
  const s = f32x4.splat(shift);
  const a = f32x4.splat(scale);
  const k = f32x4.splat(slope);
  const b = f32x4.splat(offset);
  let left = length;
  for (; left >= 16; left -= 16) {
    v128.store(dx, gradient(v128.load(x), v128.load(dy), s, a, k, b));
    v128.store(dx, gradient(v128.load(x, 16), v128.load(dy, 16), s, a, k, b), 16);
    v128.store(dx, gradient(v128.load(x, 32), v128.load(dy, 32), s, a, k, b), 32);
    v128.store(dx, gradient(v128.load(x, 48), v128.load(dy, 48), s, a, k, b), 48);
    x += 64;
    dy += 64;
    dx += 64;
  }
  for (; left >= 4; left -= 4) {
    v128.store(dx, gradient(v128.load(x), v128.load(dy), s, a, k, b));
    x += 16;
    dy += 16;
    dx += 16;
  }
  if (left > 0) {
    const back = (left << 2) - 16;
    v128.store(dx + back, gradient(v128.load(x + back), v128.load(dy + back), s, a, k, b));
  }
}

export function multiplyRow(dy: usize, dx: usize, length: u32, scale: f32): void {
  const a = f32x4.splat(scale);
  let left = length;
  for (; left >= 16; left -= 16) {
    v128.store(dx, f32x4.mul(v128.load(dy), a));
    v128.store(dx, f32x4.mul(v128.load(dy, 16), a), 16);
    v128.store(dx, f32x4.mul(v128.load(dy, 32), a), 32);
    v128.store(dx, f32x4.mul(v128.load(dy, 48), a), 48);
    dy += 64;
    dx += 64;
  }
  for (; left >= 4; left -= 4) {
    v128.store(dx, f32x4.mul(v128.load(dy), a));
    dy += 16;
    dx += 16;
  }
  if (left > 0) {
    const back = (left << 2) - 16;
    v128.store(dx + back, f32x4.mul(v128.load(dy + back), a));
  }
}

/** (x−shift)·scale + offset, four elements. */
@inline
export function normalise(x: v128, shift: v128, scale: v128, offset: v128): v128 {
  return f32x4.add(f32x4.mul(f32x4.sub(x, shift), scale), offset);
}

/** dy·scale + ((x−shift)·slope + offset), four elements. */
@inline
export function gradient(x: v128, dy: v128, shift: v128, scale: v128, slope: v128, offset: v128): v128 {
  return f32x4.add(f32x4.mul(dy, scale), f32x4.add(f32x4.mul(f32x4.sub(x, shift), slope), offset));
}
