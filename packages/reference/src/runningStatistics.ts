import { type Convention, divisorOf, ProblemError } from '@normgauge/contract';
import { sqrt } from './float64.ts';

/** Running statistics of one layer, [C], any numeric array. */
export interface RunningStatistics {
  readonly runningMean: ArrayLike<number>;
  readonly runningVar: ArrayLike<number>;
}

/** Running statistics of one layer, [C], float64. */
export interface ExactRunningStatistics {
  readonly runningMean: Float64Array;
  readonly runningVar: Float64Array;
}

/** Two conventions. `{ ...row, eps: 1e-5 }` is a row with an eps of your own. */
export interface Conversion {
  readonly from: Convention;
  readonly to: Convention;
}

/**
 * The running statistics that `to` would hold after the training that gave `from` these:
 *
 *     runningVar · d_from(m)/d_to(m)      d = m or m−1, the convention's runningDivisor; the mean is the same in both
 *
 * Exact where every batch had the same m and the first value of the running variance has worn off. What no factor makes
 * good, and what is therefore left alone:
 *
 * - a first value (1 in PyTorch and Keras, 0 in Darknet) is no batch's variance; after k batches it still weighs (1−w)^k;
 * - batches of another size, as the last one of an epoch, have a factor of their own;
 * - another momentum weighs the batches differently: the averages themselves differ, not by a factor;
 * - eps and its place are not in the statistics. Where `to` cannot take over those of `from`, its outputs differ; then
 *   `matchInference` or `foldInference` keeps them.
 *
 * In inference a variance is used as it stands. So the same y comes from the variance as it is with the same eps, not from
 * the converted one, which gives what `to` itself would have given after such a training.
 *
 * @param m elements per channel and batch during that training: N·(product of the spatial sizes)
 * @throws {ProblemError} when m is no whole number ≥ 1, or one divisor is 0 and the other is not
 */
export function convertRunningStatistics({
  from,
  to,
  m,
  runningMean,
  runningVar,
}: Conversion & RunningStatistics & { readonly m: number }): ExactRunningStatistics {
  if (!Number.isSafeInteger(m) || m < 1) throw new ProblemError('m', 'a whole number ≥ 1', String(m));
  const divided = divisorOf(from.runningDivisor, m, from.singleElement);
  const divides = divisorOf(to.runningDivisor, m, to.singleElement);
  if (divided !== divides && divided * divides === 0) {
    throw new ProblemError('m', 'more than one element per channel, since one convention divides by m−1', String(m));
  }
  const factor = divided === divides ? 1 : divided / divides;
  return {
    runningMean: Float64Array.from(runningMean),
    runningVar: Float64Array.from(runningVar, (variance) => variance * factor),
  };
}

/**
 * The running variance with which `to` infers what `from` infers with this one: the same invStd from another eps in
 * another place. With s = √(v+eps) or √v+eps of `from`:
 *
 *     v′ = s² − eps′      inside the root
 *     v′ = (s − eps′)²    outside
 *
 * [C] → [C], float64. Mean, gamma and beta stay as they are. For inference only: trained further, the variance is that of no
 * batch. Where the root of `to` is at least √eps′ (or eps′) whatever the variance, and s is smaller, there is no such v′.
 *
 * @throws {ProblemError} naming the first channel that has no such variance
 */
export function matchInference({
  from,
  to,
  runningVar,
}: Conversion & Pick<RunningStatistics, 'runningVar'>): Float64Array {
  return Float64Array.from(runningVar, (variance, c) => {
    const matched =
      to.epsPlacement === 'inside-sqrt' ? squareOf(variance, from) - to.eps : rootOf(variance, from) - to.eps;
    if (matched < 0) {
      const least = to.epsPlacement === 'inside-sqrt' ? sqrt(to.eps) : to.eps;
      throw new ProblemError(
        `runningVar[${c}]`,
        `1/invStd of at least ${least}, the least that eps ${to.eps} leaves`,
        `${rootOf(variance, from)}`,
      );
    }
    return to.epsPlacement === 'inside-sqrt' ? matched : matched ** 2;
  });
}

/** 1/invStd. */
function rootOf(variance: number, { eps, epsPlacement }: Convention): number {
  return epsPlacement === 'inside-sqrt' ? sqrt(variance + eps) : sqrt(variance) + eps;
}

/** 1/invStd², without a root where there is none. */
function squareOf(variance: number, convention: Convention): number {
  return convention.epsPlacement === 'inside-sqrt' ? variance + convention.eps : rootOf(variance, convention) ** 2;
}
