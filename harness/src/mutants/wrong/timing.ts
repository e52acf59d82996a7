import { checkInputs } from '@normgauge/contract';
import { float32, lanes, reordered, shuffled, stochastic } from '../../stepwise/float32.ts';
import { computeWith, emptyOutputs, type Outputs } from '../../stepwise/kernel.ts';
import { copyOf, type correctConduct, fill, type Held } from '../conduct.ts';
import { acting, because, type Mutant, type Variant } from '../mutant.ts';

/* Kernels whose results depend on when they are asked, or on chance. */

const compute = (held: Held): Outputs => held.compute(held.inputs, held.problem);

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Multiplies the first output by 1 + part, in one element. */
function disturb(outputs: Outputs, part: number): void {
  const written = outputs.y ?? outputs.dx!;
  const at = Math.floor(written.length / 2);
  written[at] = written[at]! * (1 + part) + part;
}

/** Runs as it should, then does this to the results. */
const afterRun = (spoil: (held: Held) => void): Pick<typeof correctConduct, 'run'> => ({
  run(held) {
    held.outputs = compute(held);
    spoil(held);
  },
});

/** A new kernel for every run, from the seeded numbers of the backend. */
function drawing(id: string, does: string, kernelOf: (held: Held) => Outputs): Variant {
  return acting(id, does, {
    run(held) {
      held.outputs = kernelOf(held);
    },
  });
}

const awaiting: readonly Mutant[] = [
  ...because(
    'side effects',
    'input read after write returned',
    acting('keeps-inputs', "the caller's arrays are kept and read when it runs", {
      write(held, inputs) {
        checkInputs(held.problem, inputs);
        held.inputs = inputs;
      },
    }),
    acting('keeps-gamma', "the caller's gamma and beta are kept", {
      write(held, inputs) {
        checkInputs(held.problem, inputs);
        const { gamma, beta } = inputs;
        held.inputs = { ...copyOf(inputs), ...(gamma && { gamma }), ...(beta && { beta }) };
      },
    }),
    acting('copies-late', 'inputs are copied in a task that write does not wait for', {
      write(held, inputs) {
        checkInputs(held.problem, inputs);
        held.inputs = inputs;
        setImmediate(() => {
          if (held.inputs === inputs) held.inputs = copyOf(inputs);
        });
      },
    }),
    acting('keeps-large-inputs', 'inputs above 64 kB are kept, smaller ones copied', {
      write(held, inputs) {
        checkInputs(held.problem, inputs);
        held.inputs = inputs.x!.length > 16_384 ? inputs : copyOf(inputs);
      },
    }),
  ),
  ...because(
    'side effects',
    'work not awaited',
    acting('run-not-awaited', 'run returns before its work is done', {
      run(held) {
        const fresh = compute(held);
        held.outputs = { ...emptyOutputs(held.problem), ...held.outputs };
        void wait(1).then(() => {
          held.outputs = fresh;
        });
      },
    }),
    acting('run-not-awaited-task', 'run returns one task before its work is done', {
      run(held) {
        const fresh = compute(held);
        held.outputs = { ...emptyOutputs(held.problem), ...held.outputs };
        setImmediate(() => {
          held.outputs = fresh;
        });
      },
    }),
    acting('read-not-awaited', 'read returns before the views are filled', {
      read(held, into) {
        const { outputs, problem } = held;
        void wait(1).then(() => fill(into, outputs, problem));
      },
    }),
    acting('read-half-awaited', 'read waits for the first output only', {
      read({ outputs }, into) {
        for (const [k, [name, view]] of Object.entries(into).entries()) {
          const tensor = outputs[name as keyof Outputs]!;
          if (k === 0) view.set(tensor);
          else void wait(1).then(() => view.set(tensor));
        }
      },
    }),
  ),
];

const chance: readonly Mutant[] = [
  ...because(
    'side effects',
    'nondeterministic',
    drawing('random-order', 'float32 sums in an order that changes with every run', ({ inputs, problem, memory }) =>
      computeWith(float32(reordered((values) => shuffled(values, memory.uniform))))(inputs, problem),
    ),
    drawing('random-rounding', 'y is rounded up or down by chance', ({ inputs, problem, memory }) =>
      computeWith({ store: (value) => stochastic(value, memory.uniform) })(inputs, problem),
    ),
    drawing('random-lanes', 'now 4, now 8 accumulators of float32', ({ inputs, problem, runs }) =>
      computeWith(float32(lanes(runs % 2 === 0 ? 4 : 8)))(inputs, problem),
    ),
    acting(
      'random-race',
      'in one run of two an element is lost to a race',
      afterRun(({ outputs, memory }) => {
        if (memory.uniform() < 0.5) disturb(outputs, 0.5);
      }),
    ),
    acting(
      'random-1-in-50',
      'in one run of fifty an element is lost to a race',
      afterRun(({ outputs, memory }) => {
        if (memory.uniform() < 0.02) disturb(outputs, 0.5);
      }),
    ),
    acting(
      'random-1-in-50-small',
      'in one run of fifty an element is off by a few roundings',
      afterRun(({ outputs, memory }) => {
        if (memory.uniform() < 0.02) disturb(outputs, 2 ** -22);
      }),
    ),
  ),
  ...because(
    'side effects',
    'inputs not checked',
    acting('unchecked-inputs', 'tensors of another length or absent are taken as they come', {
      write(held, inputs) {
        held.inputs = copyOf(inputs);
      },
      read(held, into) {
        fill(into, held.outputs, held.problem);
      },
    }),
  ),
];

export const timingMutants: readonly Mutant[] = [...awaiting, ...chance];
