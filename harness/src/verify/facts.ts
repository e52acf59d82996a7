import {
  type Convention,
  divisorOf,
  elementsPerChannel,
  type Problem,
  positionsOf,
  stridesOf,
} from '@normgauge/contract';
import type { ExactTensors, RealTensors } from '@normgauge/reference';

/** Unit roundoff of float32. */
export const u: number = 2 ** -24;

/** What the sums of one channel depend on, from its own data, in float64. */
export interface ChannelFacts {
  readonly mean: number;
  /** With the divisor that normalises. */
  readonly variance: number;
  readonly invStd: number;
  readonly meanAbs: number;
  readonly meanSquare: number;
  /** mean((x−μ)²) of the data, whatever statistics the op is given. */
  readonly spread: number;
  /** |x₀−μ| and mean|x−x₀|, x₀ being the first element: what one pass around it works with. */
  readonly shift: number;
  readonly shiftedAbs: number;
  /** How much of Σ(x−μ)² is in squares below this: what an accumulator of float32 may lose, all of it one way. */
  readonly squaresBelow: (limit: number) => number;
  /** Few-valued, monotone, or a mean so large that its rounding errors all go one way. */
  readonly structured: boolean;
}

/** What the bounds are computed from; made once a case. */
export interface BoundsContext {
  readonly problem: Problem;
  readonly inputs: RealTensors;
  readonly expected: ExactTensors;
  readonly facts: readonly ChannelFacts[];
}

/** Calls visit with the index of every element of channel c. */
export function forEachIndex(problem: Problem, c: number, visit: (index: number) => void): void {
  const { shape, layout } = problem;
  const { batchStride, channelStride, positionStride } = stridesOf(shape, layout);
  const positions = positionsOf(shape);
  for (let n = 0; n < shape.n; n++) {
    const start = n * batchStride + c * channelStride;
    for (let s = 0; s < positions; s++) visit(start + s * positionStride);
  }
}

/** Whether so many of the values differ from each other. */
function hasDistinct(values: Float64Array, wanted: number): boolean {
  const seen = new Set<number>();
  for (let i = 0; i < values.length && seen.size < wanted; i++) seen.add(values[i]!);
  return seen.size >= wanted;
}

/**
 * Whether the rounding errors of a running sum may all go one way. Few distinct values, a monotone ramp, or a spread
 * small beside the spacing of floats at the size of the sum: there the residues repeat, and only γ_h is a bound.
 */
function isStructured(values: Float64Array, mean: number, deviation: number): boolean {
  const m = values.length;
  if (m < 8) return true;
  if (!(deviation > 8 * m * Math.abs(mean) * u)) return true;
  if (!hasDistinct(values.subarray(0, 4096), Math.min(m, 4096) / 4)) return true;
  let turns = 0;
  for (let i = 2; i < m; i++) {
    if ((values[i]! - values[i - 1]!) * (values[i - 1]! - values[i - 2]!) < 0) turns++;
  }
  return turns < m / 8;
}

/** Elements up to which an accumulator of float32 is too small to lose any square of ordinary data. */
const leastThatStagnates = 1024;

/** Σ(x−μ)² over the squares below a limit, by the power of two that they lie under. */
function smallSquares(values: Float64Array, mean: number): (limit: number) => number {
  if (values.length < leastThatStagnates) return () => 0;
  const sums = new Map<number, number>();
  for (let i = 0; i < values.length; i++) {
    const square = (values[i]! - mean) ** 2;
    const exponent = Math.floor(Math.log2(square));
    sums.set(exponent, (sums.get(exponent) ?? 0) + square);
  }
  return (limit) => [...sums].reduce((total, [exponent, sum]) => (2 ** exponent < limit ? total + sum : total), 0);
}

/** Sums over a channel, in float64. */
interface ChannelSums {
  /** With a correction pass. */
  readonly mean: number;
  /** Σ(x−mean)². */
  readonly squares: number;
  /** Σ|x|. */
  readonly absolute: number;
  /** Σx². */
  readonly square: number;
  /** Σ|x−x₀|. */
  readonly shifted: number;
}

function sumsOf(values: Float64Array): ChannelSums {
  const first = values[0]!;
  let sum = 0;
  let absolute = 0;
  let square = 0;
  let shifted = 0;
  // By index: an iterator over a typed array takes ten times as long.
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    sum += value;
    absolute += Math.abs(value);
    square += value * value;
    shifted += Math.abs(value - first);
  }
  const rough = sum / values.length;
  let residual = 0;
  for (let i = 0; i < values.length; i++) residual += values[i]! - rough;
  const mean = rough + residual / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2;
  return { mean, squares, absolute, square, shifted };
}

function factsOf(problem: Problem, inputs: RealTensors, expected: ExactTensors, c: number): ChannelFacts {
  const { op, convention } = problem;
  const x = inputs.x!;
  const m = elementsPerChannel(problem.shape);
  const values = new Float64Array(m);
  let filled = 0;
  forEachIndex(problem, c, (index) => {
    values[filled++] = x[index]!;
  });
  const { mean: own, squares, absolute, square, shifted } = sumsOf(values);
  const batchVariance = squares / divisorOf(convention.normalizeDivisor, m, convention.singleElement);
  const given = givenStatistics(op, inputs, expected, convention, c);
  return {
    mean: given.mean,
    variance: given.variance ?? batchVariance,
    invStd: given.invStd,
    meanAbs: absolute / m,
    meanSquare: square / m,
    spread: squares / m,
    shift: Math.abs(values[0]! - own),
    shiftedAbs: shifted / m,
    squaresBelow: smallSquares(values, own),
    structured: isStructured(values, own, Math.sqrt(squares / m)),
  };
}

/** Mean and invStd that the op normalises with: found by forward-training, handed to the others. */
function givenStatistics(
  op: Problem['op'],
  inputs: RealTensors,
  expected: ExactTensors,
  convention: Convention,
  c: number,
): { mean: number; invStd: number; variance?: number } {
  switch (op) {
    case 'forward-training':
      return { mean: expected.mean![c]!, invStd: expected.invStd![c]! };
    case 'backward':
      return { mean: inputs.mean![c]!, invStd: inputs.invStd![c]! };
    case 'inference':
    case 'backward-frozen': {
      const variance = inputs.runningVar![c]!;
      return { mean: inputs.runningMean![c]!, invStd: invStdOf(variance, convention), variance };
    }
  }
}

/** invStd of a variance, as the convention places eps; float64. */
export function invStdOf(variance: number, { eps, epsPlacement }: Convention): number {
  return epsPlacement === 'inside-sqrt' ? 1 / Math.sqrt(variance + eps) : 1 / (Math.sqrt(variance) + eps);
}

/** Facts about every channel, once a case. `expected` is the reference's answer to `inputs`. */
export function boundsContext(problem: Problem, inputs: RealTensors, expected: ExactTensors): BoundsContext {
  const facts = Array.from({ length: problem.shape.c }, (_, c) => factsOf(problem, inputs, expected, c));
  return { problem, inputs, expected, facts };
}
