import {
  type Convention,
  checkProblem,
  inputsOf,
  type Layout,
  type Op,
  type Problem,
  ProblemError,
  type TensorName,
  type Tensors,
} from '@normgauge/contract';
import { type ExactTensors, forwardTraining, type RealTensors } from '@normgauge/reference';
import { parseConvention } from '../cases/conventionAddress.ts';
import { UsageError } from '../usageError.ts';
import { type FloatFormat, floatFormats, roundTo } from './floatFormat.ts';
import type { Mode, PublishedOutputs, VectorCase } from './format.ts';
import { placementOf } from './placement.ts';

/** One published output, and the contract's tensor that it is compared with. */
export interface PublishedTensor {
  /** As the file names it. */
  readonly field: keyof PublishedOutputs;
  readonly tensor: TensorName;
  /** In the published order. */
  readonly values: Float64Array;
}

/** A published case as a problem of the contract. */
export interface VectorProblem {
  readonly row: VectorCase;
  readonly problem: Problem;
  readonly format: FloatFormat;
  /** As a backend gets them. */
  readonly inputs: Tensors;
  /** As the reference gets them: saved statistics that were computed here are not rounded to float32. */
  readonly exactInputs: RealTensors;
  readonly published: readonly PublishedTensor[];
  /** Where element i of a published full tensor lies in the problem's; absent where they lie alike. */
  readonly order?: Uint32Array;
}

const opOf: { readonly [mode in Mode]: Op } = {
  inference: 'inference',
  training: 'forward-training',
  backward: 'backward',
  'backward-frozen': 'backward-frozen',
};

const tensorOf: { readonly [field in keyof PublishedOutputs]-?: TensorName } = {
  y: 'y',
  running_mean: 'runningMean',
  running_var: 'runningVar',
  batch_mean: 'mean',
  batch_var: 'invStd',
  inv_std: 'invStd',
  dx: 'dx',
  dgamma: 'dGamma',
  dbeta: 'dBeta',
};

/** Without a convention of its own a case means eps inside the root, ÷ m everywhere; momentum is then not looked at. */
const plain: Convention = {
  eps: 0,
  epsPlacement: 'inside-sqrt',
  normalizeDivisor: 'm',
  runningDivisor: 'm',
  momentum: 0,
  singleElement: 'nan',
};

function conventionOf(row: VectorCase): Convention {
  const named = row.convention === undefined ? plain : parseConvention(row.convention);
  const { momentum, momentum_convention, running_variance_divisor: divisor } = row;
  const weightOfOld = /^weight of OLD/.test(momentum_convention ?? '');
  return {
    eps: row.epsilon,
    epsPlacement: named.epsPlacement,
    normalizeDivisor: named.normalizeDivisor,
    runningDivisor: divisor === undefined ? named.runningDivisor : divisor.startsWith('m-1') ? 'm-1' : 'm',
    momentum: momentum === undefined ? named.momentum : weightOfOld ? 1 - momentum : momentum,
    singleElement: named.singleElement,
  };
}

function invStdOf(variance: number, { eps, epsPlacement }: Convention): number {
  return epsPlacement === 'inside-sqrt' ? 1 / Math.sqrt(variance + eps) : 1 / (Math.sqrt(variance) + eps);
}

/** Statistics of x as training would have saved them, in float64. */
function ownStatistics(problem: Problem, x: Float32Array): ExactTensors {
  const { c } = problem.shape;
  const forward: Problem = { ...problem, affine: false, convention: { ...problem.convention, momentum: 0 } };
  return forwardTraining(forward, { x, runningMean: new Float64Array(c), runningVar: new Float64Array(c) });
}

/** Every input that the op may have; where the mode needs no number, one that changes nothing. */
function inputsFrom(row: VectorCase, problem: Problem, order: Uint32Array | undefined): RealTensors {
  const format = floatFormats[row.dtype];
  const { c } = problem.shape;
  const rounded = (name: string, values: readonly number[]): Float32Array =>
    Float32Array.from(values, (value, i) => {
      const stored = roundTo(format, value);
      if (!Number.isFinite(stored))
        throw new ProblemError(`${name}[${i}]`, `a number that ${format.name} holds`, `${value}`);
      return stored;
    });
  const full = (name: string, values: readonly number[]): Float32Array => {
    const published = rounded(name, values);
    return order ? moved(published, order) : published;
  };
  const channel = (name: string, values: readonly number[] | null | undefined, otherwise: number): Float32Array =>
    values ? rounded(name, values) : new Float32Array(c).fill(otherwise);
  const x = full('x', row.x);
  const saved = (): ExactTensors => ownStatistics(problem, x);
  return {
    x,
    ...(row.dy && { dy: full('dy', row.dy) }),
    gamma: channel('gamma', row.gamma, 1),
    beta: channel('beta', row.beta, 0),
    runningMean: channel('mean', row.mean, 0),
    runningVar: channel('variance', row.variance, 1),
    batchesTracked: Float32Array.of(row.batches_tracked ?? 0),
    ...(row.mode === 'backward' &&
      (row.saved_mean && row.saved_inv_std
        ? { mean: rounded('saved_mean', row.saved_mean), invStd: rounded('saved_inv_std', row.saved_inv_std) }
        : pick(saved(), ['mean', 'invStd']))),
  };
}

function moved(values: Float32Array, order: Uint32Array): Float32Array {
  const target = new Float32Array(values.length);
  for (const [i, at] of order.entries()) target[at] = values[i]!;
  return target;
}

function pick(tensors: RealTensors, names: readonly TensorName[]): RealTensors {
  return Object.fromEntries(names.map((name) => [name, tensors[name]]));
}

function publishedFrom(row: VectorCase, convention: Convention): readonly PublishedTensor[] {
  return (Object.keys(row.expected) as (keyof PublishedOutputs)[]).map((field) => {
    const values = Float64Array.from(row.expected[field]!);
    // The contract's forward hands on invStd, so a published variance is compared as that.
    const comparable = field === 'batch_var' ? values.map((variance) => invStdOf(variance, convention)) : values;
    return { field, tensor: tensorOf[field], values: comparable };
  });
}

/**
 * The problem, inputs and published outputs of a case that was read from a file.
 *
 * @param wanted a layout to transpose to; absent: as the numbers were published
 * @param where names the case in the error
 * @throws {UsageError} when the case has no meaning: a batch of one element under ÷ m−1, an unknown convention
 */
export function vectorProblem(row: VectorCase, where: string, wanted?: Layout): VectorProblem {
  try {
    const { shape, layout, order } = placementOf(row, wanted);
    const convention = conventionOf(row);
    const affine = Boolean(row.gamma || row.beta || row.expected.dgamma || row.expected.dbeta);
    const problem: Problem = { op: opOf[row.mode], shape, layout, dtype: 'f32', affine, convention };
    checkProblem(problem);
    const names = inputsOf(problem).map(({ name }) => name);
    const exactInputs = pick(inputsFrom(row, problem, order), names);
    const inputs: Tensors = Object.fromEntries(names.map((name) => [name, Float32Array.from(exactInputs[name]!)]));
    const published = publishedFrom(row, convention);
    return { row, problem, format: floatFormats[row.dtype], inputs, exactInputs, published, ...(order && { order }) };
  } catch (error) {
    if (error instanceof ProblemError || error instanceof UsageError) {
      throw new UsageError(`${where}: ${error.message}`);
    }
    throw error;
  }
}
