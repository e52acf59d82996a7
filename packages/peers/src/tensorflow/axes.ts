import type { Problem } from '@normgauge/contract';

/** How TensorFlow.js is given a full tensor of a problem. */
export interface Axes {
  /** Of the tensor as it lies in memory. */
  readonly shape: readonly number[];
  /** Moves the channels last and back; absent where they are last. */
  readonly transposition?: { readonly toLast: readonly number[]; readonly back: readonly number[] };
  /** All but the channels, once these are last. */
  readonly reduced: readonly number[];
}

/**
 * `tf.batchNorm` takes two to four axes, of which the last are the channels. Three spatial axes are given as two, which
 * moves nothing. Channels before the spatial axes are moved last, which moves everything, as who has such data must.
 */
export function axesOf({ shape: { n, c, spatial }, layout }: Pick<Problem, 'shape' | 'layout'>): Axes {
  const merged = spatial.length > 2 ? [spatial[0]! * spatial[1]!, ...spatial.slice(2)] : spatial;
  const reduced = Array.from({ length: 1 + merged.length }, (_, axis) => axis);
  if (layout === 'nhwc') return { shape: [n, ...merged, c], reduced };
  const shape = [n, c, ...merged];
  if (merged.length === 0) return { shape, reduced };
  const last = shape.length - 1;
  const toLast = [0, ...merged.map((_, axis) => axis + 2), 1];
  const back = [0, last, ...merged.map((_, axis) => axis + 1)];
  return { shape, transposition: { toLast, back }, reduced };
}
