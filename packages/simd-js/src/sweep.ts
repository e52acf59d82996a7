/**
 * One way of walking full tensors channel by channel. Two exist: `Planes` where the elements of a channel lie in long
 * runs, `Columns` where neighbours belong to different channels. The steps between the walks know no layout.
 *
 * A table holds a few float64 numbers per channel, side by side, so that a kernel needs one array more and not four:
 *
 *     moments        [ shift, Σd, Σd² ]                    d = x − shift
 *     map            [ centre, scale, offset ]             y = (x − centre)·scale + offset
 *     gradientSums   [ mean, invStd, Σdy, Σdy·x̂ ]          x̂ = (x − mean)·invStd
 *     gradient       [ mean, slope, offset, scale ]        dx = scale·(dy + ((x − mean)·slope + offset))
 *
 * Every method works on the channels first … first+count−1 of the whole tensors and of the table. Shapes are trusted
 * here: the plan has checked them.
 */
export interface Sweep {
  /** Channels to take at a time, so that what the first walk has read is still in cache for the second. */
  readonly block: number;
  /** Adds Σd and Σd² of every channel to its moments. */
  addDeviations(x: Float32Array, table: Float64Array, first: number, count: number): void;
  /** The affine map from x to y. */
  normalise(x: Float32Array, y: Float32Array, table: Float64Array, first: number, count: number): void;
  /** Adds Σdy and Σdy·x̂ of every channel to its gradient sums. */
  addGradientSums(x: Float32Array, dy: Float32Array, table: Float64Array, first: number, count: number): void;
  /** The affine map from x and dy to dx. */
  gradient(
    x: Float32Array,
    dy: Float32Array,
    dx: Float32Array,
    table: Float64Array,
    first: number,
    count: number,
  ): void;
}

/** Numbers per channel in the widest table. */
export const tableWidth = 4;
