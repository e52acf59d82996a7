import {
  checkProblem,
  conventionNamed,
  dtypes,
  elementsOf,
  type Problem,
  ProblemError,
  ShapeError,
} from '@normgauge/contract';
import { mean } from './float64.ts';
import type { ExactRunningStatistics } from './runningStatistics.ts';
import { batchStatistics, divideBy } from './statistics.ts';
import { channelTensor, gather, indicesOf } from './tensors.ts';

/**
 * The statistics with which the paper infers, from batches of one size:
 *
 *     E[x] = mean over batches of μ      Var[x] = m/(m−1) · mean over batches of σ²      σ² = Σ(x−μ)²/m
 *
 * batches: each x, [N,C,…] in the layout given → runningMean and runningVar, [C], float64: by these names they go into
 * `inference` and `foldInference`. The same as forward-training in the convention `paper` over these batches one after
 * another, from batchesTracked 0.
 *
 * Ioffe & Szegedy 2015, Algorithm 2, lines 8 to 10, arXiv:1502.03167.
 *
 * @throws {ProblemError} when there is no batch, or m = 1, where m/(m−1) is undefined
 * @throws {ShapeError} when a batch has another number of elements
 */
export function populationStatistics(
  { shape, layout }: Pick<Problem, 'shape' | 'layout'>,
  batches: readonly ArrayLike<number>[],
): ExactRunningStatistics {
  const convention = conventionNamed('paper')!;
  const problem: Problem = { op: 'forward-training', shape, layout, dtype: 'f32', affine: false, convention };
  checkProblem(problem, dtypes);
  if (batches.length === 0) throw new ProblemError('batches', 'at least one', 'none');
  for (const x of batches) {
    const length = elementsOf(shape);
    if (x.length !== length) throw new ShapeError('x', `batches of ${length} elements`, `${x.length} elements`);
  }

  const runningMean = channelTensor(problem);
  const runningVar = channelTensor(problem);
  for (let c = 0; c < shape.c; c++) {
    const channel = indicesOf(problem, c);
    const statistics = batches.map((x) => batchStatistics(gather(x, channel)));
    runningMean[c] = mean(statistics.map((batch) => batch.mean));
    runningVar[c] = mean(statistics.map((batch) => divideBy('m-1', batch, convention)));
  }
  return { runningMean, runningVar };
}
