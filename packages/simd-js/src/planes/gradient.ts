/**
 * dx of channels whose elements lie in runs: for each of `count` adjacent planes
 *
 *     dx = scale·(dy + ((x − mean)·slope + offset))
 *
 * with, per channel, scale = gamma·invStd, slope = −invStd·dGamma/(d·q) and offset = −dBeta/m: the gradient of
 * contract/convention.ts with everything that does not depend on the element taken out.
 *
 * x, dy, dx  [N,C,S]  float32; the planes lie at start, start + length, …
 * table      [C,4]    float64; [mean, slope, offset, scale] of the channels first … first+count−1
 *
 * Ioffe & Szegedy 2015, section 3, the gradient of x, arXiv:1502.03167.
 *
 * Ladder as in normalise.ts: eight elements a turn, one index for three arrays, indices below 2³⁰, one rounding an
 * element at the store. Multiplying by scale last, instead of folding it into the other coefficients, costs nothing and
 * keeps an infinite scale from meeting its own opposite.
 */
export function gradient(
  x: Float32Array,
  dy: Float32Array,
  dx: Float32Array,
  table: Float64Array,
  start: number,
  length: number,
  first: number,
  count: number,
): void {
  const whole = length & 0x3ffffff8;
  let plane = start & 0x3fffffff;
  for (let at = 4 * first; at < 4 * (first + count); at += 4) {
    const mean = table[at]!;
    const slope = table[at + 1]!;
    const offset = table[at + 2]!;
    const scale = table[at + 3]!;
    const stop = plane + whole;
    for (let i = plane; i < stop; i += 8) {
      dx[i] = scale * (dy[i]! + ((x[i]! - mean) * slope + offset));
      dx[i + 1] = scale * (dy[i + 1]! + ((x[i + 1]! - mean) * slope + offset));
      dx[i + 2] = scale * (dy[i + 2]! + ((x[i + 2]! - mean) * slope + offset));
      dx[i + 3] = scale * (dy[i + 3]! + ((x[i + 3]! - mean) * slope + offset));
      dx[i + 4] = scale * (dy[i + 4]! + ((x[i + 4]! - mean) * slope + offset));
      dx[i + 5] = scale * (dy[i + 5]! + ((x[i + 5]! - mean) * slope + offset));
      dx[i + 6] = scale * (dy[i + 6]! + ((x[i + 6]! - mean) * slope + offset));
      dx[i + 7] = scale * (dy[i + 7]! + ((x[i + 7]! - mean) * slope + offset));
    }
    for (let i = stop; i < plane + length; i++) {
      dx[i] = scale * (dy[i]! + ((x[i]! - mean) * slope + offset));
    }
    plane = (plane + length) & 0x3fffffff;
  }
}
