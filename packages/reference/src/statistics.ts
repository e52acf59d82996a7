import { type Convention, divisorOf } from '@normgauge/contract';
import { mean, sqrt, variance } from './float64.ts';

/** The statistics of one channel, in float64. */
export interface BatchStatistics {
  /** μ. */
  readonly mean: number;
  /** x−μ, each good to its own last digit. */
  readonly deviations: readonly number[];
  /** Σ(x−μ)²/m. */
  readonly variance: number;
}

/**
 * Mean and variance of one channel (Ioffe & Szegedy 2015, Algorithm 1, lines 1 and 2).
 *
 * The mean is found twice: a first one, then the mean of what it leaves over. At mean 1e6 the first is off by some
 * 1e-10, which the second puts right before it is squared or divided by a small σ; μ itself is their sum. With a
 * first mean that is infinite nothing is left over: Inf−Inf stays NaN, as in IEEE arithmetic. What a constant leaves over
 * is a few units in the last place, the same in every element and summed exactly, so that its σ² is 0.
 *
 * This is the corrected two-pass algorithm: Chan, Golub & LeVeque 1983, doi:10.1080/00031305.1983.10483115.
 */
export function batchStatistics(x: readonly number[]): BatchStatistics {
  const first = mean(x);
  const leftOver = Number.isFinite(first) ? mean(x.map((value) => value - first)) : 0;
  const deviations = x.map((value) => value - first - leftOver);
  return { mean: first + leftOver, deviations, variance: variance(deviations) };
}

/** Σ(x−μ)² divided by m or m−1, from the one divided by m: Algorithm 2's m/(m−1)·E[σ²]. At m = 1 that is 0·∞ = NaN. */
export function divideBy(
  kind: 'm' | 'm-1',
  { variance, deviations: { length: m } }: BatchStatistics,
  { singleElement }: Convention,
): number {
  return variance * (m / divisorOf(kind, m, singleElement));
}

/** 1/√(σ²+eps) or 1/(√σ²+eps). NaN for a variance below −eps, infinite where σ² and eps are 0. */
export function invStdOf(variance: number, { eps, epsPlacement }: Convention): number {
  return epsPlacement === 'inside-sqrt' ? 1 / sqrt(variance + eps) : 1 / (sqrt(variance) + eps);
}
