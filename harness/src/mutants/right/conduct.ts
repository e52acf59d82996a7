import { fromFunctions, outputsOf, type Problem, type Tensors } from '@normgauge/contract';
import { type Compute, computeWith, emptyOutputs, type Outputs } from '../../stepwise/kernel.ts';
import { correct } from '../../stepwise/steps.ts';
import { type Conduct, copyOf, correctConduct, fill } from '../conduct.ts';
import { acting, computing, kernel, type Variant } from '../mutant.ts';

/* Kernels whose plans do the same in another way, all right. */

const right = computeWith({});

function lifted(id: string, does: string, wrap: (outputs: Outputs) => unknown): Variant {
  const run = (inputs: object, problem: Problem): never => wrap(right(inputs, problem)) as never;
  return {
    id,
    does,
    stateless: false,
    open: fromFunctions({ id, forwardTraining: run, inference: run, backward: run, backwardFrozen: run }),
  };
}

/** All outputs in one buffer, which may be a shared one. */
function pooled(outputs: Outputs, Pool: typeof ArrayBuffer | typeof SharedArrayBuffer): Outputs {
  const gap = 3;
  const tensors = Object.entries(outputs);
  const elements = tensors.reduce((total, [, { length }]) => total + length + gap, 0);
  const pool = new Pool(4 * elements);
  let at = 0;
  return Object.fromEntries(
    tensors.map(([name, tensor]) => {
      const view = new Float32Array(pool, 4 * at, tensor.length);
      view.set(tensor);
      at += tensor.length + gap;
      return [name, view];
    }),
  );
}

const task = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const asynchronous: Conduct = {
  async write(held, inputs) {
    correctConduct.write(held, inputs);
    await task();
  },
  async run(held) {
    await task();
    correctConduct.run(held);
  },
  async read(held, into) {
    await task();
    correctConduct.read(held, into);
  },
  async close(held) {
    await task();
    correctConduct.close(held);
  },
};

/** Channels last become channels first and the other way round, and the results go back. */
const relaid: Compute = (inputs, problem) => {
  const other: Problem = { ...problem, layout: problem.layout === 'nchw' ? 'nhwc' : 'nchw' };
  const moved = (tensors: Tensors, from: Problem, to: Problem): Outputs =>
    Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, relay(tensor, from, to)]));
  return moved(right(moved(inputs, problem, other), other), other, problem);
};

function relay(tensor: Float32Array, from: Problem, to: Problem): Float32Array {
  const { n, c, spatial } = from.shape;
  const positions = spatial.reduce((a, b) => a * b, 1);
  if (tensor.length !== n * c * positions || positions === 1) return tensor;
  const result = new Float32Array(tensor.length);
  for (let channel = 0; channel < c; channel++) {
    const place = { c: channel, m: n * positions, positions };
    const source = correct.elements({ ...place, problem: from });
    const target = correct.elements({ ...place, problem: to });
    for (let k = 0; k < source.length; k++) result[target[k]!] = tensor[source[k]!]!;
  }
  return result;
}

export const conductVariants: readonly Variant[] = [
  lifted('from-functions', 'plain functions, lifted', (outputs) => outputs),
  lifted('from-functions-async', 'plain functions that return promises', async (outputs) => {
    await task();
    return outputs;
  }),
  lifted('pooled-views', 'all outputs in one new buffer', (outputs) => pooled(outputs, ArrayBuffer)),
  lifted('shared-memory', 'all outputs in one new shared buffer', (outputs) => pooled(outputs, SharedArrayBuffer)),
  acting('asynchronous', 'every method takes a task', asynchronous),
  acting('promises', 'every method returns a promise that is fulfilled', {
    write: async (held, inputs) => correctConduct.write(held, inputs),
    run: async (held) => correctConduct.run(held),
    read: async (held, into) => correctConduct.read(held, into),
    close: async (held) => correctConduct.close(held),
  }),
  acting('reuses-own-memory', "results go into the plan's own memory, which every run fills anew", {
    run(held) {
      const fresh = held.compute(held.inputs, held.problem);
      if (held.runs === 1) held.outputs = emptyOutputs(held.problem);
      for (const { name } of outputsOf(held.problem)) held.outputs[name]!.set(fresh[name]!);
    },
  }),
  acting('cached-whole', 'results are kept by the whole problem and every bit of the inputs', {
    run(held) {
      const bits = Object.entries(held.inputs).map(([name, tensor]) => [name, new Uint32Array(tensor.buffer).join()]);
      const key = JSON.stringify([held.problem, bits]);
      const result = held.memory.results.get(key) ?? held.compute(held.inputs, held.problem);
      held.memory.results.clear();
      held.memory.results.set(key, result);
      held.outputs = copyOf(result);
    },
  }),
  acting('read-copies-twice', 'results are staged before the views are filled', {
    read(held, into) {
      fill(into, copyOf(held.outputs), held.problem);
    },
  }),
  computing('relaid', 'the other layout inside', relaid),
  kernel('channels-backwards', 'from the last channel to the first, written in any order', {
    written: (elements) => elements.slice().reverse(),
  }),
];
