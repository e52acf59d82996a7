import {
  elementsPerChannel,
  inputsOf,
  outputsOf,
  type Problem,
  type TensorName,
  type Tensors,
} from '@normgauge/contract';
import { elementsOfChannel } from './naive.ts';

/** mulberry32: numbers in 0…1, the same on every machine. */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function normal(seed: number): () => number {
  const next = uniform(seed);
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

/** Element i of channel c, given a source of normal numbers. */
export type Fill = (random: () => number, channel: number, i: number, m: number) => number;

/** Every channel with a mean and a deviation of its own. */
export const plain: Fill = (random, channel) => (1 + (channel % 5)) * random() + (channel % 7) - 3;

/** Inputs for a problem; the saved statistics are those of x, as a forward pass would have saved them. */
export function inputsFor(problem: Problem, seed: number, fill: Fill = plain): Tensors {
  const random = normal(seed);
  const { shape, convention } = problem;
  const m = elementsPerChannel(shape);
  const x = new Float32Array(m * shape.c);
  const mean = new Float32Array(shape.c);
  const invStd = new Float32Array(shape.c);
  for (let c = 0; c < shape.c; c++) {
    const addresses = elementsOfChannel(problem, c);
    addresses.forEach((address, i) => {
      x[address] = fill(random, c, i, m);
    });
    const mu = addresses.reduce((sum, i) => sum + x[i]!, 0) / m;
    const variance = addresses.reduce((sum, i) => sum + (x[i]! - mu) ** 2, 0) / m;
    mean[c] = mu;
    invStd[c] =
      convention.epsPlacement === 'inside-sqrt'
        ? 1 / Math.sqrt(variance + convention.eps)
        : 1 / (Math.sqrt(variance) + convention.eps);
  }
  const perChannel = (value: () => number): Float32Array => Float32Array.from({ length: shape.c }, value);
  const all: Readonly<Partial<Record<TensorName, Float32Array>>> = {
    x,
    dy: x.map(() => random() + 0.25),
    gamma: perChannel(random),
    beta: perChannel(random),
    mean,
    invStd,
    runningMean: perChannel(random),
    runningVar: perChannel(() => 0.5 + random() ** 2),
    batchesTracked: Float32Array.of(3),
  };
  return Object.fromEntries(inputsOf(problem).map(({ name }) => [name, all[name]]));
}

/** Room for all outputs, full of NaN, so that what is not written shows. */
export function emptyOutputs(problem: Problem): Tensors {
  return Object.fromEntries(
    outputsOf(problem).map(({ name, length }) => [name, new Float32Array(length).fill(Number.NaN)]),
  );
}
