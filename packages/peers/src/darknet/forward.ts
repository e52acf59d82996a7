import type { Precision, Reals } from '../precision.ts';
import { type Geometry, visitChannel } from './channels.ts';
import type { Variant } from './variant.ts';

/** What a channel is normalised with; [C]. */
export interface Statistics {
  readonly mean: Reals;
  readonly variance: Reals;
}

/** Σx · (1/m), one running float a channel: `mean_cpu`. */
export function batchMean(x: Reals, geometry: Geometry, { round, array }: Precision): Reals {
  const scale = round(1 / (geometry.n * geometry.positions));
  return array(geometry.c).map((_, c) => {
    let sum = 0;
    visitChannel(geometry, c, (i) => {
      sum = round(sum + x[i]!);
    });
    return round(sum * scale);
  });
}

/** Σ(x−mean)² · (1/(m−1)), the squares in double (C's `pow`) and the running sum float: `variance_cpu`. At m = 1 NaN. */
export function batchVariance(x: Reals, mean: Reals, geometry: Geometry, { round, array }: Precision): Reals {
  const scale = round(1 / (geometry.n * geometry.positions - 1));
  return array(geometry.c).map((_, c) => {
    let sum = 0;
    visitChannel(geometry, c, (i) => {
      sum = round(sum + round(x[i]! - mean[c]!) ** 2);
    });
    return round(sum * scale);
  });
}

/** x̂ = (x−mean)/forwardDivisor(variance), rounded once: `normalize_cpu`. */
export function normalize(
  variant: Variant,
  x: Reals,
  { mean, variance }: Statistics,
  geometry: Geometry,
  precision: Precision,
): Reals {
  const xNorm = precision.array(x.length);
  for (let c = 0; c < geometry.c; c++) {
    const divisor = variant.forwardDivisor(variance[c]!, precision);
    visitChannel(geometry, c, (i) => {
      xNorm[i] = precision.round(precision.round(x[i]! - mean[c]!) / divisor);
    });
  }
  return xNorm;
}

/** One rolling average, new: `scal_cpu`, then `axpy_cpu`, whose factors are floats. */
export function rolled({ keeps, convention }: Variant, old: Reals, batch: Reals, { round, array }: Precision): Reals {
  const [kept, taken] = [round(keeps), round(Number(convention.momentum))];
  return array(old.length).map((_, c) => round(round(old[c]! * kept) + round(taken * batch[c]!)));
}

/** y = x̂·scale + bias, rounded after each: `scale_bias`, then `add_bias`. */
export function scaledAndShifted(
  xNorm: Reals,
  scales: Reals,
  biases: Reals,
  geometry: Geometry,
  { round, array }: Precision,
): Reals {
  const y = array(xNorm.length);
  for (let c = 0; c < geometry.c; c++) {
    visitChannel(geometry, c, (i) => {
      y[i] = round(round(xNorm[i]! * scales[c]!) + biases[c]!);
    });
  }
  return y;
}

/**
 * `forward_batchnorm_layer` in training, x [N,C,positions] → y and what the layer keeps of it for its backward pass.
 * The rolling averages are `rolled`.
 */
export function forwardTraining(
  variant: Variant,
  { x, scales, biases }: { readonly x: Reals; readonly scales: Reals; readonly biases: Reals },
  geometry: Geometry,
  precision: Precision,
): Statistics & { readonly y: Reals; readonly xNorm: Reals } {
  const mean = batchMean(x, geometry, precision);
  const variance = batchVariance(x, mean, geometry, precision);
  const xNorm = normalize(variant, x, { mean, variance }, geometry, precision);
  return { y: scaledAndShifted(xNorm, scales, biases, geometry, precision), mean, variance, xNorm };
}
