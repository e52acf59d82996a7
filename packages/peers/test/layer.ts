import { backward } from '../src/darknet/backward.ts';
import type { Geometry } from '../src/darknet/channels.ts';
import { forwardTraining } from '../src/darknet/forward.ts';
import { alexeyab, pjreddie, type Variant } from '../src/darknet/variant.ts';
import { double } from '../src/precision.ts';
import { normals } from './data.ts';

/** One channel of m elements: the listing's own forward in float64, and dx of its own backward. */
export interface Channel {
  readonly x: Float64Array;
  readonly dy: Float64Array;
  forward(x: Float64Array): ReturnType<typeof forwardTraining>;
  dx(of: Variant): Float64Array;
}

/** Scale 1 and bias 0: they are common factors of everything that is compared here. */
export function channelOf(variant: Variant, m: number, seed: number, deviation = 1): Channel {
  const geometry: Geometry = { n: m, c: 1, positions: 1 };
  const scales = Float64Array.of(1);
  const biases = Float64Array.of(0);
  const x = normals(m, 2 * seed + 1, { mean: 0.5, deviation });
  const dy = normals(m, 2 * seed + 2);
  const forward = (at: Float64Array) => forwardTraining(variant, { x: at, scales, biases }, geometry, double);
  const dx = (of: Variant) => {
    const updates = { scales: new Float64Array(1), biases: new Float64Array(1) };
    return Float64Array.from(backward(of, dy, { x, scales, ...forward(x) }, updates, geometry, double));
  };
  return { x, dy, forward, dx };
}

const outside = (variance: number): number => Math.sqrt(variance) + 1e-6;
const inside = (variance: number): number => Math.sqrt(variance + 1e-5);

/** The published backward with nothing changed but the epsilons: those of its forward, in their place. */
export const repairedEps: readonly Variant[] = [
  {
    ...pjreddie,
    deltaDivisor: outside,
    meanFactor: (variance) => -1 / outside(variance),
    varianceFactor: (variance) => -0.5 / (Math.sqrt(variance) * outside(variance) ** 2),
  },
  { ...alexeyab, deltaDivisor: inside },
];

/** … with nothing changed but the divisor: m−1, as in its forward. */
export const repairedDivisor: readonly Variant[] = [pjreddie, alexeyab].map((variant) => ({
  ...variant,
  varianceDivisor: (m) => m - 1,
}));

/** … with both. The term of Σ(x−mean) is as absent as before. */
export const repairedBoth: readonly Variant[] = repairedEps.map((variant) => ({
  ...variant,
  varianceDivisor: (m) => m - 1,
}));

export const published: readonly Variant[] = [pjreddie, alexeyab];
