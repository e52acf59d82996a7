import type { Sweep } from './sweep.ts';

/**
 * A shift further than this many standard deviations from the mean is replaced. At 16 the sums lose 8 bits of their 53,
 * and no channel of ordinary data comes near: its first element would have to be an outlier.
 */
const farthestShift = 16;

/** The mean of the channel of m elements whose moments stand in row c of the table. */
export function meanOf(table: Float64Array, c: number, m: number): number {
  return table[3 * c]! + table[3 * c + 1]! / m;
}

/** Σ(x−mean)² of the channel of m elements whose moments stand in row c of the table. */
export function squaresOf(table: Float64Array, c: number, m: number): number {
  const sum = table[3 * c + 1]!;
  return Math.max(0, table[3 * c + 2]! - (sum * sum) / m);
}

/**
 * Fills the moments of the channels first … first+count−1 of x, each of m elements.
 *
 * The shift is the channel's first element, which makes every difference exact or nearly so: x − shift of two float32
 * numbers rounds in float64 only where they are 2²⁹ apart. The variance then carries the relative error of a two-pass
 * one times 1 + (mean−shift)²/σ². Where that is large, the channel gets its mean as the new shift and is walked once
 * more, which is the corrected two-pass algorithm. All channels of the block are walked with it, those others with
 * the shift they had: the same sums again, so that no channel's data moves another's result by a bit.
 *
 * Chan, Golub & LeVeque 1983, doi:10.1080/00031305.1983.10483115.
 *
 * @param channelStride elements from the first element of one channel to that of the next
 */
export function gatherMoments(
  sweep: Sweep,
  x: Float32Array,
  table: Float64Array,
  first: number,
  count: number,
  m: number,
  channelStride: number,
): void {
  for (let c = first; c < first + count; c++) {
    const shift = x[c * channelStride]!;
    // ∞ − ∞ is NaN where the mean of the channel is ∞.
    table[3 * c] = Number.isFinite(shift) ? shift : 0;
  }
  clearSums(table, first, count);
  sweep.addDeviations(x, table, first, count);

  let anyFar = false;
  for (let c = first; c < first + count; c++) {
    const sum = table[3 * c + 1]!;
    // (mean−shift)² > farthest²·σ², times m. False for a channel with NaN or ∞, which no shift makes better.
    if ((sum * sum) / m > farthestShift ** 2 * squaresOf(table, c, m)) {
      table[3 * c] = meanOf(table, c, m);
      anyFar = true;
    }
  }
  if (!anyFar) return;
  clearSums(table, first, count);
  sweep.addDeviations(x, table, first, count);
}

function clearSums(table: Float64Array, first: number, count: number): void {
  for (let c = first; c < first + count; c++) {
    table[3 * c + 1] = 0;
    table[3 * c + 2] = 0;
  }
}
