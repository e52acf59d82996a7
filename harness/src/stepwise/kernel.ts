import { outputsOf, type Problem, type TensorName, type Tensors } from '@normgauge/contract';
import { f16round } from '@petamoriken/float16';
import { correct, divisorOfGradient, type Gradient, type Indices, type Place, placeOf, type Steps } from './steps.ts';

/** Inputs to outputs, in new memory. */
export type Compute = (inputs: Tensors, problem: Problem) => Outputs;

export type Outputs = { [name in TensorName]?: Float32Array };

/** What a mutant replaces; the other steps are correct. */
export type Replaced = Partial<Steps>;

/** y and dx as dtype f16 stores them. */
function asStored(value: number, name: TensorName): number {
  return name === 'y' || name === 'dx' ? f16round(value) : value;
}

/** A kernel for all four ops that is correct but for the replaced steps. */
export function computeWith(replaced: Replaced): Compute {
  const plain: Steps = { ...correct, ...replaced };
  const half: Steps = { ...plain, store: (value, name) => asStored(plain.store(value, name), name) };
  return (inputs, asked) => {
    const steps = asked.dtype === 'f16' ? half : plain;
    const outputs = emptyOutputs(asked);
    const problem = steps.reads(asked);
    for (let c = 0; c < problem.shape.c; c++) {
      const place = placeOf(problem, c);
      for (const set of steps.sets(steps.elements(place), place)) {
        switch (problem.op) {
          case 'forward-training':
            trainChannel(steps, inputs, outputs, place, set);
            break;
          case 'inference':
            normaliseSet(steps, inputs, outputs, place, set, steps.given(inputs, place));
            break;
          case 'backward':
          case 'backward-frozen':
            differentiateSet(steps, inputs, outputs, place, set);
        }
      }
    }
    return outputs;
  };
}

export function emptyOutputs(problem: Problem): Outputs {
  return Object.fromEntries(outputsOf(problem).map(({ name, length }) => [name, new Float32Array(length)]));
}

function gather(steps: Steps, inputs: Tensors, name: TensorName, indices: Indices): Float64Array {
  const source = inputs[name]!;
  const values = new Float64Array(indices.length);
  for (let k = 0; k < indices.length; k++) values[k] = steps.load(source[indices[k]!]!, name);
  return values;
}

function trainChannel(steps: Steps, inputs: Tensors, outputs: Outputs, place: Place, set: Indices): void {
  const { problem, c } = place;
  const { convention, op } = problem;
  const summed = steps.summed(set, place);
  const m = steps.count(place, summed.length);
  const { mean, squares } = steps.statistics(gather(steps, inputs, 'x', summed), m, place);
  const variance = squares / steps.divisor(convention.normalizeDivisor, m, convention, 'normalise');
  const runningVariance = squares / steps.divisor(convention.runningDivisor, m, convention, 'running');
  const invStd = steps.invStd(variance, convention, op, place);
  const batch = { mean, invStd, variance, runningVariance };
  normaliseSet(steps, inputs, outputs, place, set, steps.normalisesWith(batch, inputs, place));
  const saved = steps.saved(batch, place);
  const weight = steps.weight(convention, inputs.batchesTracked?.[0] ?? 0);
  outputs.mean![c] = steps.store(saved.mean, 'mean');
  outputs.invStd![c] = steps.store(saved.invStd, 'invStd');
  const { runningMean, runningVar } = inputs;
  outputs.runningMean![c] = steps.store(steps.runningMean(runningMean![c]!, batch, weight, place), 'runningMean');
  outputs.runningVar![c] = steps.store(steps.runningVar(runningVar![c]!, batch, weight, place), 'runningVar');
}

function normaliseSet(
  steps: Steps,
  inputs: Tensors,
  { y }: Outputs,
  place: Place,
  set: Indices,
  moments: { readonly mean: number; readonly invStd: number },
): void {
  const x = inputs.x!;
  const affine = steps.affine(inputs, place);
  for (const i of steps.written(set, place)) {
    y![steps.target(i, place)] = steps.store(steps.normalise(steps.load(x[i]!, 'x'), moments, affine), 'y');
  }
}

function differentiateSet(steps: Steps, inputs: Tensors, outputs: Outputs, place: Place, set: Indices): void {
  const { problem, c } = place;
  const { convention, op } = problem;
  const moments = steps.given(inputs, place);
  const summed = steps.summed(set, place);
  const m = steps.count(place, summed.length);
  const sums = steps.sums(gather(steps, inputs, 'x', summed), gather(steps, inputs, 'dy', summed), moments);
  const { gamma } = steps.affine(inputs, place);
  const divisor = op === 'backward' ? divisorOfGradient(steps, moments, m, convention) : m;
  const gradient: Gradient = { ...moments, ...sums, gamma, m, divisor, frozen: op === 'backward-frozen' };
  const x = inputs.x!;
  const dy = inputs.dy!;
  for (const i of steps.written(set, place)) {
    const of = op === 'backward' ? steps.dx : steps.dxFrozen;
    outputs.dx![steps.target(i, place)] = steps.store(
      of(steps.load(x[i]!, 'x'), steps.load(dy[i]!, 'dy'), gradient),
      'dx',
    );
  }
  const { dGamma, dBeta } = steps.affineGradients(sums, gradient);
  if (outputs.dGamma) outputs.dGamma[c] = steps.store(dGamma, 'dGamma');
  if (outputs.dBeta) outputs.dBeta[c] = steps.store(dBeta, 'dBeta');
}
