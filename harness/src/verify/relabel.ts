import { elementsOf, type Problem, positionsOf, stridesOf, type TensorSlot } from '@normgauge/contract';
import type { Uniform } from '../cases/random.ts';

/** New number → old number. */
export type Permutation = readonly number[];

/** Where every element of a tensor of the new problem lies in the old one. */
export interface Relabelling {
  readonly full: Uint32Array;
  readonly channel: Uint32Array;
}

export const identity = (length: number): Permutation => Array.from({ length }, (_, k) => k);

/** A permutation that moves something, where there is more than one; Fisher and Yates. */
export function shuffled(length: number, uniform: Uniform): Permutation {
  const order = Array.from({ length }, (_, k) => k);
  for (let k = length - 1; k > 0; k--) {
    const j = Math.floor(uniform() * (k + 1));
    [order[k], order[j]] = [order[j]!, order[k]!];
  }
  return order.every((old, k) => old === k) ? order.toReversed() : order;
}

/** Samples, channels and positions in another order, and the other layout where `to` has it. */
export function relabelling(
  from: Problem,
  to: Problem,
  { batch, channels, positions }: Readonly<Record<'batch' | 'channels' | 'positions', Permutation>>,
): Relabelling {
  const { shape } = to;
  const target = stridesOf(shape, to.layout);
  const source = stridesOf(from.shape, from.layout);
  const full = new Uint32Array(elementsOf(shape));
  for (let n = 0; n < shape.n; n++) {
    for (let c = 0; c < shape.c; c++) {
      for (let s = 0; s < positionsOf(shape); s++) {
        full[n * target.batchStride + c * target.channelStride + s * target.positionStride] =
          batch[n]! * source.batchStride + channels[c]! * source.channelStride + positions[s]! * source.positionStride;
      }
    }
  }
  return { full, channel: Uint32Array.from(channels) };
}

/** One tensor in the new order; of a scalar there is but one. */
export function relabelled<T extends Float32Array | Float64Array>(
  tensor: T,
  extent: TensorSlot['extent'],
  { full, channel }: Relabelling,
): T {
  if (extent === 'scalar') return tensor;
  const indices = extent === 'full' ? full : channel;
  return tensor.map((_, k) => tensor[indices[k]!]!) as T;
}
