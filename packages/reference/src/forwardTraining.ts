import { momentumWeight, type Problem } from '@normgauge/contract';
import { batchStatistics, divideBy, invStdOf } from './statistics.ts';
import {
  channelTensor,
  checked,
  type ExactForwardTraining,
  fullTensor,
  gather,
  indicesOf,
  type RealTensors,
} from './tensors.ts';

/**
 * BatchNorm with the batch's own statistics, channel by channel:
 *
 *     μ = Σx/m      σ² = Σ(x−μ)²/d      invStd = 1/√(σ²+eps)  or  1/(√σ²+eps)
 *     y = gamma·(x−μ)·invStd + beta
 *     running ← (1−w)·running + w·statistic
 *
 * x [N,C,…], gamma and beta [C] when affine, runningMean and runningVar [C], batchesTracked [1] when momentum is
 * cumulative → y [N,C,…], mean, invStd, runningMean, runningVar [C]; float64, in new arrays.
 * d, w and the place of eps are the convention's. A NaN or an infinity goes where IEEE 754 sends it, within its channel.
 *
 * Ioffe & Szegedy 2015, Algorithm 1, arXiv:1502.03167.
 *
 * @throws {ProblemError} when the problem has no meaning
 * @throws {ShapeError} when an input is absent or of another length
 */
export function forwardTraining(problem: Problem, inputs: RealTensors): ExactForwardTraining {
  const { shape, convention } = checked('forward-training', problem, inputs);
  const y = fullTensor(problem);
  const mean = channelTensor(problem);
  const invStd = channelTensor(problem);
  const runningMean = channelTensor(problem);
  const runningVar = channelTensor(problem);
  const w = momentumWeight(convention, inputs.batchesTracked?.[0] ?? 0);

  for (let c = 0; c < shape.c; c++) {
    const channel = indicesOf(problem, c);
    const statistics = batchStatistics(gather(inputs.x!, channel));
    const r = invStdOf(divideBy(convention.normalizeDivisor, statistics, convention), convention);
    const gamma = problem.affine ? inputs.gamma![c]! : 1;
    const beta = problem.affine ? inputs.beta![c]! : 0;

    channel.forEach((at, i) => {
      y[at] = gamma * (statistics.deviations[i]! * r) + beta;
    });
    mean[c] = statistics.mean;
    invStd[c] = r;
    runningMean[c] = (1 - w) * inputs.runningMean![c]! + w * statistics.mean;
    runningVar[c] = (1 - w) * inputs.runningVar![c]! + w * divideBy(convention.runningDivisor, statistics, convention);
  }
  return { y, mean, invStd, runningMean, runningVar };
}
