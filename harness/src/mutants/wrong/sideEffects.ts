import { fromFunctions, outputsOf, type TensorName } from '@normgauge/contract';
import { computeWith, type Outputs } from '../../stepwise/kernel.ts';
import { correctConduct, type Held } from '../conduct.ts';
import { acting, because, type Mutant, type Variant } from '../mutant.ts';

/* Kernels whose arithmetic is right, and which disturb what is not theirs or depend on it. */

const right = computeWith({});

/** A view with so many elements of the memory around it. */
function widened(view: Float32Array, before: number, behind: number): Float32Array {
  return new Float32Array(view.buffer, view.byteOffset - 4 * before, view.length + before + behind);
}

/** Writes what is computed, then disturbs one of the views. */
const thenTo = (name: TensorName, disturb: (view: Float32Array) => void): Pick<typeof correctConduct, 'read'> => ({
  read(held, into) {
    correctConduct.read(held, into);
    if (into[name]) disturb(into[name]);
  },
});
const toFirst = (disturb: (view: Float32Array) => void): Pick<typeof correctConduct, 'read'> => ({
  read(held, into) {
    correctConduct.read(held, into);
    const view = into[outputsOf(held.problem)[0]!.name];
    if (view) disturb(view);
  },
});

/** Lifted by the contract's own `fromFunctions`, from results that are spoilt on the way. */
function returning(id: string, does: string, spoil: (outputs: Outputs, inputs: Held['inputs']) => object): Variant {
  const kernel = (inputs: object, problem: Held['problem']) => spoil(right(inputs, problem), inputs) as never;
  const open = fromFunctions({
    id,
    forwardTraining: kernel,
    inference: kernel,
    backward: kernel,
    backwardFrozen: kernel,
  });
  return { id, does, stateless: false, open };
}

export const sideEffectMutants: readonly Mutant[] = [
  ...because(
    'side effects',
    'input written',
    acting('writes-x', "x̂ is left in the caller's x", {
      write(held, inputs) {
        correctConduct.write(held, inputs);
        inputs.x!.set(inputs.x!.map((value) => value * 0.5));
      },
    }),
    acting('writes-running', 'running statistics are updated in place, as torch does', {
      write(held, inputs) {
        correctConduct.write(held, inputs);
        if (held.problem.op !== 'forward-training') return;
        const { runningMean, runningVar } = right(held.inputs, held.problem);
        inputs.runningMean!.set(runningMean!);
        inputs.runningVar!.set(runningVar!);
      },
    }),
    acting('writes-dy', "dx is left in the caller's dy", {
      write(held, inputs) {
        correctConduct.write(held, inputs);
        inputs.dy?.set(right(held.inputs, held.problem).dx!);
      },
    }),
    acting('writes-gamma', 'gamma is folded with invStd in place', {
      write(held, inputs) {
        correctConduct.write(held, inputs);
        if (inputs.gamma) inputs.gamma[0]! *= 2;
      },
    }),
    acting('writes-sentinel', 'the last element of x is a sentinel while x is read', {
      write(held, inputs) {
        correctConduct.write(held, inputs);
        inputs.x![inputs.x!.length - 1] = 0;
      },
    }),
  ),
  ...because(
    'side effects',
    'memory beside a view written',
    acting(
      'writes-behind',
      'the last vector of 4 is stored whole',
      toFirst((view) => widened(view, 0, 1).set([0], view.length)),
    ),
    acting(
      'writes-before',
      'the element before the view is cleared',
      toFirst((view) => widened(view, 1, 0).set([0])),
    ),
    acting('writes-buffer', 'the buffer is cleared before the view is filled', {
      read(held, into) {
        const name = outputsOf(held.problem)[0]!.name;
        if (into[name]) new Uint8Array(into[name].buffer).fill(0);
        correctConduct.read(held, into);
      },
    }),
    acting(
      'writes-behind-mean',
      'saved statistics are stored in fours',
      thenTo('mean', (view) => {
        const rest = (4 - (view.length % 4)) % 4;
        if (rest > 0) widened(view, 0, rest).fill(0, view.length);
      }),
    ),
    acting('writes-behind-input', 'x is padded with zeros to a multiple of 4 where it lies', {
      write(held, inputs) {
        const x = inputs.x!;
        const rest = (4 - (x.length % 4)) % 4;
        correctConduct.write(held, inputs);
        widened(x, 0, rest).fill(0, x.length);
      },
    }),
  ),
  ...because(
    'side effects',
    'outputs alias',
    returning('returns-input', 'y or dx is the memory of x', (outputs, inputs) => {
      const written = outputs.y ?? outputs.dx!;
      inputs.x!.set(written);
      return outputs.y ? { ...outputs, y: inputs.x } : { ...outputs, dx: inputs.x };
    }),
    returning('returns-running', 'a running statistic is the memory of the input', (outputs, inputs) =>
      outputs.runningMean ? { ...outputs, runningMean: inputs.runningMean } : outputs,
    ),
    returning('returns-one-array', 'mean and running mean share their memory', (outputs) =>
      outputs.mean ? { ...outputs, runningMean: outputs.mean } : outputs,
    ),
    returning(
      'returns-again',
      'results are returned in the same memory every time',
      (() => {
        const kept = new Map<number, Float32Array>();
        return (outputs: Outputs) =>
          Object.fromEntries(
            Object.entries(outputs).map(([name, tensor], k) => {
              const key = tensor.length * 16 + k;
              const again = kept.get(key) ?? tensor;
              again.set(tensor);
              kept.set(key, again);
              return [name, again];
            }),
          );
      })(),
    ),
    returning('returns-overlapping', 'two outputs overlap by an element', (outputs) => {
      if (!outputs.mean || !outputs.invStd) return outputs;
      const { length } = outputs.mean;
      const shared = new Float32Array(2 * length - (length > 1 ? 1 : 0));
      shared.set(outputs.mean);
      shared.set(outputs.invStd, shared.length - length);
      return { ...outputs, mean: shared.subarray(0, length), invStd: shared.subarray(shared.length - length) };
    }),
  ),
  ...because(
    'side effects',
    'output of the wrong type or length',
    returning('returns-float64', 'y or dx is a Float64Array', (outputs) =>
      outputs.y ? { ...outputs, y: Float64Array.from(outputs.y) } : { ...outputs, dx: Float64Array.from(outputs.dx!) },
    ),
    returning('returns-longer', 'y or dx is padded to a multiple of 4', (outputs) => {
      const padded = (tensor: Float32Array): Float32Array => {
        const longer = new Float32Array(Math.ceil(tensor.length / 4) * 4);
        longer.set(tensor);
        return longer;
      };
      return outputs.y ? { ...outputs, y: padded(outputs.y) } : { ...outputs, dx: padded(outputs.dx!) };
    }),
    returning('returns-proxy', 'y or dx is a Proxy', (outputs) =>
      outputs.y ? { ...outputs, y: new Proxy(outputs.y, {}) } : { ...outputs, dx: new Proxy(outputs.dx!, {}) },
    ),
    returning('returns-list', 'per-channel results are plain arrays', (outputs) => {
      if (outputs.mean) return { ...outputs, mean: [...outputs.mean] };
      return outputs.dBeta ? { ...outputs, dBeta: [...outputs.dBeta] } : outputs;
    }),
  ),
  ...because(
    'side effects',
    'output missing',
    returning(
      'returns-no-running',
      'running statistics are not returned',
      ({ runningMean: _m, runningVar: _v, ...rest }) => rest,
    ),
    returning('returns-no-dbeta', 'dBeta is not returned', ({ dBeta: _, ...rest }) => rest),
    acting('reads-all-but-last', 'the last element of every output is not filled', {
      read(held, into) {
        for (const [name, view] of Object.entries(into)) {
          const tensor = held.outputs[name as TensorName]!;
          view.set(tensor.subarray(0, tensor.length - 1));
        }
      },
    }),
    acting('reads-where-not-zero', 'zeros are not stored: memory is taken to be clear', {
      read(held, into) {
        for (const [name, view] of Object.entries(into)) {
          held.outputs[name as TensorName]!.forEach((value, i) => {
            if (value !== 0) view[i] = value;
          });
        }
      },
    }),
  ),
];
