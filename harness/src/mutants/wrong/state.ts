import type { Tensors } from '@normgauge/contract';
import { computeWith, emptyOutputs, type Outputs } from '../../stepwise/kernel.ts';
import { backendOf, copyOf, correctConduct, fill, type Held } from '../conduct.ts';
import { acting, because, type Mutant, type Variant } from '../mutant.ts';

/* Kernels whose results depend on what was asked before. */

const compute = (held: Held): Outputs => held.compute(held.inputs, held.problem);

/** Runs as it should, then does this to the results. */
const afterRun = (spoil: (held: Held) => void): Pick<typeof correctConduct, 'run'> => ({
  run(held) {
    held.outputs = compute(held);
    spoil(held);
  },
});

/** Memory that all plans of this kernel share. */
function sharing(id: string, does: string, part: 'inputs' | 'outputs'): Variant {
  const shared: { inputs: Tensors; outputs: Outputs } = { inputs: {}, outputs: {} };
  return {
    id,
    does,
    stateless: false,
    open: backendOf(id, computeWith({}), {
      write(held, inputs) {
        correctConduct.write(held, inputs);
        if (part === 'inputs') shared.inputs = { ...shared.inputs, ...held.inputs };
      },
      run(held) {
        held.outputs = computeWith({})(part === 'inputs' ? shared.inputs : held.inputs, held.problem);
        if (part === 'outputs') shared.outputs = { ...shared.outputs, ...held.outputs };
      },
      read(held, into) {
        fill(into, part === 'outputs' ? shared.outputs : held.outputs, held.problem);
      },
    }),
  };
}

export const stateMutants: readonly Mutant[] = [
  ...because(
    'side effects',
    'stale output',
    acting('computed-once', 'a plan computes once and returns that for ever', {
      run(held) {
        if (held.runs === 1) held.outputs = compute(held);
      },
    }),
    acting('statistics-once', 'per-channel results of a plan are those of its first run', {
      run(held) {
        const { y, dx, ...perChannel } = held.outputs;
        held.outputs = { ...compute(held), ...perChannel };
      },
    }),
    acting('one-behind', 'a plan returns the results of the run before', {
      run(held) {
        const fresh = compute(held);
        const { last } = held as Held & { last?: Outputs };
        held.outputs = last ?? fresh;
        Object.assign(held, { last: fresh });
      },
    }),
    acting('written-once', 'a plan keeps the inputs that it was given first', {
      write(held, inputs) {
        if (held.inputs.x === undefined) correctConduct.write(held, inputs);
      },
    }),
    acting('affine-written-once', 'a plan keeps the gamma and beta that it was given first', {
      write(held, inputs) {
        const { gamma, beta } = held.inputs;
        held.inputs = { ...copyOf(inputs), ...(gamma && { gamma }), ...(beta && { beta }) };
      },
    }),
    acting('tail-stale', 'the last element of y or dx is that of the last backend-wide result as long', {
      ...afterRun(({ outputs, memory, problem }) => {
        const written = outputs.y ?? outputs.dx!;
        const key = `${problem.op} ${written.length}`;
        const before = memory.results.get(key);
        memory.results.set(key, copyOf(outputs));
        if (before) written[written.length - 1] = (before.y ?? before.dx!).at(-1)!;
      }),
    }),
  ),
  ...because(
    'side effects',
    'state kept between runs',
    acting('running-carried', 'running statistics are carried on from run to run without a write', {
      run(held) {
        held.outputs = compute(held);
        const { runningMean, runningVar } = held.outputs;
        if (runningMean && runningVar) held.inputs = { ...held.inputs, runningMean, runningVar };
      },
    }),
    acting('running-carried-mean', 'the running mean is carried on from run to run without a write', {
      run(held) {
        held.outputs = compute(held);
        const { runningMean } = held.outputs;
        if (runningMean) held.inputs = { ...held.inputs, runningMean };
      },
    }),
    acting('normalised-in-place', "y overwrites the plan's x, so that the next run normalises y", {
      run(held) {
        held.outputs = compute(held);
        const { y } = held.outputs;
        if (y) held.inputs = { ...held.inputs, x: y };
      },
    }),
    acting('sums-not-cleared', 'the accumulators of a plan are not cleared between runs', {
      run(held) {
        held.outputs = compute(held);
        const { mean } = held.outputs;
        if (mean && held.runs > 1)
          mean.forEach((value, c) => {
            mean[c] = value * held.runs;
          });
      },
    }),
    acting('counts-batches', 'the count of batches goes on from run to run without a write', {
      run(held) {
        held.outputs = compute(held);
        const { batchesTracked } = held.inputs;
        if (batchesTracked) held.inputs = { ...held.inputs, batchesTracked: batchesTracked.map((k) => k + 1) };
      },
    }),
    acting('running-carried-across', 'a backend updates the running statistics that it keeps for each shape', {
      ...afterRun(({ outputs, memory, problem }) => {
        if (!outputs.runningMean) return;
        const key = `running ${problem.shape.c}`;
        const before = memory.results.get(key)?.runningMean;
        if (before) outputs.runningMean = before.slice();
        else memory.results.set(key, copyOf(outputs));
      }),
    }),
  ),
  ...because(
    'side effects',
    'state shared between plans',
    sharing('shares-inputs', 'all plans upload into the same memory', 'inputs'),
    sharing('shares-outputs', 'all plans compute into the same memory', 'outputs'),
    acting('second-plan-differs', 'every second plan of a backend lacks beta or the mean term', {
      run(held) {
        const kernel = computeWith(
          held.serial % 2 === 0
            ? { dx: (_x, dy, g) => g.gamma * g.invStd * dy, normalisesWith: ({ invStd }) => ({ mean: 0, invStd }) }
            : {},
        );
        held.outputs = kernel(held.inputs, held.problem);
      },
    }),
    acting('newest-plan-only', 'a plan returns zeros once a newer one was made', {
      read(held, into) {
        const newest = held.serial === held.memory.plans;
        fill(into, newest ? held.outputs : emptyOutputs(held.problem), held.problem);
      },
    }),
    acting('closes-all', 'closing one plan frees the results of all', {
      ...afterRun((held) => held.memory.results.set('last', held.outputs)),
      read(held, into) {
        fill(into, held.memory.results.size > 0 ? held.outputs : emptyOutputs(held.problem), held.problem);
      },
      close(held) {
        held.memory.results.clear();
      },
    }),
  ),
];
