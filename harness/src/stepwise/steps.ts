import {
  type Convention,
  divisorOf,
  elementsPerChannel,
  momentumWeight,
  type Op,
  type Problem,
  positionsOf,
  stridesOf,
  type TensorName,
  type Tensors,
} from '@normgauge/contract';

/*
 * A correct kernel in steps, each of which a mutant may replace. Everything is float64 and rounded once, when it is
 * stored, so that what a replaced step does wrong is all that is wrong; what rounds earlier says so (float32.ts).
 */

/** Indices into a full tensor. */
export type Indices = Uint32Array;

/** The channel that a step is at work on. */
export interface Place {
  readonly problem: Problem;
  readonly c: number;
  /** Elements per channel. */
  readonly m: number;
  /** Elements per sample and channel. */
  readonly positions: number;
}

export interface Statistics {
  readonly mean: number;
  /** Σ(x−mean)². */
  readonly squares: number;
}

/** What one channel is normalised with. */
export interface Moments {
  readonly mean: number;
  readonly invStd: number;
}

export interface Affine {
  readonly gamma: number;
  readonly beta: number;
}

/** The batch's own statistics, as forward-training is about to save them. */
export interface Batch extends Moments {
  /** With the divisor that normalises. */
  readonly variance: number;
  /** With the divisor of the running variance. */
  readonly runningVariance: number;
}

/** dBeta = Σdy, dGamma = Σdy·x̂. */
export interface AffineGradients {
  readonly dGamma: number;
  readonly dBeta: number;
}

/** What dx of one element is made of, beside x and dy. */
export interface Gradient extends Moments, AffineGradients {
  readonly gamma: number;
  readonly m: number;
  /** d·q of the contract's formula; infinite where there is no variance term. */
  readonly divisor: number;
  /** In backward-frozen. */
  readonly frozen: boolean;
}

/** What is divided: σ² that normalises, σ² of the running variance, or the variance term of dx. */
export type DivisorUse = 'normalise' | 'running' | 'gradient';

/** Every step of the kernel. */
export interface Steps {
  /** The problem as the kernel takes it. */
  reads(problem: Problem): Problem;
  /** One element as the kernel takes it. */
  load(value: number, name: TensorName): number;
  /** One element on its way into an output. */
  store(value: number, name: TensorName): number;
  /** Where the elements of channel c lie, sample by sample. */
  elements(place: Place): Indices;
  /** The elements of a channel in sets that share their statistics: one. */
  sets(elements: Indices, place: Place): readonly Indices[];
  /** The elements that enter the sums, in their order. */
  summed(elements: Indices, place: Place): Indices;
  /** By what a sum of so many elements is divided to be their mean. */
  count(place: Place, summed: number): number;
  /** The elements that are written, in their order. */
  written(elements: Indices, place: Place): Indices;
  /** Where the result of element i is written: at i. */
  target(i: number, place: Place): number;
  statistics(x: Float64Array, m: number, place: Place): Statistics;
  divisor(kind: 'm' | 'm-1', m: number, convention: Convention, use: DivisorUse): number;
  invStd(variance: number, convention: Convention, op: Op, place: Place): number;
  /** Statistics that inference and the gradients are given. */
  given(inputs: Tensors, place: Place): Moments;
  /** What y of forward-training is made with: the batch's own. */
  normalisesWith(batch: Batch, inputs: Tensors, place: Place): Moments;
  affine(inputs: Tensors, place: Place): Affine;
  normalise(x: number, moments: Moments, affine: Affine): number;
  saved(batch: Batch, place: Place): Moments;
  weight(convention: Convention, batchesTracked: number): number;
  runningMean(old: number, batch: Batch, weight: number, place: Place): number;
  runningVar(old: number, batch: Batch, weight: number, place: Place): number;
  sums(x: Float64Array, dy: Float64Array, moments: Moments): AffineGradients;
  /** q of the contract's formula. */
  q(moments: Moments, convention: Convention): number;
  dx(x: number, dy: number, gradient: Gradient): number;
  dxFrozen(x: number, dy: number, gradient: Gradient): number;
  affineGradients(sums: AffineGradients, gradient: Gradient): AffineGradients;
}

/** Below this q the variance term of dx is 0, as the contract says. */
const smallestQ = 2 ** -23;

function elementsOfChannel({ problem, c }: Place): Indices {
  const { shape, layout } = problem;
  const { batchStride, channelStride, positionStride } = stridesOf(shape, layout);
  const positions = positionsOf(shape);
  const indices = new Uint32Array(shape.n * positions);
  let k = 0;
  for (let n = 0; n < shape.n; n++) {
    const start = n * batchStride + c * channelStride;
    for (let s = 0; s < positions; s++) indices[k++] = start + s * positionStride;
  }
  return indices;
}

export function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** Two passes: the mean, then the squares around it. */
export function twoPass(x: Float64Array, m: number): Statistics {
  const mean = sum(x) / m;
  let squares = 0;
  for (const value of x) squares += (value - mean) ** 2;
  return { mean, squares };
}

export function invStdOf(variance: number, { eps, epsPlacement }: Convention): number {
  return epsPlacement === 'inside-sqrt' ? 1 / Math.sqrt(variance + eps) : 1 / (Math.sqrt(variance) + eps);
}

/** A step that mixes old and new by the weight of the new. */
export function mix(old: number, fresh: number, weight: number): number {
  return (1 - weight) * old + weight * fresh;
}

/** The steps as the contract defines them. */
export const correct: Steps = {
  reads: (problem) => problem,
  load: (value) => value,
  store: (value) => value,
  elements: elementsOfChannel,
  sets: (elements) => [elements],
  summed: (elements) => elements,
  count: ({ m }) => m,
  written: (elements) => elements,
  target: (i) => i,
  statistics: twoPass,
  divisor: (kind, m, { singleElement }) => divisorOf(kind, m, singleElement),
  invStd: invStdOf,
  given(inputs, place) {
    const { problem, c } = place;
    if (problem.op === 'backward') return { mean: inputs.mean![c]!, invStd: inputs.invStd![c]! };
    const invStd = this.invStd(inputs.runningVar![c]!, problem.convention, problem.op, place);
    return { mean: inputs.runningMean![c]!, invStd };
  },
  normalisesWith: (batch) => batch,
  affine({ gamma, beta }, { c }) {
    return {
      gamma: gamma ? this.load(gamma[c]!, 'gamma') : 1,
      beta: beta ? this.load(beta[c]!, 'beta') : 0,
    };
  },
  normalise: (x, { mean, invStd }, { gamma, beta }) => gamma * ((x - mean) * invStd) + beta,
  saved: ({ mean, invStd }) => ({ mean, invStd }),
  weight: momentumWeight,
  runningMean: (old, { mean }, weight) => mix(old, mean, weight),
  runningVar: (old, { runningVariance }, weight) => mix(old, runningVariance, weight),
  sums(x, dy, { mean, invStd }) {
    let dGamma = 0;
    for (let k = 0; k < x.length; k++) dGamma += dy[k]! * ((x[k]! - mean) * invStd);
    return { dGamma, dBeta: sum(dy) };
  },
  q: ({ invStd }, { eps, epsPlacement }) => (epsPlacement === 'inside-sqrt' ? 1 : 1 - eps * invStd),
  dx: (x, dy, { mean, invStd, gamma, m, divisor, dBeta, dGamma }) =>
    gamma * invStd * (dy - dBeta / m - ((x - mean) * invStd * dGamma) / divisor),
  dxFrozen: (_x, dy, { gamma, invStd }) => gamma * invStd * dy,
  affineGradients: ({ dGamma, dBeta }) => ({ dGamma, dBeta }),
};

/** The divisor of dx's variance term. */
export function divisorOfGradient(steps: Steps, moments: Moments, m: number, convention: Convention): number {
  const q = steps.q(moments, convention);
  return q <= smallestQ
    ? Number.POSITIVE_INFINITY
    : steps.divisor(convention.normalizeDivisor, m, convention, 'gradient') * q;
}

export function placeOf(problem: Problem, c: number): Place {
  return { problem, c, m: elementsPerChannel(problem.shape), positions: positionsOf(problem.shape) };
}
