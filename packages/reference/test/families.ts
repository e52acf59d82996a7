import { elementsOf, type Problem, positionsOf, stridesOf } from '@normgauge/contract';
import { compute } from '../src/compute.ts';
import type { RealTensors } from '../src/tensors.ts';

/** mulberry32: 32-bit state, the same numbers on every machine. */
export function randomUniform(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal numbers, by Box and Muller. */
export function randomNormal(seed: number): () => number {
  const uniform = randomUniform(seed);
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

interface Place {
  /** Standard normal. */
  readonly z: number;
  readonly c: number;
  readonly problem: Problem;
}

/** How x is drawn. */
export const families: Readonly<Record<string, (place: Place) => number>> = {
  normal: ({ z, c }) => (c + 0.5) * z + 3 * c - 1,
  'mean 1e2': ({ z }) => z + 1e2,
  'mean 1e4': ({ z }) => z - 1e4,
  'mean 1e6': ({ z }) => z + 1e6,
  'variance near eps': ({ z, c, problem: { convention } }) => {
    const { eps, epsPlacement } = convention;
    return 0.25 * c + z * (epsPlacement === 'inside-sqrt' ? Math.sqrt(eps) : eps);
  },
  'variance far below eps': ({ z, problem: { convention } }) => {
    const { eps, epsPlacement } = convention;
    return 1e-4 * z * (epsPlacement === 'inside-sqrt' ? Math.sqrt(eps) : eps);
  },
  constant: ({ c }) => 0.1 + c,
  'huge 1e18': ({ z }) => z * 1e18,
  'huge 1e30': ({ z }) => z * 1e30,
  subnormal: ({ z }) => z * 1e-40,
};

/** Every input of every op, float32, from a seed; mean and invStd are those that forward-training saves, rounded. */
export function makeInputs(problem: Problem, family: string, seed: number): RealTensors {
  const { shape, layout } = problem;
  const normal = randomNormal(seed);
  const draw = families[family]!;
  const x = new Float32Array(elementsOf(shape));
  const { batchStride, channelStride, positionStride } = stridesOf(shape, layout);
  for (let n = 0; n < shape.n; n++) {
    for (let c = 0; c < shape.c; c++) {
      for (let s = 0; s < positionsOf(shape); s++) {
        x[n * batchStride + c * channelStride + s * positionStride] = draw({ z: normal(), c, problem });
      }
    }
  }
  const channels = (value: (z: number) => number): Float32Array =>
    Float32Array.from({ length: shape.c }, () => value(normal()));
  const inputs = {
    x,
    dy: x.map(() => normal()),
    gamma: channels((z) => z),
    beta: channels((z) => z),
    runningMean: channels((z) => z + x[0]!),
    runningVar: channels((z) => 0.1 + z * z),
    batchesTracked: Float32Array.of(3),
  };
  const asked: Problem = {
    ...problem,
    op: 'forward-training',
    convention: { ...problem.convention, singleElement: 'nan' },
  };
  const { mean, invStd } = compute(asked, inputs);
  return { ...inputs, mean: Float32Array.from(mean!), invStd: Float32Array.from(invStd!) };
}
