import { elementsOf, inputsOf, type Problem, stridesOf, type TensorName, type Tensors } from '@normgauge/contract';

/** mulberry32: 32 bits of state, the same numbers on every machine. */
export function uniform(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal numbers by Box and Muller. */
export function normal(seed: number): () => number {
  const next = uniform(seed);
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

/** The value of one element: its channel, its running number in the tensor, and a source of normal numbers. */
export type Fill = (channel: number, index: number, next: () => number) => number;

/** A different mean and spread in every channel. */
export const ordinary: Fill = (channel, _, next) => (channel % 5) - 2 + (0.5 + (channel % 3)) * next();

export function channelOf({ shape, layout }: Problem, index: number): number {
  const { channelStride } = stridesOf(shape, layout);
  return Math.floor(index / channelStride) % shape.c;
}

/** Inputs of a problem: x from the fill, the rest ordinary; mean and invStd are the true ones of x. */
export function inputsFor(problem: Problem, fill: Fill = ordinary, seed = 1): Tensors {
  const next = normal(seed);
  const tensors: { [name in TensorName]?: Float32Array } = {};
  for (const { name, length } of inputsOf(problem)) {
    tensors[name] = Float32Array.from({ length }, (_, i) => {
      switch (name) {
        case 'x':
          return fill(channelOf(problem, i), i, next);
        case 'gamma':
          return i % 4 === 3 ? -0.75 : 0.5 + (i % 3);
        case 'runningVar':
          return 0.25 + next() ** 2;
        case 'batchesTracked':
          return 3;
        default:
          return next();
      }
    });
  }
  if (tensors.mean && tensors.invStd) saveStatistics(problem, tensors as Required<typeof tensors>);
  return tensors;
}

/** What a forward pass would have saved for this x. */
function saveStatistics(problem: Problem, tensors: Required<{ [name in TensorName]?: Float32Array }>): void {
  const { c } = problem.shape;
  const { eps, epsPlacement, normalizeDivisor } = problem.convention;
  const m = elementsOf(problem.shape) / c;
  const sums = new Float64Array(c);
  const squares = new Float64Array(c);
  tensors.x.forEach((value, i) => {
    sums[channelOf(problem, i)]! += value;
  });
  tensors.x.forEach((value, i) => {
    const ch = channelOf(problem, i);
    squares[ch]! += (value - sums[ch]! / m) ** 2;
  });
  for (let ch = 0; ch < c; ch++) {
    const variance = squares[ch]! / (normalizeDivisor === 'm' ? m : Math.max(m - 1, 1));
    tensors.mean[ch] = sums[ch]! / m;
    tensors.invStd[ch] =
      epsPlacement === 'inside-sqrt' ? 1 / Math.sqrt(variance + eps) : 1 / (Math.sqrt(variance) + eps);
  }
}
