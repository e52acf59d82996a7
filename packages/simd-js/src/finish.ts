import { type Convention, divisorOf } from '@normgauge/contract';

/**
 * The step between the sums of a channel and its elementwise pass, in float64: the only place where a convention
 * matters. The formulas are those of `Convention`.
 */

/** 1/√(variance+eps), or 1/(√variance+eps). */
export function invStdOf(variance: number, { eps, epsPlacement }: Convention): number {
  return epsPlacement === 'inside-sqrt' ? 1 / Math.sqrt(variance + eps) : 1 / (Math.sqrt(variance) + eps);
}

/** A running statistic after one more batch; w is the weight of the new one. */
export function updated(old: number, batch: number, w: number): number {
  return (1 - w) * old + w * batch;
}

/** Below this, q is the rounding error of eps·invStd, and σ counts as 0. */
const smallestQ = 2 ** -23;

/**
 * dGamma/(d·q): what x̂ is multiplied by in the gradient of the variance. Zero where eps is outside the root and σ is
 * zero, since the derivative does not exist there.
 */
export function varianceTerm(dGamma: number, invStd: number, m: number, convention: Convention): number {
  const divisor = divisorOf(convention.normalizeDivisor, m, convention.singleElement);
  if (convention.epsPlacement === 'inside-sqrt') return dGamma / divisor;
  const q = 1 - convention.eps * invStd;
  return q <= smallestQ ? 0 : dGamma / (divisor * q);
}
