import {
  elementsOf,
  elementsPerChannel,
  inputsOf,
  outputsOf,
  type Problem,
  positionsOf,
  stridesOf,
  type TensorName,
  type TensorSlot,
  type Tensors,
} from '@normgauge/contract';
import { seedOf, uniformFrom } from '../cases/random.ts';

/** Elements up to which every channel is verified. */
const wholeBudget = 120_000;
/** Elements that the reference is asked for in a larger problem, which is verified on whole sampled channels. */
const sampleBudget = 60_000;
/** Channels beyond this number are all alike. */
const mostChannels = 1024;

/**
 * The channels to verify: all, or for a large problem the last, which an index reaches last, and a seeded choice of the
 * others, so that none is safe. Channels are independent of each other, so that a sampled one is checked completely.
 */
export function channelsToVerify(problem: Problem, seed: number): readonly number[] {
  const { shape } = problem;
  const m = elementsPerChannel(shape);
  if (elementsOf(shape) <= wholeBudget && shape.c <= mostChannels) return Array.from({ length: shape.c }, (_, c) => c);
  const wanted = Math.min(shape.c, mostChannels, Math.max(2, Math.floor(sampleBudget / m)));
  const uniform = uniformFrom(seedOf(seed, 'channels', problem.op, ...shape.spatial, shape.n, shape.c));
  const chosen = new Set([shape.c - 1]);
  while (chosen.size < wanted) chosen.add(Math.floor(uniform() * shape.c));
  return [...chosen].sort((a, b) => a - b);
}

/** The same problem on some of its channels only. */
export function onChannels(problem: Problem, channels: readonly number[]): Problem {
  return { ...problem, shape: { ...problem.shape, c: channels.length } };
}

/**
 * Where the elements of a tensor of the sampled problem lie in the tensor of the whole one.
 * Index into the result: sampled problem; value: whole problem.
 */
export function indicesOf(slot: TensorSlot, problem: Problem, channels: readonly number[]): Uint32Array {
  if (slot.extent === 'scalar') return Uint32Array.of(0);
  if (slot.extent === 'channel') return Uint32Array.from(channels);
  const { shape, layout } = problem;
  const sampled = onChannels(problem, channels).shape;
  const from = stridesOf(shape, layout);
  const to = stridesOf(sampled, layout);
  const positions = positionsOf(shape);
  const indices = new Uint32Array(elementsOf(sampled));
  for (let n = 0; n < shape.n; n++) {
    for (const [k, c] of channels.entries()) {
      const source = n * from.batchStride + c * from.channelStride;
      const target = n * to.batchStride + k * to.channelStride;
      for (let s = 0; s < positions; s++) {
        indices[target + s * to.positionStride] = source + s * from.positionStride;
      }
    }
  }
  return indices;
}

/** The inputs of the sampled problem. Not a copy when all channels are taken. */
export function inputsOn(problem: Problem, inputs: Tensors, channels: readonly number[]): Tensors {
  if (channels.length === problem.shape.c) return inputs;
  const sampled: { [name in TensorName]?: Float32Array } = {};
  for (const slot of inputsOf(problem)) {
    const source = inputs[slot.name]!;
    const indices = indicesOf(slot, problem, channels);
    const taken = new Float32Array(indices.length);
    for (let k = 0; k < indices.length; k++) taken[k] = source[indices[k]!]!;
    sampled[slot.name] = taken;
  }
  return sampled;
}

/** `n=1 c=2 s=12`, or `c=2`: where an element of an output lies. */
export function positionIn(problem: Problem, name: TensorName, index: number): string {
  const slot = outputsOf(problem).find((output) => output.name === name);
  if (slot?.extent !== 'full') return `c=${index}`;
  const { shape, layout } = problem;
  const { batchStride, channelStride, positionStride } = stridesOf(shape, layout);
  const n = Math.floor(index / batchStride);
  const c = Math.floor(index / channelStride) % shape.c;
  const s = Math.floor(index / positionStride) % positionsOf(shape);
  return `n=${n} c=${c} s=${s}`;
}
