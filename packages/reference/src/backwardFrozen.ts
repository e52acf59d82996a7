import type { Problem } from '@normgauge/contract';
import { sum } from './float64.ts';
import { invStdOf } from './statistics.ts';
import {
  channelTensor,
  checked,
  type ExactGradients,
  fullTensor,
  gather,
  indicesOf,
  type RealTensors,
} from './tensors.ts';

/**
 * The gradient of inference: the running statistics do not depend on x, so nothing flows through them.
 *
 *     dx = gamma·invStd·dy      dBeta = Σdy      dGamma = Σdy·(x−runningMean)·invStd
 *
 * x and dy [N,C,…], gamma [C] when affine, runningMean and runningVar [C] → dx [N,C,…], dGamma and dBeta [C] when
 * affine; float64, in new arrays.
 *
 * @throws {ProblemError} when the problem has no meaning
 * @throws {ShapeError} when an input is absent or of another length
 */
export function backwardFrozen(problem: Problem, inputs: RealTensors): ExactGradients {
  const { shape, convention, affine } = checked('backward-frozen', problem, inputs);
  const dx = fullTensor(problem);
  const dGamma = channelTensor(problem);
  const dBeta = channelTensor(problem);

  for (let c = 0; c < shape.c; c++) {
    const channel = indicesOf(problem, c);
    const mean = inputs.runningMean![c]!;
    const invStd = invStdOf(inputs.runningVar![c]!, convention);
    const gamma = affine ? inputs.gamma![c]! : 1;

    const dy = gather(inputs.dy!, channel);
    const xHat = gather(inputs.x!, channel).map((x) => (x - mean) * invStd);
    channel.forEach((at, i) => {
      dx[at] = gamma * invStd * dy[i]!;
    });
    dGamma[c] = sum(dy.map((g, i) => g * xHat[i]!));
    dBeta[c] = sum(dy);
  }
  return affine ? { dx, dGamma, dBeta } : { dx };
}
