import { elementsOf, type Op, type Problem } from './problem.ts';

/** Every tensor of the contract, by the name the field gives it. */
export type TensorName =
  | 'x'
  | 'y'
  | 'dx'
  | 'dy'
  | 'gamma'
  | 'beta'
  | 'dGamma'
  | 'dBeta'
  | 'mean'
  | 'invStd'
  | 'runningMean'
  | 'runningVar'
  | 'batchesTracked';

/**
 * Tensors by name. Which are present, and how long, `inputsOf` and `outputsOf` say. All are Float32Array; x, y, dy and dx of a problem of
 * dtype `f16` hold values of binary16 only, rounded to nearest, ties to even.
 */
export type Tensors = { readonly [name in TensorName]?: Float32Array };

/** `full` is [N, C, spatial…] in the problem's layout; `channel` is [C]; `scalar` is [1]. */
export type Extent = 'full' | 'channel' | 'scalar';

export interface TensorSlot {
  readonly name: TensorName;
  readonly extent: Extent;
  /** Elements. */
  readonly length: number;
}

/** x [N,C,…], gamma and beta [C] when affine, runningMean and runningVar [C], batchesTracked [1] when momentum is cumulative. */
export interface ForwardTrainingInputs {
  readonly x: Float32Array;
  readonly gamma?: Float32Array;
  readonly beta?: Float32Array;
  readonly runningMean: Float32Array;
  readonly runningVar: Float32Array;
  /** How many batches the running statistics already hold, a whole number as a float. */
  readonly batchesTracked?: Float32Array;
}

/** y [N,C,…]; mean and invStd [C] are what backward needs again; runningMean and runningVar [C] are the updated ones. */
export interface ForwardTrainingOutputs {
  readonly y: Float32Array;
  readonly mean: Float32Array;
  readonly invStd: Float32Array;
  readonly runningMean: Float32Array;
  readonly runningVar: Float32Array;
}

/** x [N,C,…], gamma and beta [C] when affine, runningMean and runningVar [C]. */
export interface InferenceInputs {
  readonly x: Float32Array;
  readonly gamma?: Float32Array;
  readonly beta?: Float32Array;
  readonly runningMean: Float32Array;
  readonly runningVar: Float32Array;
}

/** y [N,C,…]. */
export interface InferenceOutputs {
  readonly y: Float32Array;
}

/** x and dy [N,C,…], gamma [C] when affine; mean and invStd [C] as forward-training saved them. */
export interface BackwardInputs {
  readonly x: Float32Array;
  readonly dy: Float32Array;
  readonly gamma?: Float32Array;
  readonly mean: Float32Array;
  readonly invStd: Float32Array;
}

/** x and dy [N,C,…], gamma [C] when affine; runningMean and runningVar [C], constants here. */
export interface BackwardFrozenInputs {
  readonly x: Float32Array;
  readonly dy: Float32Array;
  readonly gamma?: Float32Array;
  readonly runningMean: Float32Array;
  readonly runningVar: Float32Array;
}

/** dx [N,C,…]; dGamma and dBeta [C] when affine. */
export interface BackwardOutputs {
  readonly dx: Float32Array;
  readonly dGamma?: Float32Array;
  readonly dBeta?: Float32Array;
}

type SlotList = readonly (readonly [TensorName, Extent])[];

const affineForward: SlotList = [
  ['gamma', 'channel'],
  ['beta', 'channel'],
];
const running: SlotList = [
  ['runningMean', 'channel'],
  ['runningVar', 'channel'],
];
const saved: SlotList = [
  ['mean', 'channel'],
  ['invStd', 'channel'],
];
const gradientsOfAffine: SlotList = [
  ['dGamma', 'channel'],
  ['dBeta', 'channel'],
];

function inputList({ op, affine, convention }: Problem): SlotList {
  const forward: SlotList = [['x', 'full'], ...(affine ? affineForward : []), ...running];
  const backward: SlotList = [['x', 'full'], ['dy', 'full'], ...(affine ? affineForward.slice(0, 1) : [])];
  switch (op) {
    case 'forward-training':
      return convention.momentum === 'cumulative' ? [...forward, ['batchesTracked', 'scalar']] : forward;
    case 'inference':
      return forward;
    case 'backward':
      return [...backward, ...saved];
    case 'backward-frozen':
      return [...backward, ...running];
  }
}

function outputList(op: Op, affine: boolean): SlotList {
  switch (op) {
    case 'forward-training':
      return [['y', 'full'], ...saved, ...running];
    case 'inference':
      return [['y', 'full']];
    case 'backward':
    case 'backward-frozen':
      return [['dx', 'full'], ...(affine ? gradientsOfAffine : [])];
  }
}

function slotsFrom(list: SlotList, { shape }: Problem): readonly TensorSlot[] {
  const length = { full: elementsOf(shape), channel: shape.c, scalar: 1 };
  return list.map(([name, extent]) => ({ name, extent, length: length[extent] }));
}

/** The tensors this problem reads, in a fixed order. */
export function inputsOf(problem: Problem): readonly TensorSlot[] {
  return slotsFrom(inputList(problem), problem);
}

/** The tensors this problem writes, in a fixed order. */
export function outputsOf(problem: Problem): readonly TensorSlot[] {
  return slotsFrom(outputList(problem.op, problem.affine), problem);
}
