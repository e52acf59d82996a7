import { elementsPerChannel, type Problem, type TensorName, type Tensors } from '@normgauge/contract';
import { forEachIndex, invStdOf } from './facts.ts';
import { type PreparedSet, prepareSet } from './prepare.ts';

/*
 * Data on which a·x + b is exact in float32, so that the law x̂(a·x+b, a²ε) = sign(a)·x̂(x, ε) holds for the inputs as they
 * are. Each channel lies on a grid of 12 bits, and its elements sum to a multiple of m: the mean is on the grid too.
 */

const bits = 12;
/** b in steps of the grid: x, a·x and b together stay below 2²⁴ steps. */
const shiftInSteps = 5 * 2 ** bits;

/** The channel's grid: 2ᵏ such that its largest element has 12 bits. */
function stepOf(problem: Problem, x: Float32Array, c: number): number {
  let largest = 0;
  forEachIndex(problem, c, (i) => {
    largest = Math.max(largest, Math.abs(x[i]!));
  });
  return 2 ** (Math.ceil(Math.log2(largest)) - bits);
}

function stepsOf({ row: { problem }, inputs }: PreparedSet): readonly number[] {
  return Array.from({ length: problem.shape.c }, (_, c) => stepOf(problem, inputs.x!, c));
}

/** The data of this set, rounded to a grid a channel; mean and invStd, where they are inputs, are those of the new x. */
export function gridOf(set: PreparedSet): PreparedSet {
  const { row, seed, inputs } = set;
  const { problem } = row;
  const { convention, shape } = problem;
  const m = elementsPerChannel(shape);
  const x = inputs.x!.slice();
  const steps = stepsOf(set);
  const runningMean = inputs.runningMean?.map((mean, c) => steps[c]! * Math.round(mean / steps[c]!));
  const mean = inputs.mean?.slice();
  const invStd = inputs.invStd?.slice();
  for (const [c, step] of steps.entries()) {
    const indices: number[] = [];
    forEachIndex(problem, c, (i) => indices.push(i));
    const whole = indices.map((i) => Math.round(x[i]! / step));
    const sum = whole.reduce((total, k) => total + k, 0);
    const surplus = ((sum % m) + m) % m;
    const centre = (sum - surplus) / m;
    const even = whole.map((k, j) => (j < surplus ? k - 1 : k));
    for (const [j, i] of indices.entries()) x[i] = step * even[j]!;
    if (!mean || !invStd) continue;
    const squares = even.reduce((total, k) => total + (k - centre) ** 2, 0) * step ** 2;
    mean[c] = step * centre;
    invStd[c] = invStdOf(squares / (convention.normalizeDivisor === 'm' ? m : m - 1), convention);
  }
  const data: Tensors = { ...inputs, x, ...(runningMean && { runningMean }), ...(mean && invStd && { mean, invStd }) };
  return prepareSet(row, seed, data);
}

/** A set moved by a·x + b, and what the law says of its results. */
export interface Shifted {
  readonly set: PreparedSet;
  /** The output from the one before, and by what an error of that is multiplied. */
  law(name: TensorName, before: Float32Array): { readonly expected: (i: number) => number; readonly factor: number };
}

/** @param a a power of two with a sign; −1 leaves eps as it is */
export function shifted(grid: PreparedSet, a: number): Shifted {
  const { row, seed, inputs } = grid;
  const { convention } = row.problem;
  const { eps, epsPlacement, normalizeDivisor, runningDivisor, momentum, singleElement } = convention;
  const scaledEps = eps * (epsPlacement === 'inside-sqrt' ? a * a : Math.abs(a));
  const problem: Problem =
    a === -1
      ? row.problem
      : {
          ...row.problem,
          convention: { eps: scaledEps, epsPlacement, normalizeDivisor, runningDivisor, momentum, singleElement },
        };
  const b = stepsOf(grid).map((step, c) => (c % 2 === 0 ? shiftInSteps : -shiftInSteps) * step);
  const x = inputs.x!.slice();
  const channelOf = new Uint32Array(x.length);
  for (let c = 0; c < problem.shape.c; c++) {
    forEachIndex(problem, c, (i) => {
      x[i] = a * x[i]! + b[c]!;
      channelOf[i] = c;
    });
  }
  const { mean, invStd, runningMean, runningVar } = inputs;
  const data: Tensors = {
    ...inputs,
    x,
    ...(mean && { mean: mean.map((value, c) => a * value + b[c]!) }),
    ...(invStd && { invStd: invStd.map((value) => value / Math.abs(a)) }),
    ...(runningMean && { runningMean: runningMean.map((value, c) => a * value + b[c]!) }),
    ...(runningVar && { runningVar: runningVar.map((value) => a * a * value) }),
  };
  const sign = Math.sign(a);
  return {
    set: prepareSet({ ...row, problem }, seed, data),
    law(name, before) {
      switch (name) {
        case 'y': {
          const beta = (i: number): number => inputs.beta?.[channelOf[i]!] ?? 0;
          return { expected: (i) => beta(i) + sign * (before[i]! - beta(i)), factor: 1 };
        }
        case 'mean':
        case 'runningMean':
          return { expected: (c) => a * before[c]! + b[c]!, factor: Math.abs(a) };
        case 'runningVar':
          return { expected: (c) => a * a * before[c]!, factor: a * a };
        case 'invStd':
        case 'dx':
          return { expected: (i) => before[i]! / Math.abs(a), factor: 1 / Math.abs(a) };
        case 'dGamma':
          return { expected: (c) => sign * before[c]!, factor: 1 };
        default:
          return { expected: (i) => before[i]!, factor: 1 };
      }
    },
  };
}
