import type { Op, Problem, TensorName } from '@normgauge/contract';

/**
 * The tensors of one element a channel share two buffers, one for inputs and one for outputs: a device may allow as few as 8
 * storage buffers a shader, and training forward has 12 tensors. The k-th of them starts at element k·C.
 *
 * A problem without gamma and beta has them all the same, as ones and zeros, and its dGamma and dBeta are not read: one
 * shader an op, and no flag in it. The one scalar comes last.
 */
const inputs: Readonly<Record<Op, readonly TensorName[]>> = {
  'forward-training': ['gamma', 'beta', 'runningMean', 'runningVar', 'batchesTracked'],
  inference: ['gamma', 'beta', 'runningMean', 'runningVar'],
  backward: ['gamma', 'mean', 'invStd'],
  'backward-frozen': ['gamma', 'runningMean', 'runningVar'],
};

const outputs: Readonly<Record<Op, readonly TensorName[]>> = {
  'forward-training': ['mean', 'invStd', 'runningMean', 'runningVar'],
  inference: [],
  backward: ['dGamma', 'dBeta'],
  'backward-frozen': ['dGamma', 'dBeta'],
};

function indexOf(names: readonly TensorName[], name: TensorName): number {
  const index = names.indexOf(name);
  if (index === -1) throw new Error(`${name}: expected one of the channel tensors ${names.join(', ')}`);
  return index;
}

/** Elements of the buffer of inputs. */
export const channelInputLength = ({ op, shape }: Problem): number => inputs[op].length * shape.c;

/** Elements of the buffer of outputs; a buffer is never empty. */
export const channelOutputLength = ({ op, shape }: Problem): number => Math.max(outputs[op].length * shape.c, 1);

/** Where an input starts, in elements. */
export const channelInputOffset = ({ op, shape }: Problem, name: TensorName): number =>
  indexOf(inputs[op], name) * shape.c;

/** Where an output starts, in elements; undefined for one that is a full tensor. */
export function channelOutputOffset({ op, shape }: Problem, name: TensorName): number | undefined {
  return outputs[op].includes(name) ? indexOf(outputs[op], name) * shape.c : undefined;
}

/** WGSL: an input of a channel. */
export const channelInput = (op: Op, name: TensorName, channel = 'channel'): string =>
  `channelsIn[${indexOf(inputs[op], name)}u * p.c + ${channel}]`;

/** WGSL: the scalar input. */
export const batchesTracked: string = `channelsIn[${indexOf(inputs['forward-training'], 'batchesTracked')}u * p.c]`;

/** WGSL: the place of an output of `channel`. */
export const channelOutput = (op: Op, name: TensorName): string =>
  `channelsOut[${indexOf(outputs[op], name)}u * p.c + channel]`;
