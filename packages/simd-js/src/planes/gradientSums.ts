/**
 * dBeta and dGamma of channels whose elements lie in runs: for each of `count` adjacent planes
 *
 *     Σdy += …,   Σdy·x̂ += …,   x̂ = (x − mean)·invStd
 *
 * x, dy  [N,C,S]  float32; the planes lie at start, start + length, …
 * table  [C,4]    float64; [mean, invStd, Σdy, Σdy·x̂] of the channels first … first+count−1
 *
 * Ioffe & Szegedy 2015, section 3, the gradients of β and γ, arXiv:1502.03167.
 *
 * invStd stays inside the sum, where the definition has it: outside, a channel with invStd = ∞ would give ∞ where it
 * must give NaN. That multiplication is 4 % of backward. Ladder as in deviations.ts: eight elements a turn, two pairs of
 * accumulators, indices below 2³⁰.
 */
export function addGradientSums(
  x: Float32Array,
  dy: Float32Array,
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
    const invStd = table[at + 1]!;
    let sumA = 0;
    let sumB = 0;
    let productsA = 0;
    let productsB = 0;
    const stop = plane + whole;
    for (let i = plane; i < stop; i += 8) {
      const g0 = dy[i]!;
      sumA += g0;
      productsA += g0 * ((x[i]! - mean) * invStd);
      const g1 = dy[i + 1]!;
      sumB += g1;
      productsB += g1 * ((x[i + 1]! - mean) * invStd);
      const g2 = dy[i + 2]!;
      sumA += g2;
      productsA += g2 * ((x[i + 2]! - mean) * invStd);
      const g3 = dy[i + 3]!;
      sumB += g3;
      productsB += g3 * ((x[i + 3]! - mean) * invStd);
      const g4 = dy[i + 4]!;
      sumA += g4;
      productsA += g4 * ((x[i + 4]! - mean) * invStd);
      const g5 = dy[i + 5]!;
      sumB += g5;
      productsB += g5 * ((x[i + 5]! - mean) * invStd);
      const g6 = dy[i + 6]!;
      sumA += g6;
      productsA += g6 * ((x[i + 6]! - mean) * invStd);
      const g7 = dy[i + 7]!;
      sumB += g7;
      productsB += g7 * ((x[i + 7]! - mean) * invStd);
    }
    for (let i = stop; i < plane + length; i++) {
      const g = dy[i]!;
      sumA += g;
      productsA += g * ((x[i]! - mean) * invStd);
    }
    table[at + 2]! += sumA + sumB;
    table[at + 3]! += productsA + productsB;
    plane = (plane + length) & 0x3fffffff;
  }
}
