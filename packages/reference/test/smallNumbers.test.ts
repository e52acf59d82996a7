import { describe, expect, it } from 'vitest';
import { backward } from '../src/backward.ts';
import { backwardFrozen } from '../src/backwardFrozen.ts';
import { forwardTraining } from '../src/forwardTraining.ts';
import { inference } from '../src/inference.ts';
import { problemOf } from './problems.ts';

const one = { n: 4, c: 1, spatial: [] };
const close = (actual: Float64Array | undefined, expected: readonly number[]): void => {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    expect(actual![i]).toBeCloseTo(value, 14);
  });
};

describe('forward-training, worked out by hand', () => {
  const channel = { runningMean: [10], runningVar: [20], gamma: [3], beta: [0.5] };

  it('divides by m with eps inside the root: μ 1, σ² 5, √(5+4) = 3', () => {
    const problem = problemOf({ shape: one }, { eps: 4, momentum: 0.1 });
    const { y, mean, invStd, runningMean, runningVar } = forwardTraining(problem, { x: [-2, 0, 2, 4], ...channel });
    close(y, [-2.5, -0.5, 1.5, 3.5]);
    close(mean, [1]);
    close(invStd, [1 / 3]);
    close(runningMean, [9.1]);
    close(runningVar, [18 + 20 / 30]);
  });

  it('divides by m−1 with eps outside the root: μ 2, σ² 12/3, 2+2 = 4', () => {
    const problem = problemOf(
      { shape: one },
      { eps: 2, epsPlacement: 'outside-sqrt', normalizeDivisor: 'm-1', runningDivisor: 'm', momentum: 0.5 },
    );
    const { y, invStd, runningMean, runningVar } = forwardTraining(problem, { x: [1, 1, 1, 5], ...channel });
    close(y, [-0.25, -0.25, -0.25, 2.75]);
    close(invStd, [0.25]);
    close(runningMean, [6]);
    close(runningVar, [11.5]);
  });

  it('gives the fourth batch a quarter of a cumulative average', () => {
    const problem = problemOf({ shape: one }, { momentum: 'cumulative', runningDivisor: 'm' });
    const inputs = { x: [-2, 0, 2, 4], ...channel, batchesTracked: [3] };
    const { runningMean, runningVar } = forwardTraining(problem, inputs);
    close(runningMean, [7.75]);
    close(runningVar, [16.25]);
  });

  it('keeps the channels of nchw and nhwc apart', () => {
    const shape = { n: 1, c: 2, spatial: [2] };
    const given = { runningMean: [0, 0], runningVar: [1, 1] };
    const convention = { eps: 0 };
    const nchw = problemOf({ shape, affine: false, layout: 'nchw' }, convention);
    const nhwc = problemOf({ shape, affine: false, layout: 'nhwc' }, convention);
    expect(forwardTraining(nchw, { x: [1, 3, 10, 20], ...given }).mean).toEqual(Float64Array.of(2, 15));
    expect(forwardTraining(nhwc, { x: [1, 3, 10, 20], ...given }).mean).toEqual(Float64Array.of(5.5, 11.5));
    expect(forwardTraining(nhwc, { x: [1, 3, 10, 20], ...given }).y).toEqual(Float64Array.of(-1, -1, 1, 1));
  });
});

describe('inference and its gradient, worked out by hand', () => {
  const given = { x: [-1, 3, 7, 11], gamma: [3], beta: [1], runningMean: [3], runningVar: [4], dy: [1, 0, 2, -1] };

  it.each([
    { epsPlacement: 'inside-sqrt', eps: 12, y: [-2, 1, 4, 7], dx: [0.75, 0, 1.5, -0.75], dGamma: -1 },
    { epsPlacement: 'outside-sqrt', eps: 2, y: [-2, 1, 4, 7], dx: [0.75, 0, 1.5, -0.75], dGamma: -1 },
    { epsPlacement: 'outside-sqrt', eps: 0, y: [-5, 1, 7, 13], dx: [1.5, 0, 3, -1.5], dGamma: -2 },
  ] as const)('eps $eps $epsPlacement', ({ epsPlacement, eps, y, dx, dGamma }) => {
    const problem = problemOf({ shape: one }, { epsPlacement, eps });
    close(inference(problem, given).y, y);
    const gradients = backwardFrozen(problem, given);
    close(gradients.dx, dx);
    close(gradients.dGamma, [dGamma]);
    close(gradients.dBeta, [2]);
  });
});

describe('backward, worked out by hand', () => {
  it('inside the root: x̂ = ∓1, ∓1/3', () => {
    const problem = problemOf({ shape: one, op: 'backward' }, { eps: 4 });
    const inputs = { x: [-3, -1, 1, 3], dy: [1, 0, 0, 0], gamma: [18], mean: [0], invStd: [1 / 3] };
    const { dx, dGamma, dBeta } = backward(problem, inputs);
    close(dGamma, [-1]);
    close(dBeta, [1]);
    close(dx, [3, -2, -1, 0]);
  });

  it('outside the root, where q = 1 − 2/4', () => {
    const problem = problemOf({ shape: one, op: 'backward', affine: false }, { eps: 2, epsPlacement: 'outside-sqrt' });
    const gradients = backward(problem, { x: [-2, 2, -2, 2], dy: [1, 0, 0, 0], mean: [0], invStd: [0.25] });
    close(gradients.dx, [0.625 / 4, -0.125 / 4, -0.375 / 4, -0.125 / 4]);
    expect(Object.keys(gradients)).toEqual(['dx']);
  });

  it('leaves the variance term out where σ is 0 and eps is outside the root', () => {
    const problem = problemOf({ shape: one, op: 'backward' }, { eps: 0.5, epsPlacement: 'outside-sqrt' });
    const inputs = { x: [7, 7, 7, 7], dy: [1, 0, 0, 0], gamma: [2], mean: [7], invStd: [2] };
    close(backward(problem, inputs).dx, [3, -1, -1, -1]);
  });

  it('divides by max(m−1, 1) where a single element is guarded', () => {
    const problem = problemOf(
      { shape: { n: 1, c: 1, spatial: [] }, op: 'backward' },
      { normalizeDivisor: 'm-1', singleElement: 'guard' },
    );
    const { dx } = backward(problem, { x: [5], dy: [3], gamma: [2], mean: [4], invStd: [1] });
    close(dx, [-6]);
  });
});
