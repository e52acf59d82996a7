import type { Precision, Reals } from '../precision.ts';
import { addedRows, type Matrix, onRows } from './rows.ts';

/** What `bn_param` holds: eps, the weight of the OLD running statistics, and those, [D]. */
export interface BnParam {
  readonly eps: number;
  readonly momentum: number;
  readonly runningMean: Reals;
  readonly runningVar: Reals;
}

/**
 * `batchnorm_forward` in mode 'train' on x (N, D), as the docstring of CS231n's assignment says, step by step through the
 * course's computation graph. Every step is one numpy operation on float32 arrays, rounded element by element:
 *
 *     mean = Σx/N   xmu = x−mean   var = Σxmu²/N   std = √(var+eps)   ivar = 1/std   x̂ = xmu·ivar   out = gamma·x̂ + beta
 *     running ← momentum·running + (1−momentum)·statistic
 */
export function batchnormForwardTrain(
  x: Reals,
  gamma: Reals,
  beta: Reals,
  { eps, momentum, runningMean, runningVar }: BnParam,
  size: Matrix,
  precision: Precision,
): { out: Reals; mean: Reals; ivar: Reals; runningMean: Reals; runningVar: Reals } {
  const { round } = precision;
  const mean = addedRows(x, size, precision).map((sum) => round(sum / size.n));
  const xmu = onRows(x, size, precision, (value, d) => value - mean[d]!);
  const squares = xmu.map((value) => round(value * value));
  const variance = addedRows(squares, size, precision).map((sum) => round(sum / size.n));
  const ivar = variance.map((value) => round(1 / round(Math.sqrt(round(value + round(eps))))));
  const xHat = onRows(xmu, size, precision, (value, d) => value * ivar[d]!);
  const update = (old: Reals, statistic: Reals): Reals =>
    old.map((value, d) => round(round(round(momentum) * value) + round(round(1 - momentum) * statistic[d]!)));
  return {
    out: onRows(xHat, size, precision, (value, d) => round(gamma[d]! * value) + beta[d]!),
    mean,
    ivar,
    runningMean: update(runningMean, mean),
    runningVar: update(runningVar, variance),
  };
}

/** `batchnorm_forward` in mode 'test' on x (N, D): the same with the running statistics, which stay as they are. */
export function batchnormForwardTest(
  x: Reals,
  gamma: Reals,
  beta: Reals,
  { eps, runningMean, runningVar }: Omit<BnParam, 'momentum'>,
  size: Matrix,
  precision: Precision,
): Reals {
  const { round } = precision;
  const std = runningVar.map((value) => round(Math.sqrt(round(value + round(eps)))));
  const xHat = onRows(x, size, precision, (value, d) => round(value - runningMean[d]!) / std[d]!);
  return onRows(xHat, size, precision, (value, d) => round(gamma[d]! * value) + beta[d]!);
}
