import type { Problem } from '@normgauge/contract';
import { invStdOf } from './statistics.ts';
import { checked, type ExactInference, fullTensor, indicesOf, type RealTensors } from './tensors.ts';

/**
 * BatchNorm with the running statistics, which are constants here:
 *
 *     y = gamma·(x−runningMean)·invStd + beta      invStd from runningVar, as the convention says
 *
 * x [N,C,…], gamma and beta [C] when affine, runningMean and runningVar [C] → y [N,C,…]; float64, in a new array.
 * The divisors have no part in it: runningVar is taken as it is.
 *
 * Ioffe & Szegedy 2015, Algorithm 2, line 11, arXiv:1502.03167.
 *
 * @throws {ProblemError} when the problem has no meaning
 * @throws {ShapeError} when an input is absent or of another length
 */
export function inference(problem: Problem, inputs: RealTensors): ExactInference {
  const { shape, convention } = checked('inference', problem, inputs);
  const x = inputs.x!;
  const y = fullTensor(problem);

  for (let c = 0; c < shape.c; c++) {
    const mean = inputs.runningMean![c]!;
    const invStd = invStdOf(inputs.runningVar![c]!, convention);
    const gamma = problem.affine ? inputs.gamma![c]! : 1;
    const beta = problem.affine ? inputs.beta![c]! : 0;
    for (const at of indicesOf(problem, c)) y[at] = gamma * ((x[at]! - mean) * invStd) + beta;
  }
  return { y };
}
