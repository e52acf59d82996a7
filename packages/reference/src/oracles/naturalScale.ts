import type { Problem, TensorName } from '@normgauge/contract';
import { type Channel, countedBy } from './channel.ts';

/** The natural scale of every output element of one channel: one number for a [C] tensor, a function of i for a full one. */
export type Scales = { readonly [name in TensorName]?: (i: number) => number };

/**
 * The size of what is summed to make an element; an error in float64 is a small multiple of 2⁻⁵³ of it. It is the
 * formula with every term that is added or subtracted taken by its size, to first order: of a product x̂·dGamma each
 * factor in turn is as large as what it was summed from while the other is as large as it is.
 *
 *     X         = |x̂| + mean|x̂| in training               the second for the mean of what a first mean leaves over
 *     y         : |gamma|·X + |beta|
 *     mean      : mean|x|
 *     invStd    : invStd
 *     running   : |(1−w)·running| + w·(scale of the statistic; the variance itself)
 *     dBeta     : Σ|dy|
 *     dGamma    : Σ|dy|·X
 *     dx        : |gamma|·invStd·[ |dy| + Σ|dy|/m + (X·|dGamma| + |x̂|·Σ|dy|X + |x̂·dGamma|/q)/(d·q) ]
 *     dx frozen : |gamma|·invStd·|dy|
 *
 * The last term because q too is a difference: 1 − eps·invStd is off by a unit of 1, thus by 1/q relative to q.
 *
 * @param roundedMean the batch mean that one side works with has been rounded to float64, which at mean 1e6 moves x̂ by
 *   1e6 units of σ = 1: X has a further term invStd·|mean|
 */
export function scalesOf(problem: Problem, channel: Channel, roundedMean: boolean): Scales {
  const { x, dy, gamma, beta, weight } = channel;
  const m = x.length;
  switch (problem.op) {
    case 'forward-training': {
      const { mean, squares } = plainStatistics(x);
      const invStd = plainInvStd(problem, squares / countedBy(problem.convention.normalizeDivisor, m, problem));
      const xHat = x.map((value) => Math.abs(value - mean) * invStd);
      const fromMean = average(xHat) + (roundedMean ? invStd * Math.abs(mean) : 0);
      const size = average(x.map(Math.abs));
      const runningVariance = squares / countedBy(problem.convention.runningDivisor, m, problem);
      return {
        y: (i) => Math.abs(gamma) * (xHat[i]! + fromMean) + Math.abs(beta),
        mean: () => size,
        invStd: () => invStd,
        runningMean: () => Math.abs((1 - weight) * channel.runningMean) + weight * size,
        runningVar: () => Math.abs((1 - weight) * channel.runningVar) + weight * runningVariance,
      };
    }
    case 'inference': {
      const invStd = plainInvStd(problem, channel.runningVar);
      return { y: (i) => Math.abs(gamma * (x[i]! - channel.runningMean)) * invStd + Math.abs(beta) };
    }
    case 'backward': {
      const { mean, invStd } = channel;
      return gradientScales(problem, channel, mean, invStd, roundedMean ? invStd * Math.abs(mean) : 0);
    }
    case 'backward-frozen': {
      const invStd = plainInvStd(problem, channel.runningVar);
      const { dGamma, dBeta } = gradientScales(problem, channel, channel.runningMean, invStd, 0);
      return { dx: (i) => Math.abs(gamma * dy[i]!) * invStd, dGamma: dGamma!, dBeta: dBeta! };
    }
  }
}

function gradientScales(
  problem: Problem,
  { x, dy, gamma }: Channel,
  mean: number,
  invStd: number,
  fromMean: number,
): Scales {
  const m = x.length;
  const { eps, epsPlacement, normalizeDivisor } = problem.convention;
  const d = countedBy(normalizeDivisor, m, problem);
  const q = epsPlacement === 'inside-sqrt' ? 1 : Math.max(1 - eps * invStd, 2 ** -23);
  const xHat = x.map((value) => invStd * (value - mean));
  const size = xHat.map((value) => Math.abs(value) + fromMean);
  const sumDy = m * average(dy.map(Math.abs));
  const dGamma = Math.abs(m * average(dy.map((g, i) => g * xHat[i]!)));
  const dGammaSize = m * average(dy.map((g, i) => Math.abs(g) * size[i]!));
  const throughVariance = (i: number): number =>
    (size[i]! * dGamma + Math.abs(xHat[i]!) * (dGammaSize + dGamma / q)) / (d * q);
  return {
    dx: (i) => Math.abs(gamma) * invStd * (Math.abs(dy[i]!) + sumDy / m + throughVariance(i)),
    dGamma: () => dGammaSize,
    dBeta: () => sumDy,
  };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Good enough for a scale: two plain passes. */
function plainStatistics(x: readonly number[]): { readonly mean: number; readonly squares: number } {
  const mean = average(x);
  return { mean, squares: x.reduce((sum, value) => sum + (value - mean) ** 2, 0) };
}

function plainInvStd({ convention: { eps, epsPlacement } }: Problem, variance: number): number {
  return epsPlacement === 'inside-sqrt' ? 1 / Math.sqrt(variance + eps) : 1 / (Math.sqrt(variance) + eps);
}
