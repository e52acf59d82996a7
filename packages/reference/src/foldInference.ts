import { type Convention, ShapeError, type TensorName } from '@normgauge/contract';
import type { RunningStatistics } from './runningStatistics.ts';
import { invStdOf } from './statistics.ts';

/** What inference needs to know of one layer, [C] each; without gamma and beta they are 1 and 0. */
export interface InferenceLayer extends RunningStatistics {
  readonly convention: Convention;
  readonly gamma?: ArrayLike<number>;
  readonly beta?: ArrayLike<number>;
}

/** y = a·x + b, one map a channel, [C] each, float64. */
export interface FoldedInference {
  readonly a: Float64Array;
  readonly b: Float64Array;
}

/**
 * Inference as one affine map a channel, for the weights of the layer before it or for a runtime without BatchNorm:
 *
 *     a = gamma·invStd      b = beta − a·runningMean      invStd from runningVar, with eps where the convention puts it
 *
 * In exact arithmetic a·x + b is what `inference` gives. In floating point a·x and b cancel where x is near a mean that is
 * large beside σ: the error is u·|a·runningMean| and not u·|y|. (`affine: 'folded'` of a backend's declaration.)
 *
 * Ioffe & Szegedy 2015, Algorithm 2, line 11, arXiv:1502.03167.
 *
 * @throws {ShapeError} when two of the tensors differ in length
 */
export function foldInference({ convention, gamma, beta, runningMean, runningVar }: InferenceLayer): FoldedInference {
  const c = runningMean.length;
  const given: readonly (readonly [TensorName, ArrayLike<number> | undefined])[] = [
    ['runningVar', runningVar],
    ['gamma', gamma],
    ['beta', beta],
  ];
  for (const [name, tensor] of given) {
    if (tensor && tensor.length !== c) throw new ShapeError(name, `${c} elements [C]`, `${tensor.length} elements`);
  }
  const a = Float64Array.from(runningVar, (variance, k) => (gamma?.[k] ?? 1) * invStdOf(variance, convention));
  return { a, b: a.map((factor, k) => (beta?.[k] ?? 0) - factor * runningMean[k]!) };
}
