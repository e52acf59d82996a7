import type { Op, Problem, TensorName } from '@normgauge/contract';
import type { Tensor, TensorFlow } from './api.ts';
import { type Axes, axesOf } from './axes.ts';

/** Tensors of the library by the contract's names. */
export type TensorsOfTf = { readonly [name in TensorName]?: Tensor };

interface Scope {
  readonly tf: TensorFlow;
  readonly problem: Problem;
  readonly axes: Axes;
}

type Operation = (scope: Scope, inputs: TensorsOfTf) => TensorsOfTf;

function channelsLast({ tf, axes: { transposition } }: Scope, x: Tensor): Tensor {
  return transposition ? tf.transpose(x, transposition.toLast) : x;
}

function asGiven({ tf, axes: { transposition } }: Scope, y: Tensor): Tensor {
  return transposition ? tf.transpose(y, transposition.back) : y;
}

function inference(scope: Scope, { x, gamma, beta, runningMean, runningVar }: TensorsOfTf): TensorsOfTf {
  const { tf, problem } = scope;
  const last = channelsLast(scope, x!);
  return { y: asGiven(scope, tf.batchNorm(last, runningMean!, runningVar!, beta, gamma, problem.convention.eps)) };
}

/**
 * As tfjs-layers 4.22.0 trains: dist/layers/normalization.js, `regularNormalizeBatchInTraining` and `doMovingAverage`,
 * which takes the variance over m and writes v − (v − value)·decay with decay = 1 − its momentum = w.
 */
function forwardTraining(scope: Scope, inputs: TensorsOfTf): TensorsOfTf {
  const { tf, problem, axes } = scope;
  const { eps, momentum } = problem.convention;
  const decay = momentum as number;
  const last = channelsLast(scope, inputs.x!);
  const { mean, variance } = tf.moments(last, axes.reduced);
  const moved = (value: Tensor, batch: Tensor): Tensor => tf.sub(value, tf.mul(tf.sub(value, batch), decay));
  return {
    y: asGiven(scope, tf.batchNorm(last, mean, variance, inputs.beta, inputs.gamma, eps)),
    mean,
    invStd: tf.rsqrt(tf.add(variance, eps)),
    runningMean: moved(inputs.runningMean!, mean),
    runningVar: moved(inputs.runningVar!, variance),
  };
}

/** Gradients of `forward` by x and, when affine, by gamma and beta. beta has no influence on them and is 0. */
function gradients(
  { tf, problem }: Scope,
  { x, dy, gamma }: TensorsOfTf,
  forward: (x: Tensor, gamma?: Tensor, beta?: Tensor) => Tensor,
): TensorsOfTf {
  if (gamma === undefined) return { dx: tf.grads((at) => forward(at!))([x!], dy!)[0]! };
  const beta = tf.zeros([problem.shape.c]);
  const [dx, dGamma, dBeta] = tf.grads((at, scale, offset) => forward(at!, scale, offset))([x!, gamma, beta], dy!);
  return { dx: dx!, dGamma: dGamma!, dBeta: dBeta! };
}

/** The library's own differentiation of moments and batchNorm: mean and invStd are computed anew, not taken as saved. */
function backward(scope: Scope, inputs: TensorsOfTf): TensorsOfTf {
  const { tf, problem, axes } = scope;
  return gradients(scope, inputs, (x, gamma, beta) => {
    const last = channelsLast(scope, x);
    const { mean, variance } = tf.moments(last, axes.reduced);
    return asGiven(scope, tf.batchNorm(last, mean, variance, beta, gamma, problem.convention.eps));
  });
}

function backwardFrozen(scope: Scope, inputs: TensorsOfTf): TensorsOfTf {
  const { runningMean, runningVar } = inputs;
  return gradients(
    scope,
    inputs,
    (x, gamma, beta) => inference(scope, { x, gamma, beta, runningMean, runningVar } as TensorsOfTf).y!,
  );
}

const operations: Readonly<Record<Op, Operation>> = {
  'forward-training': forwardTraining,
  inference,
  backward,
  'backward-frozen': backwardFrozen,
};

/** The outputs of a problem, as a function of its inputs; what is made in between is disposed of. */
export function operationOf(tf: TensorFlow, problem: Problem): (inputs: TensorsOfTf) => TensorsOfTf {
  const scope: Scope = { tf, problem, axes: axesOf(problem) };
  const operation = operations[problem.op];
  return (inputs) => tf.tidy(() => operation(scope, inputs));
}
