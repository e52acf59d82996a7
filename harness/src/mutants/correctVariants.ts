import { fromFunctions, type Numerics, outputsOf, type Problem, type Tensors } from '@normgauge/contract';
import { seedOf, uniformFrom } from '../cases/random.ts';
import { type Conduct, copyOf, correctConduct, fill } from './conduct.ts';
import {
  blocked,
  chan,
  float32,
  flushed,
  kahan,
  lanes,
  merge,
  neumaier,
  onePass,
  pairwise,
  quickInverseRoot,
  reordered,
  type Sum,
  sequential,
  shuffled,
  welford,
} from './float32.ts';
import { type Compute, computeWith, emptyOutputs, type Outputs, type Replaced } from './kernel.ts';
import { acting, computing, kernel, type Variant } from './mutant.ts';
import { correct, type Statistics, sum, twoPass } from './steps.ts';

/* Kernels that differ from each other in every bit they may differ in, and are all right. */

const f = Math.fround;

/** Float32 throughout, with this sum, of which no more is declared than its depth. */
function summing(id: string, does: string, add: Sum, reductionDepth?: (m: number) => number): Variant {
  return kernel(id, does, float32(add), reductionDepth && { reductionDepth });
}

/** Float32 with other statistics, declared. */
function declaring(id: string, does: string, numerics: Numerics, replaced: Replaced): Variant {
  return kernel(id, does, { ...float32(lanes(8)), ...replaced }, numerics);
}

/** The same order for as many elements, so that every run gives the same bits. */
const seededOrder = (values: Float64Array): Float64Array =>
  shuffled(values, uniformFrom(seedOf('order', values.length)));

const byMagnitude =
  (sign: 1 | -1) =>
  (values: Float64Array): Float64Array =>
    values.slice().sort((a, b) => sign * (Math.abs(a) - Math.abs(b)));

const sums: readonly Variant[] = [
  kernel('float64', 'float64 throughout, rounded when stored', {}),
  summing('float32-sequential', 'float32, one accumulator', sequential),
  ...[2, 4, 8, 16, 32, 64].map((width) =>
    summing(`float32-lanes-${width}`, `float32, ${width} accumulators`, lanes(width), (m) => m / width + width),
  ),
  summing('float32-lanes-4-undeclared', 'float32, 4 accumulators, no depth declared', lanes(4)),
  summing('float32-pairwise', 'float32, a tree to the leaves', pairwise(1), (m) => Math.ceil(Math.log2(m)) + 1),
  summing(
    'float32-pairwise-128',
    'float32, a tree over leaves of 128',
    pairwise(128),
    (m) => Math.min(m, 128) + Math.ceil(Math.log2(m)) + 1,
  ),
  summing(
    'float32-blocked-64',
    'float32, blocks of 64, then their sum',
    blocked(64),
    (m) => Math.min(m, 64) + Math.ceil(m / 64),
  ),
  summing(
    'float32-blocked-256-tree',
    'float32, a tree in workgroups of 256 and over them',
    blocked(256, pairwise(1), pairwise(1)),
    (m) => Math.ceil(Math.log2(m)) + 2,
  ),
  summing('float32-kahan', 'float32, Kahan', kahan(), () => 2),
  summing('float32-neumaier', 'float32, Neumaier', neumaier, () => 2),
  summing(
    'float32-reversed',
    'float32, from the last element to the first',
    reordered((values) => values.slice().reverse()),
  ),
  summing('float32-shuffled', 'float32, in a random order that is the same in every run', reordered(seededOrder)),
  summing(
    'float32-shuffled-tree',
    'float32, a tree over a random order',
    reordered(seededOrder, pairwise(1)),
    (m) => Math.ceil(Math.log2(m)) + 1,
  ),
  summing(
    'float32-odd-even',
    'float32, odd elements before even ones',
    reordered(
      (values) => Float64Array.of(...values.filter((_, k) => k % 2 === 1), ...values.filter((_, k) => k % 2 === 0)),
      blocked(64),
    ),
  ),
  summing('float32-ascending', 'float32, small elements first', reordered(byMagnitude(1))),
  summing('float32-descending', 'float32, large elements first', reordered(byMagnitude(-1))),
  summing(
    'float64-sums',
    'float32, sums in float64',
    (values) => sum(values),
    () => 1,
  ),
  acting(
    'float32-nondeterministic',
    'float32, in an order that changes with every run, declared',
    {
      run(held) {
        const kernelOf = computeWith(float32(reordered((values) => shuffled(values, held.memory.uniform))));
        held.outputs = kernelOf(held.inputs, held.problem);
      },
    },
    { deterministic: false },
  ),
];

const statistics: readonly Variant[] = [
  declaring('welford', 'Welford in float32', { statistics: 'welford' }, { statistics: (x) => welford(x) }),
  kernel('welford-float64', 'Welford in float64, not declared', { statistics: (x) => welford(x, Number) }),
  declaring(
    'chan-64',
    'blocks of 64 by Welford, merged as a chain',
    { statistics: 'welford' },
    { statistics: (x) => chan(x, 64) },
  ),
  declaring(
    'chan-8',
    'blocks of 8 by Welford, merged as a tree',
    { statistics: 'welford' },
    { statistics: (x) => chan(x, 8, merge, 'tree') },
  ),
  declaring(
    'chan-1',
    'single elements merged as a tree',
    { statistics: 'welford' },
    { statistics: (x) => chan(x, 1, merge, 'tree') },
  ),
  kernel('chan-float64', 'blocks of 64 in float64, not declared', {
    statistics: (x) => chan(x, 64, (a, b) => merge(a, b, Number), 'chain', Number),
  }),
  declaring('two-pass-corrected', 'two passes, less (Σ(x−μ))²/m', {}, { statistics: (x, m) => correctedTwoPass(x, m) }),
  declaring('three-pass', 'the mean once more from what is left over', {}, { statistics: (x, m) => threePass(x, m) }),
  kernel('one-pass-float64', 'Σx² − (Σx)²/m in float64, not declared', {
    statistics: (x, m) => floor(onePass(sum, Number)(x, m)),
  }),
  kernel(
    'one-pass-float64-declared',
    'Σx² − (Σx)²/m in float64, declared as one pass',
    { statistics: (x, m) => floor(onePass(sum, Number)(x, m)) },
    { statistics: 'one-pass' },
  ),
  declaring(
    'one-pass-shifted',
    'one pass around the first element, declared',
    { statistics: 'one-pass' },
    { statistics: (x, m) => shifted(x, m, x[0]!) },
  ),
  declaring(
    'one-pass-shifted-median',
    'one pass around the middle of three elements, declared',
    { statistics: 'one-pass' },
    {
      statistics: (x, m) => shifted(x, m, [x[0]!, x[x.length >> 1]!, x.at(-1)!].sort((a, b) => a - b)[1]!),
    },
  ),
];

const elementwise: readonly Variant[] = [
  declaring(
    'folded',
    'y = a·x + b in float32, declared',
    { affine: 'folded' },
    {
      normalise(x, { mean, invStd }, { gamma, beta }) {
        const a = f(gamma * invStd);
        return f(f(a * x) + f(beta - f(mean * a)));
      },
    },
  ),
  declaring(
    'folded-gradient',
    'dx = a·dy + b·x + c in float32, declared',
    { affine: 'folded' },
    {
      dx(x, dy, { mean, invStd, gamma, m, divisor, dBeta, dGamma }) {
        const a = f(gamma * invStd);
        const b = f(f(-a * invStd) * f(dGamma / divisor));
        const c = f(-f(a * f(dBeta / m)) - f(b * mean));
        return f(f(f(a * dy) + f(b * x)) + c);
      },
    },
  ),
  kernel('folded-float64', 'y = a·x + b in float64, not declared', {
    normalise(x, { mean, invStd }, { gamma, beta }) {
      const a = gamma * invStd;
      return a * x + (beta - mean * a);
    },
  }),
  declaring(
    'scale-first',
    '(x − μ)·(gamma·invStd) + beta',
    {},
    {
      normalise: (x, { mean, invStd }, { gamma, beta }) => f(f(f(x - mean) * f(gamma * invStd)) + beta),
    },
  ),
  declaring(
    'fused-multiply-add',
    'the last product and sum are rounded once',
    {},
    {
      normalise: (x, { mean, invStd }, { gamma, beta }) => f(f(f(x - mean) * invStd) * gamma + beta),
    },
  ),
  declaring(
    'reciprocal',
    'multiplies by 1/m in float32',
    {},
    {
      statistics(x, m) {
        const reciprocal = f(1 / m);
        const mean = f(lanes(8)(x) * reciprocal);
        return { mean, squares: f(lanes(8)(x.map((value) => f(f(value - mean) ** 2))) * reciprocal) * m };
      },
    },
  ),
  declaring(
    'inverse-root-4',
    "the fast inverse root with 4 of Newton's steps",
    { invStdError: 15 },
    {
      invStd: (variance, convention, op, place) => {
        const { eps, epsPlacement } = convention;
        const v = epsPlacement === 'inside-sqrt' ? f(variance + eps) : 0;
        const inRange = v > 1e-30 && v < 1e30;
        return inRange ? quickInverseRoot(v, 4) : f(correct.invStd(variance, convention, op, place));
      },
    },
  ),
  declaring(
    'uncentred-float64',
    'dGamma = (Σdy·x − μ·Σdy)·invStd in float64',
    {},
    {
      sums(x, dy, { mean, invStd }) {
        const dBeta = sum(dy);
        return { dBeta, dGamma: (sum(x.map((value, k) => value * dy[k]!)) - mean * dBeta) * invStd };
      },
    },
  ),
  declaring(
    'sums-not-scaled',
    'dGamma = Σdy·(x−μ), scaled by invStd at the end',
    {},
    {
      sums: (x, dy, { mean, invStd }) => ({
        dBeta: lanes(8)(dy),
        dGamma: f(lanes(8)(x.map((value, k) => f(dy[k]! * f(value - mean)))) * invStd),
      }),
    },
  ),
  kernel('flush-to-zero', 'subnormals are 0, declared', { load: flushed, store: flushed }, { flushToZero: true }),
  computing('unspecified-nan', 'whatever is not finite makes its channel NaN, declared', spreadInChannel, {
    nonFinite: 'unspecified',
  }),
  kernel('negative-zero', 'zeros are −0', { store: (value) => (value === 0 ? -0 : value) }),
];

function floor({ mean, squares }: Statistics): Statistics {
  return { mean, squares: squares < 0 ? 0 : squares };
}

function correctedTwoPass(x: Float64Array, m: number): Statistics {
  const mean = f(lanes(8)(x) / m);
  const residues = x.map((value) => f(value - mean));
  const rest = lanes(8)(residues);
  return floor({ mean, squares: f(lanes(8)(residues.map((value) => f(value * value))) - f(f(rest * rest) / m)) });
}

function threePass(x: Float64Array, m: number): Statistics {
  const rough = f(lanes(8)(x) / m);
  const mean = f(rough + f(lanes(8)(x.map((value) => f(value - rough))) / m));
  return { mean, squares: lanes(8)(x.map((value) => f(f(value - mean) ** 2))) };
}

function shifted(x: Float64Array, m: number, by: number): Statistics {
  if (!Number.isFinite(by)) return twoPass(x, m);
  const { mean, squares } = onePass(lanes(8))(
    x.map((value) => f(value - by)),
    m,
  );
  return floor({ mean: f(mean + by), squares });
}

/** Outputs of channels with anything that is not finite are NaN throughout. */
function spreadInChannel(inputs: Tensors, problem: Problem): Outputs {
  return computeWith({
    normalise: (x, moments, affine) =>
      Number.isFinite(moments.mean) && Number.isFinite(moments.invStd)
        ? correct.normalise(x, moments, affine)
        : Number.NaN,
  })(inputs, problem);
}

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

const conduct: readonly Variant[] = [
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

/** Every correct variant: none may be failed, on any case, at any seed. */
export const correctVariants: readonly Variant[] = [...sums, ...statistics, ...elementwise, ...conduct];
