import { elementsOf, type Layout, positionsOf, type Shape, stridesOf } from '@normgauge/contract';
import { axisOf } from './checkCase.ts';
import type { VectorCase } from './format.ts';

/** A published tensor as one of the contract's. */
export interface Placement {
  readonly shape: Shape;
  readonly layout: Layout;
  /** Where element i of the published order lies in memory; absent where nothing moves. */
  readonly order?: Uint32Array;
}

const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

/**
 * Channels are the axis, everything before it is batch and everything after it positions: as it lies in memory that is
 * nchw already. With the axis last and two or more before it, the first is the batch and the others are positions: nhwc.
 * More than three spatial sizes are folded into one, which changes no statistic.
 */
function asPublished(row: Pick<VectorCase, 'shape' | 'axis'>): Placement {
  const axis = axisOf(row);
  const before = row.shape.slice(0, axis);
  const after = row.shape.slice(axis + 1);
  const c = row.shape[axis]!;
  if (after.length === 0 && before.length > 1) {
    const [n, ...middle] = before;
    return { shape: { n: n!, c, spatial: spatialFrom(middle) }, layout: 'nhwc' };
  }
  return { shape: { n: product(before), c, spatial: spatialFrom(after) }, layout: 'nchw' };
}

function spatialFrom(sizes: readonly number[]): readonly number[] {
  return sizes.length <= 3 ? sizes : [product(sizes)];
}

/**
 * Shape and layout of the contract for a published shape and axis.
 * @param wanted a layout to transpose to where the published one is the other
 */
export function placementOf(row: Pick<VectorCase, 'shape' | 'axis'>, wanted?: Layout): Placement {
  const found = asPublished(row);
  if (wanted === undefined || wanted === found.layout) return found;
  return { shape: found.shape, layout: wanted, order: transposition(found.shape, found.layout, wanted) };
}

function transposition(shape: Shape, from: Layout, to: Layout): Uint32Array {
  const source = stridesOf(shape, from);
  const target = stridesOf(shape, to);
  const order = new Uint32Array(elementsOf(shape));
  for (let n = 0; n < shape.n; n++) {
    for (let c = 0; c < shape.c; c++) {
      for (let s = 0; s < positionsOf(shape); s++) {
        order[n * source.batchStride + c * source.channelStride + s * source.positionStride] =
          n * target.batchStride + c * target.channelStride + s * target.positionStride;
      }
    }
  }
  return order;
}

/** `[1, 2, 0, 3]`: an index of the published order, axis by axis. */
export function positionInShape(shape: readonly number[], index: number): string {
  const coordinates: number[] = [];
  let rest = index;
  for (const size of [...shape].reverse()) {
    coordinates.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return `[${coordinates.join(', ')}]`;
}
