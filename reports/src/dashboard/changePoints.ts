import { median } from '../summary.ts';

/** A stretch of a series in which nothing changed. */
export interface Segment {
  /** Index of its first value. */
  readonly start: number;
  /** Index after its last value. */
  readonly end: number;
  readonly mean: number;
}

/** Fewest values of a segment: one or two strays are no change. */
const least = 4;

/** Times ln n: what a further change must save, in units of the noise's variance. The Bayesian criterion would have 2. */
const penaltyFactor = 4;

/** A stray is pulled in to so many deviations from the median of its neighbourhood. */
const reach = 3;
/** Neighbours on either side. */
const neighbours = 4;

const fromMad = 1.4826;

function middles(values: readonly number[], beside: number): readonly number[] {
  return values.map((_, i) => median(values.slice(Math.max(0, i - beside), i + beside + 1)));
}

/** Standard deviation from one value to the next, which a step leaves alone: that of differences ÷ √2, from their median. */
function noiseOf(values: readonly number[], floor: number): number {
  const differences = values.slice(1).map((value, i) => Math.abs(value - values[i]!));
  return Math.max(floor, differences.length === 0 ? 0 : (fromMad * median(differences)) / Math.SQRT2);
}

function withoutStrays(values: readonly number[], noise: number): readonly number[] {
  const near = middles(values, neighbours);
  return values.map((value, i) => Math.min(near[i]! + reach * noise, Math.max(near[i]! - reach * noise, value)));
}

/**
 * Variance of the mean of many values × how many: that of one value where they are independent, more where a busy machine stays
 * busy. The correlation of neighbours is taken from what a running median leaves, so that steps do not count, and
 * carried on as that of an autoregression of order one (Andrews 1991, doi:10.2307/2938229).
 */
function longRunVariance(values: readonly number[], noise: number): number {
  const near = middles(values, Math.min(3 * neighbours, values.length >> 2));
  const rest = values.map((value, i) => value - near[i]!);
  const power = rest.reduce((sum, r) => sum + r * r, 0);
  const shifted = rest.slice(1).reduce((sum, r, i) => sum + r * rest[i]!, 0);
  const correlation = power > 0 ? Math.min(0.8, Math.max(0, shifted / power)) : 0;
  // Differences of correlated neighbours are smaller by √(1 − ρ).
  return (noise ** 2 / (1 - correlation)) * ((1 + correlation) / (1 - correlation));
}

/**
 * Where the mean of a series changes: PELT, which minimises Σ over segments of (squared deviations ÷ variance + penalty)
 * exactly. Killick, Fearnhead & Eckley 2012, doi:10.1080/01621459.2012.737745; the cost is that of a normal mean. Strays are
 * pulled in first, since that cost is not robust (Fearnhead & Rigaill 2019, doi:10.1080/01621459.2017.1385466).
 * @param values in order; logarithms, where what is meant is a ratio
 * @param floor least standard deviation of the noise
 * @returns one segment or more, which cover the series
 */
export function segmentsOf(values: readonly number[], floor: number): readonly Segment[] {
  const n = values.length;
  const noise = noiseOf(values, floor);
  const tamed = withoutStrays(values, noise);
  const variance = longRunVariance(tamed, noise);
  const sums = new Float64Array(n + 1);
  const squares = new Float64Array(n + 1);
  for (let i = 0; i < n; i++) {
    sums[i + 1] = sums[i]! + tamed[i]!;
    squares[i + 1] = squares[i]! + tamed[i]! ** 2;
  }
  const penalty = penaltyFactor * Math.log(Math.max(2, n));
  const best = new Float64Array(n + 1);
  best[0] = -penalty;
  const from = new Int32Array(n + 1);
  // Starts that may still be best, what each would cost up to `end`, and when each was found to be beaten.
  const starts = new Int32Array(n + 1);
  const totals = new Float64Array(n + 1);
  const beatenAt = new Int32Array(n + 1);
  let count = 1;
  for (let end = least; end <= n; end++) {
    let lowest = Number.POSITIVE_INFINITY;
    for (let k = 0; k < count; k++) {
      const start = starts[k]!;
      const sum = sums[end]! - sums[start]!;
      const deviations = Math.max(0, squares[end]! - squares[start]! - (sum * sum) / (end - start));
      totals[k] = best[start]! + deviations / variance;
      if (totals[k]! < lowest) {
        lowest = totals[k]!;
        from[end] = start;
      }
    }
    best[end] = lowest + penalty;
    // Beaten by more than a penalty it is never best again, once a segment that begins here can be long enough.
    let kept = 0;
    for (let k = 0; k < count; k++) {
      const start = starts[k]!;
      if (beatenAt[start] === 0 && totals[k]! > best[end]!) beatenAt[start] = end;
      if (beatenAt[start] === 0 || end - beatenAt[start]! < least) starts[kept++] = start;
    }
    count = kept;
    const next = end + 1 - least;
    if (next >= least) starts[count++] = next;
  }
  const segments: Segment[] = [];
  for (let end = n; end > 0; ) {
    const start = from[end]!;
    segments.unshift({ start, end, mean: (sums[end]! - sums[start]!) / (end - start) });
    end = start;
  }
  return segments;
}
