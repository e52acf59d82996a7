import {
  type Convention,
  type DType,
  divisorOf,
  elementsOf,
  elementsPerChannel,
  inputsOf,
  type Problem,
  positionsOf,
  stridesOf,
  type TensorName,
  type Tensors,
} from '@normgauge/contract';
import { f16round } from '@petamoriken/float16';
import { type ChannelContext, drawGradient } from './draws.ts';
import type { Fill } from './fills.ts';
import { between, seedOf, type Uniform, uniformFrom } from './random.ts';

/** Batches that the running statistics are said to hold already, where momentum is cumulative. */
const batchesTracked = 3;

/** Largest running variance that is drawn. */
const largestVariance = 1e37;

/** Mean and Σ(x−μ)²/m of one channel as it is stored; in float64. */
interface Moments {
  readonly mean: number;
  readonly variance: number;
}

function momentsOf(values: Float32Array): Moments {
  const { length } = values;
  // By index: an iterator over a typed array takes ten times as long, and millions of elements go through here.
  let sum = 0;
  for (let j = 0; j < length; j++) sum += values[j]!;
  const rough = sum / length;
  let residual = 0;
  for (let j = 0; j < length; j++) residual += values[j]! - rough;
  const mean = rough + residual / length;
  let squares = 0;
  for (let j = 0; j < length; j++) squares += (values[j]! - mean) ** 2;
  return { mean, variance: squares / length };
}

/** What forward-training would have saved, in float64: the input of backward, so any careful evaluation will do. */
function invStdOf({ variance }: Moments, m: number, convention: Convention): number {
  const sigma2 = (variance * m) / divisorOf(convention.normalizeDivisor, m, convention.singleElement);
  const { eps, epsPlacement } = convention;
  return epsPlacement === 'inside-sqrt' ? 1 / Math.sqrt(sigma2 + eps) : 1 / (Math.sqrt(sigma2) + eps);
}

/** The logical data of one channel, in the order of n, then position, as it is stored. */
function drawChannel(draw: (j: number) => number, m: number, { dtype }: Problem): Float32Array {
  const values = new Float32Array(m);
  for (let j = 0; j < m; j++) values[j] = draw(j);
  return asStored(dtype, values);
}

/** Values that are stored in this format: rounded in place to nearest, ties to even. */
function asStored(dtype: DType, values: Float32Array): Float32Array {
  if (dtype === 'f16') for (let j = 0; j < values.length; j++) values[j] = f16round(values[j]!);
  return values;
}

/** The inputs with x and dy as a backend stores them; the same object where that changes nothing. */
export function inputsAsStored({ dtype }: Problem, inputs: Tensors): Tensors {
  if (dtype === 'f32') return inputs;
  const { x, dy } = inputs;
  return { ...inputs, ...(x && { x: asStored(dtype, x.slice()) }), ...(dy && { dy: asStored(dtype, dy.slice()) }) };
}

function scatter(values: Float32Array, c: number, { shape, layout }: Problem, into: Float32Array): void {
  const positions = positionsOf(shape);
  const { batchStride, channelStride, positionStride } = stridesOf(shape, layout);
  for (let n = 0; n < shape.n; n++) {
    for (let s = 0; s < positions; s++) {
      into[n * batchStride + c * channelStride + s * positionStride] = values[n * positions + s]!;
    }
  }
}

function drawRunning(fill: Fill, moments: Moments, uniform: Uniform): Moments {
  if (fill.running) return fill.running;
  const around = Number.isFinite(moments.variance) ? moments : { mean: 0, variance: 1 };
  const variance = around.variance > 0 ? around.variance : 0.25;
  return {
    mean: around.mean + Math.sqrt(variance) * between(uniform, -0.5, 0.5),
    // A variance that float32 cannot hold would be infinite, and every result 0.
    variance: Math.min(variance, largestVariance) * between(uniform, 0.5, 1.5),
  };
}

/**
 * The inputs of one case. Every tensor and channel draws from a stream of its own, which depends on the seed, the fill,
 * the shape and the convention and not on the layout: the same logical data lies in nchw and in nhwc.
 *
 * @param seed any whole number; the same seed gives the same bits
 */
export function makeInputs(problem: Problem, fill: Fill, seed: number): Tensors {
  const { shape, convention } = problem;
  const m = elementsPerChannel(shape);
  const tensors: { [name in TensorName]?: Float32Array } = Object.fromEntries(
    inputsOf(problem).map(({ name, length }) => [name, new Float32Array(length)]),
  );
  const key = [seed, fill.name, shape.n, shape.c, ...shape.spatial] as const;
  const x = new Float32Array(elementsOf(shape));
  tensors.x = x;
  tensors.batchesTracked?.fill(batchesTracked);
  for (let c = 0; c < shape.c; c++) {
    const context = (tensor: string): ChannelContext => ({
      shape,
      convention,
      c,
      m,
      seed,
      uniform: uniformFrom(seedOf(...key, tensor, c)),
    });
    const values = drawChannel(fill.x(context('x')), m, problem);
    const moments = momentsOf(values);
    scatter(values, c, problem, x);
    if (tensors.dy) {
      scatter(drawChannel((fill.dy ?? drawGradient)(context('dy')), m, problem), c, problem, tensors.dy);
    }
    if (tensors.gamma) {
      tensors.gamma[c] = fill.gamma?.(context('gamma')) ?? between(context('gamma').uniform, 0.5, 1.5);
    }
    if (tensors.beta) tensors.beta[c] = fill.beta?.(context('beta')) ?? between(context('beta').uniform, -1, 1);
    if (tensors.runningMean && tensors.runningVar) {
      const running = drawRunning(fill, moments, context('running').uniform);
      tensors.runningMean[c] = running.mean;
      tensors.runningVar[c] = running.variance;
    }
    if (tensors.mean && tensors.invStd) {
      tensors.mean[c] = moments.mean;
      tensors.invStd[c] = invStdOf(moments, m, convention);
    }
  }
  return tensors;
}
