import type { Convention } from './convention.ts';

/**
 * What is computed.
 *
 * - `forward-training`: normalise with the batch's own statistics and update the running ones
 * - `inference`: normalise with the running statistics
 * - `backward`: the gradient of forward-training, from its saved mean and invStd
 * - `backward-frozen`: the gradient of inference (running statistics are constants)
 */
export type Op = 'forward-training' | 'inference' | 'backward' | 'backward-frozen';

export const ops: readonly Op[] = ['forward-training', 'inference', 'backward', 'backward-frozen'];

/** How a full tensor lies in memory: channels before the spatial axes, or last. Always dense. */
export type Layout = 'nchw' | 'nhwc';

export const layouts: readonly Layout[] = ['nchw', 'nhwc'];

/**
 * How a backend stores x, y, dy and dx: float32, or binary16 of IEEE 754. What is held a channel (gamma, mean, invStd, …) is float32
 * either way, and so is the arithmetic. Tensors cross the contract as Float32Array: of `f16` a full one holds binary16 values only.
 */
export type DType = 'f32' | 'f16';

export const dtypes: readonly DType[] = ['f32', 'f16'];

/** What a backend stores that says nothing of it. */
export const usualDTypes: readonly DType[] = ['f32'];

/** Bytes of an element of x, y, dy and dx. */
export function bytesPerElement({ dtype }: Pick<Problem, 'dtype'>): number {
  return dtype === 'f16' ? 2 : 4;
}

/** Sizes in elements; each at least 1. */
export interface Shape {
  /** Batch size. */
  readonly n: number;
  /** Channels. */
  readonly c: number;
  /** No, one, two or three spatial sizes: [], [L], [H, W] or [D, H, W]. */
  readonly spatial: readonly number[];
}

/** One BatchNorm problem, complete: nothing about it is left to a default inside a kernel. */
export interface Problem {
  readonly op: Op;
  readonly shape: Shape;
  readonly layout: Layout;
  readonly dtype: DType;
  /** With gamma and beta (and their gradients), or without. */
  readonly affine: boolean;
  readonly convention: Convention;
}

/** Positions per sample and channel: the product of the spatial sizes, 1 when there are none. */
export function positionsOf(shape: Shape): number {
  return shape.spatial.reduce((product, size) => product * size, 1);
}

/** Elements that share one mean and variance: m in Ioffe & Szegedy 2015, Algorithm 1. */
export function elementsPerChannel(shape: Shape): number {
  return shape.n * positionsOf(shape);
}

/** Elements of x, y, dx and dy. */
export function elementsOf(shape: Shape): number {
  return shape.n * shape.c * positionsOf(shape);
}

/**
 * Where the elements of a full tensor lie. Element (n, c, s) is at
 * `n·batchStride + c·channelStride + s·positionStride`, in elements.
 */
export interface Strides {
  readonly batchStride: number;
  readonly channelStride: number;
  readonly positionStride: number;
}

/** Strides of a dense tensor of this shape in this layout, in elements. */
export function stridesOf(shape: Shape, layout: Layout): Strides {
  const positions = positionsOf(shape);
  const batchStride = shape.c * positions;
  return layout === 'nchw'
    ? { batchStride, channelStride: positions, positionStride: 1 }
    : { batchStride, channelStride: 1, positionStride: shape.c };
}
