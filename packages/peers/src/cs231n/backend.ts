import type { Kernels, Problem } from '@normgauge/contract';
import { otherConvention } from '../listing.ts';
import { asFloat32, single } from '../precision.ts';
import { batchnormBackward } from './backward.ts';
import { batchnormForwardTest, batchnormForwardTrain } from './forward.ts';
import type { Matrix } from './rows.ts';

/** What the listing decides; eps and momentum are in its `bn_param`, so the caller's. */
const convention = { epsPlacement: 'inside-sqrt', normalizeDivisor: 'm', runningDivisor: 'm' } as const;

function supports(problem: Problem): true | string {
  const { op, shape, affine } = problem;
  if (shape.spatial.length > 0) return 'takes (N, D) arrays only, without spatial axes';
  if (!affine) return 'always takes gamma and beta';
  if (op === 'forward-training' && problem.convention.momentum === 'cumulative') {
    return 'takes a number for momentum, no cumulative average';
  }
  return otherConvention(convention, problem) ?? true;
}

const sizeOf = ({ shape }: Problem): Matrix => ({ n: shape.n, d: shape.c });

/**
 * CS231n's listing in float32: numpy keeps the type of its arrays, float32 arrays meet Python scalars as float32, and
 * float32 is what the contract's tensors are and what the course's own `FullyConnectedNet` casts to by default.
 * Shapes are trusted here: `fromFunctions` has checked them.
 */
export const cs231nKernels: Kernels = {
  id: 'cs231n',
  version: '2019',
  supports,

  forwardTraining({ x, gamma, beta, runningMean, runningVar }, problem) {
    const { eps, momentum } = problem.convention;
    const bnParam = { eps, momentum: 1 - Number(momentum), runningMean, runningVar };
    const result = batchnormForwardTrain(x, gamma!, beta!, bnParam, sizeOf(problem), single);
    return {
      y: asFloat32(result.out),
      mean: asFloat32(result.mean),
      invStd: asFloat32(result.ivar),
      runningMean: asFloat32(result.runningMean),
      runningVar: asFloat32(result.runningVar),
    };
  },

  inference({ x, gamma, beta, runningMean, runningVar }, problem) {
    const bnParam = { eps: problem.convention.eps, runningMean, runningVar };
    return { y: asFloat32(batchnormForwardTest(x, gamma!, beta!, bnParam, sizeOf(problem), single)) };
  },

  /** The saved invStd is the graph's ivar, and std is its reciprocal: nothing has to be recovered with an eps. */
  backward({ x, dy, gamma, mean, invStd }, problem) {
    const { c } = problem.shape;
    const xmu = x.map((value, i) => value - mean[i % c]!);
    const { dx, dgamma, dbeta } = batchnormBackward(dy, { xmu, ivar: invStd, gamma: gamma! }, sizeOf(problem), single);
    return { dx: asFloat32(dx), dGamma: asFloat32(dgamma), dBeta: asFloat32(dbeta) };
  },
};
