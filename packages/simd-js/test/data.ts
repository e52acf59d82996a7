import {
  elementsPerChannel,
  inputsOf,
  type Problem,
  stridesOf,
  type TensorName,
  type Tensors,
} from '@normgauge/contract';

/** mulberry32: 32 bits of state, the same numbers on every machine, in [0, 1). */
export function randomUniform(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A channel's elements, drawn one after another; `k` counts them. */
export type Fill = (k: number, m: number, uniform: () => number) => number;

function normal(uniform: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Ways to fill x. */
export const fills: Readonly<Record<string, Fill>> = {
  normal: (_k, _m, uniform) => 3 * normal(uniform) + 1,
  'large mean': (_k, _m, uniform) => 1e6 + normal(uniform),
  'tiny variance': (_k, _m, uniform) => 1 + 0.003 * normal(uniform),
  constant: () => 0.1,
  'constant and huge': () => 1e30,
  huge: (_k, _m, uniform) => 1e30 * normal(uniform),
  'large, squares overflow': (_k, _m, uniform) => 1e20 * normal(uniform),
  subnormal: (_k, _m, uniform) => 1e-40 * normal(uniform),
  outlier: (k, m, uniform) => (k === Math.floor(m / 2) ? 1e6 : normal(uniform)),
  'outlier first': (k, _m, uniform) => (k === 0 ? 1e6 : normal(uniform)),
  sparse: (_k, _m, uniform) => Math.max(0, normal(uniform) - 1),
  'an infinity first': (k, _m, uniform) => (k === 0 ? Number.POSITIVE_INFINITY : normal(uniform)),
  'both infinities': (k, _m, uniform) => (k < 2 ? Number.POSITIVE_INFINITY * (2 * k - 1) : normal(uniform)),
  'a NaN': (k, m, uniform) => (k === m - 1 ? Number.NaN : normal(uniform)),
  'last element carries the signal': (k, m) => (k === m - 1 ? 5 : 0),
};

/** Inputs of a problem: x by fill, channel by channel; everything else normal, variances and invStd positive. */
export function inputsFor(problem: Problem, fill: Fill, seed: number): Tensors {
  const uniform = randomUniform(seed);
  const draw: { readonly [name in TensorName]?: () => number } = {
    runningVar: () => 0.1 + uniform(),
    invStd: () => 0.1 + uniform(),
    batchesTracked: () => 3,
  };
  const tensors: { [name in TensorName]?: Float32Array } = {};
  for (const { name, length } of inputsOf(problem)) {
    tensors[name] = Float32Array.from({ length }, draw[name] ?? (() => normal(uniform)));
  }
  fillChannels(problem, tensors.x!, fill, uniform);
  return tensors;
}

function fillChannels({ shape, layout }: Problem, x: Float32Array, fill: Fill, uniform: () => number): void {
  const { batchStride, channelStride, positionStride } = stridesOf(shape, layout);
  const m = elementsPerChannel(shape);
  const positions = m / shape.n;
  for (let c = 0; c < shape.c; c++) {
    for (let k = 0; k < m; k++) {
      const n = Math.floor(k / positions);
      x[n * batchStride + c * channelStride + (k % positions) * positionStride] = fill(k, m, uniform);
    }
  }
}
