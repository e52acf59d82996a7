import {
  elementsPerChannel,
  momentumWeight,
  outputsOf,
  type Problem,
  type TensorName,
  type Tensors,
} from '@normgauge/contract';
import type { ChannelTruth, Truth } from './definition.ts';

/** Unit roundoff of float32, and half of the distance between its subnormal numbers. */
const u = 2 ** -24;
const smallestHalf = 2 ** -150;

/** γ_h = h·u/(1−h·u). Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., lemma 3.1. */
function gammaOf(h: number): number {
  return (h * u) / (1 - h * u);
}

interface Errors {
  readonly mean: number;
  readonly variance: number;
  /** Relative, of invStd. */
  readonly invStd: number;
}

function statisticsErrors(problem: Problem, channel: ChannelTruth, x: Float32Array, depth: number): Errors {
  const { op, convention } = problem;
  const m = channel.at.length;
  const magnitude = channel.at.reduce((sum, i) => sum + Math.abs(x[i]!), 0) / m;
  const given = op !== 'forward-training';
  const mean = given ? 0 : gammaOf(depth + 1) * magnitude + u * Math.abs(channel.mean);
  const variance = given
    ? 0
    : gammaOf(depth + 4) * channel.variance + mean ** 2 + 2 * u * Math.abs(channel.mean) * mean;
  // The derivative of invStd by the variance, for either place of eps.
  const sigma = Math.sqrt(channel.variance);
  const relative =
    convention.epsPlacement === 'inside-sqrt'
      ? variance / (2 * (channel.variance + convention.eps))
      : sigma === 0
        ? Math.sqrt(variance) / convention.eps
        : variance / (2 * sigma * (sigma + convention.eps));
  return { mean, variance, invStd: (variance === 0 ? 0 : relative) + 6 * u };
}

/**
 * How far each element of each output may be from the definition: the two-pass bound, with the depth that the backend
 * declares and without the probabilistic form, which is false for constant and few-valued data.
 */
export function allowedErrors(
  problem: Problem,
  inputs: Tensors,
  truth: Truth,
  depth: number,
): { readonly [name in TensorName]?: Float64Array } {
  const { op, convention, shape } = problem;
  const m = elementsPerChannel(shape);
  const allowed: { [name in TensorName]?: Float64Array } = {};
  for (const { name, length } of outputsOf(problem)) allowed[name] = new Float64Array(length);
  const x = inputs.x!;

  truth.channels.forEach((channel, c) => {
    const { gamma, mean, invStd, at } = channel;
    const errors = statisticsErrors(problem, channel, x, depth);
    const xHat = (i: number) => (x[i]! - mean) * invStd;
    const errorOfXHat = (i: number) => invStd * errors.mean + (errors.invStd + 3 * u) * Math.abs(xHat(i));

    if (op === 'forward-training') {
      const w = momentumWeight(convention, inputs.batchesTracked?.[0] ?? 0);
      allowed.mean![c] = errors.mean + smallestHalf;
      allowed.invStd![c] = errors.invStd * invStd + smallestHalf;
      allowed.runningMean![c] = w * errors.mean + 3 * u * Math.abs(truth.outputs['runningMean']![c]!) + smallestHalf;
      allowed.runningVar![c] =
        w * errors.variance * (m / Math.max(m - 1, 1)) +
        3 * u * Math.abs(truth.outputs['runningVar']![c]!) +
        smallestHalf;
    }
    if (op === 'forward-training' || op === 'inference') {
      for (const i of at) {
        const y = truth.outputs['y']![i]!;
        allowed.y![i] =
          Math.abs(gamma) * errorOfXHat(i) + 2 * u * Math.abs(gamma * xHat(i)) + u * Math.abs(y) + smallestHalf;
      }
      return;
    }

    const dy = inputs.dy!;
    const sumOf = (term: (i: number) => number) => at.reduce((sum, i) => sum + Math.abs(term(i)), 0);
    const errorOfDBeta = gammaOf(depth + 1) * sumOf((i) => dy[i]!);
    const errorOfDGamma = gammaOf(depth + 4) * sumOf((i) => dy[i]! * xHat(i)) + sumOf((i) => dy[i]! * errorOfXHat(i));
    if (allowed.dBeta) allowed.dBeta[c] = errorOfDBeta + u * Math.abs(channel.dBeta) + smallestHalf;
    if (allowed.dGamma) allowed.dGamma[c] = errorOfDGamma + u * Math.abs(channel.dGamma) + smallestHalf;
    for (const i of at) {
      const dx = Math.abs(truth.outputs['dx']![i]!);
      if (op === 'backward-frozen') {
        allowed.dx![i] = (errors.invStd + 3 * u) * dx + smallestHalf;
        continue;
      }
      // dGamma enters divided by d·q, which is m where the definition of the bound writes m.
      const share = channel.dGamma === 0 ? 1 / m : Math.abs(channel.projection / channel.dGamma);
      const terms = Math.abs(dy[i]!) + Math.abs(channel.dBeta) / m + Math.abs(xHat(i) * channel.projection);
      const sums = errorOfDBeta / m + Math.abs(xHat(i)) * errorOfDGamma * share;
      const carried = errorOfXHat(i) * Math.abs(channel.projection);
      allowed.dx![i] =
        Math.abs(gamma) * invStd * (4 * u * terms + sums + carried) + (errors.invStd + 4 * u) * dx + smallestHalf;
    }
  });
  return allowed;
}
