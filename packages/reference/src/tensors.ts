import {
  checkProblem,
  dtypes,
  elementsOf,
  inputsOf,
  type Op,
  type Problem,
  positionsOf,
  ShapeError,
  stridesOf,
  type TensorName,
} from '@normgauge/contract';

/** Tensors by contract name, any numeric array (Float32Array, Float64Array). */
export type RealTensors = { readonly [name in TensorName]?: ArrayLike<number> };

/** Tensors by contract name in float64. */
export type ExactTensors = { readonly [name in TensorName]?: Float64Array };

/** y [N,C,…]; mean, invStd, runningMean and runningVar [C]; float64. */
export interface ExactForwardTraining {
  readonly y: Float64Array;
  readonly mean: Float64Array;
  readonly invStd: Float64Array;
  readonly runningMean: Float64Array;
  readonly runningVar: Float64Array;
}

/** y [N,C,…], float64. */
export interface ExactInference {
  readonly y: Float64Array;
}

/** dx [N,C,…]; dGamma and dBeta [C] when affine; float64. */
export interface ExactGradients {
  readonly dx: Float64Array;
  readonly dGamma?: Float64Array;
  readonly dBeta?: Float64Array;
}

/**
 * The problem as `op`, once it has a meaning and the inputs of that op are all there. Tensors that are not inputs of
 * this op are not read.
 *
 * @throws {ProblemError} as `checkProblem` does
 * @throws {ShapeError} naming the first input that is absent or of another length
 */
export function checked(op: Op, problem: Problem, inputs: RealTensors): Problem {
  const asked = { ...problem, op };
  checkProblem(asked, dtypes);
  for (const { name, length } of inputsOf(asked)) {
    const tensor = inputs[name];
    if (tensor === undefined) throw new ShapeError(name, `${length} elements`, 'nothing');
    if (tensor.length !== length) throw new ShapeError(name, `${length} elements`, `${tensor.length} elements`);
  }
  return asked;
}

/** Zeros of the size of x. */
export function fullTensor({ shape }: Problem): Float64Array {
  return new Float64Array(elementsOf(shape));
}

/** Zeros, one a channel. */
export function channelTensor({ shape }: Problem): Float64Array {
  return new Float64Array(shape.c);
}

/** Where the elements of channel c lie in a full tensor: m indices, sample by sample. */
export function indicesOf({ shape, layout }: Problem, c: number): number[] {
  const { batchStride, channelStride, positionStride } = stridesOf(shape, layout);
  const indices: number[] = [];
  for (let n = 0; n < shape.n; n++) {
    const start = n * batchStride + c * channelStride;
    for (let s = 0; s < positionsOf(shape); s++) indices.push(start + s * positionStride);
  }
  return indices;
}

/** The elements at these indices, as the plain array that mathjs wants. */
export function gather(tensor: ArrayLike<number>, indices: readonly number[]): number[] {
  return indices.map((i) => tensor[i]!);
}
