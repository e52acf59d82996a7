import type { Precision, Reals } from '../precision.ts';
import { type Geometry, visitChannel } from './channels.ts';
import type { Statistics } from './forward.ts';
import type { Variant } from './variant.ts';

/** The gradients of scales and biases, [C], which a layer adds to and its optimiser empties. */
export interface Updates {
  readonly scales: Reals;
  readonly biases: Reals;
}

/** What a layer has kept when its backward pass begins; x, xNorm and delta [N,C,positions], scales [C]. */
export interface Kept extends Statistics {
  readonly x: Reals;
  readonly xNorm: Reals;
  readonly scales: Reals;
}

/** biases += Σ delta, plane by plane: `backward_bias` and `sum_array`. */
function addBiasGradient(delta: Reals, { biases }: Updates, { n, c, positions }: Geometry, { round }: Precision): void {
  for (let plane = 0; plane < n * c; plane++) {
    let sum = 0;
    for (const value of delta.subarray(plane * positions, (plane + 1) * positions)) sum = round(sum + value);
    biases[plane % c] = round(biases[plane % c]! + sum);
  }
}

/** scales += Σ delta·x̂: `backward_scale_cpu`. */
function addScaleGradient(
  delta: Reals,
  xNorm: Reals,
  { scales }: Updates,
  geometry: Geometry,
  { round }: Precision,
): void {
  for (let c = 0; c < geometry.c; c++) {
    let sum = 0;
    visitChannel(geometry, c, (i) => {
      sum = round(sum + round(delta[i]! * xNorm[i]!));
    });
    scales[c] = round(scales[c]! + sum);
  }
}

/**
 * `backward_batchnorm_layer`, training and test mode alike, with g = delta·scale:
 *
 *     meanDelta     = Σg · meanFactor(variance)                    the term of Σ(x−mean), which is zero, is left out
 *     varianceDelta = Σ g·(x−mean) · varianceFactor(variance)
 *     dx            = g/deltaDivisor(variance) + 2·varianceDelta·(x−mean)/varianceDivisor(m) + meanDelta/m
 *
 * The sums run in float, element after element; the last line is double, but for x−mean and meanDelta/m, and is rounded
 * once. `pjreddie` and `alexeyab` say what the factors are and where they are published.
 *
 * @param delta dy [N,C,positions]; it is not written
 * @param updates are added to
 * @returns dx [N,C,positions]
 */
export function backward(
  variant: Variant,
  delta: Reals,
  { x, xNorm, scales, mean, variance }: Kept,
  updates: Updates,
  geometry: Geometry,
  precision: Precision,
): Reals {
  const { round, array } = precision;
  const m = geometry.n * geometry.positions;
  if (variant.hasBiasGradient) addBiasGradient(delta, updates, geometry, precision);
  addScaleGradient(delta, xNorm, updates, geometry, precision);

  const dx = array(delta.length);
  for (let c = 0; c < geometry.c; c++) {
    const scaled = (i: number): number => round(delta[i]! * scales[c]!);
    const deviation = (i: number): number => round(x[i]! - mean[c]!);
    let sum = 0;
    let sumOfDeviations = 0;
    visitChannel(geometry, c, (i) => {
      sum = round(sum + scaled(i));
      sumOfDeviations = round(sumOfDeviations + round(scaled(i) * deviation(i)));
    });
    const meanDelta = round(sum * variant.meanFactor(variance[c]!, precision));
    const varianceDelta = round(sumOfDeviations * variant.varianceFactor(variance[c]!, precision));

    const deltaDivisor = variant.deltaDivisor(variance[c]!, precision);
    visitChannel(geometry, c, (i) => {
      const direct = scaled(i) / deltaDivisor;
      const throughVariance = (varianceDelta * 2 * deviation(i)) / variant.varianceDivisor(m);
      dx[i] = round(direct + throughVariance + round(meanDelta / m));
    });
  }
  return dx;
}
