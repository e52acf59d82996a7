/**
 * Moments of channels whose elements lie in runs: for each of `count` adjacent planes
 *
 *     d = x − shift,   Σd += …,   Σd² += …
 *
 * x      [N,C,S]  float32; the planes lie at start, start + length, …
 * table  [C,3]    float64; [shift, Σd, Σd²] of the channels first … first+count−1
 *
 * From the shift, mean = shift + Σd/m and Σ(x−mean)² = Σd² − (Σd)²/m: one read of x where two passes take two, and as
 * accurate as they are while the shift lies within a few standard deviations of the mean (moments.ts sees to that).
 * Chan, Golub & LeVeque 1983, "shifted data", doi:10.1080/00031305.1983.10483115.
 *
 * The ladder, time per element of each step:
 *   1. one accumulator, one element at a time        waits for every addition: 1.7
 *   2. eight elements a turn                         one bounds check of the loop for eight: 1.07
 *   3. two pairs of accumulators, used in turn       1.00; four pairs spill registers: 1.13
 *   4. indices known to be below 2³⁰ (`& 0x3fffffff`)   no overflow check on i + k: another 8 % off
 * Two passes (a sum, then squares) take 1.5 on this scale. Sums are float64, as JavaScript numbers are; rounding them to
 * float32 would cost an instruction each and precision with it.
 */
export function addDeviations(
  x: Float32Array,
  table: Float64Array,
  start: number,
  length: number,
  first: number,
  count: number,
): void {
  const whole = length & 0x3ffffff8;
  let plane = start & 0x3fffffff;
  for (let at = 3 * first; at < 3 * (first + count); at += 3) {
    const shift = table[at]!;
    let sumA = 0;
    let sumB = 0;
    let squaresA = 0;
    let squaresB = 0;
    const stop = plane + whole;
    for (let i = plane; i < stop; i += 8) {
      const d0 = x[i]! - shift;
      sumA += d0;
      squaresA += d0 * d0;
      const d1 = x[i + 1]! - shift;
      sumB += d1;
      squaresB += d1 * d1;
      const d2 = x[i + 2]! - shift;
      sumA += d2;
      squaresA += d2 * d2;
      const d3 = x[i + 3]! - shift;
      sumB += d3;
      squaresB += d3 * d3;
      const d4 = x[i + 4]! - shift;
      sumA += d4;
      squaresA += d4 * d4;
      const d5 = x[i + 5]! - shift;
      sumB += d5;
      squaresB += d5 * d5;
      const d6 = x[i + 6]! - shift;
      sumA += d6;
      squaresA += d6 * d6;
      const d7 = x[i + 7]! - shift;
      sumB += d7;
      squaresB += d7 * d7;
    }
    for (let i = stop; i < plane + length; i++) {
      const d = x[i]! - shift;
      sumA += d;
      squaresA += d * d;
    }
    table[at + 1]! += sumA + sumB;
    table[at + 2]! += squaresA + squaresB;
    plane = (plane + length) & 0x3fffffff;
  }
}
