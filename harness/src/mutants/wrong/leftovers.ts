import { checkOutputs, type Problem } from '@normgauge/contract';
import { computeWith, type Outputs } from '../../stepwise/kernel.ts';
import { sum, twoPass } from '../../stepwise/steps.ts';
import { copyOf, correctConduct, type Held, type Memory } from '../conduct.ts';
import { acting, because, type Mutant } from '../mutant.ts';

/* Kernels that find what an earlier plan left behind, or trip over what they refused. */

const compute = (held: Held): Outputs => held.compute(held.inputs, held.problem);

/** What a backend keeps from plan to plan, beside the results that it is given room for. */
function keeping<T>(make: () => T): (memory: Memory) => T {
  const kept = new WeakMap<Memory, T>();
  return (memory) => {
    const value = kept.get(memory) ?? make();
    kept.set(memory, value);
    return value;
  };
}

/** As a pipeline that is compiled once for each of these: everything else is what the first plan asked for. */
function compiledBy(keyOf: (problem: Problem) => string, taken: (problem: Problem, first: Problem) => Problem) {
  const firstOf = keeping(() => new Map<string, Problem>());
  return {
    run(held: Held): void {
      const firsts = firstOf(held.memory);
      const key = keyOf(held.problem);
      if (!firsts.has(key)) firsts.set(key, held.problem);
      held.outputs = held.compute(held.inputs, taken(held.problem, firsts.get(key)!));
    },
  };
}

const partials = keeping(() => new Map<string, number[]>());
const gammas = keeping((): { gamma?: Float32Array } => ({}));
const refusals = keeping(() => ({ refused: false }));

export const leftoverMutants: readonly Mutant[] = [
  ...because(
    'side effects',
    'state shared between plans',
    acting('partials-left', 'partial sums of 64 elements that a larger plan left behind are added', {
      run(held) {
        const { problem, memory } = held;
        const kernel = computeWith({
          statistics(x, m, { c }) {
            const own = Array.from({ length: Math.ceil(x.length / 64) }, (_, k) =>
              sum(x.subarray(64 * k, 64 * k + 64)),
            );
            const scratch = partials(memory).get(`${problem.op} ${c}`) ?? [];
            for (const [k, value] of own.entries()) scratch[k] = value;
            partials(memory).set(`${problem.op} ${c}`, scratch);
            const mean = scratch.reduce((a, b) => a + b, 0) / m;
            return { mean, squares: twoPass(x, m).squares };
          },
        });
        held.outputs = kernel(held.inputs, problem);
      },
    }),
    acting('gamma-left', 'an absent gamma is the one that was uploaded last', {
      run(held) {
        const { gamma } = held.inputs;
        const left = gammas(held.memory);
        if (gamma) left.gamma = gamma;
        const found = gamma ?? (left.gamma?.length === held.problem.shape.c ? left.gamma : undefined);
        held.outputs = held.compute({ ...held.inputs, ...(found && { gamma: found }) }, held.problem);
      },
    }),
  ),
  ...because(
    'side effects',
    'cached by shape',
    acting(
      'compiled-eps',
      'eps is compiled into a kernel that is kept by op, layout and shape',
      compiledBy(
        ({ op, layout, shape }) => JSON.stringify([op, layout, shape]),
        (problem, { convention: { eps } }) => ({ ...problem, convention: { ...problem.convention, eps } }),
      ),
    ),
    acting(
      'compiled-momentum',
      'the momentum is compiled into a kernel that is kept by op, layout and shape',
      compiledBy(
        ({ op, layout, shape, convention }) =>
          JSON.stringify([op, layout, shape, convention.momentum === 'cumulative']),
        (problem, { convention: { momentum } }) => ({ ...problem, convention: { ...problem.convention, momentum } }),
      ),
    ),
    acting(
      'compiled-layout',
      'strides are compiled into a kernel that is kept by op and shape',
      compiledBy(
        ({ op, shape }) => JSON.stringify([op, shape]),
        (problem, { layout }) => ({ ...problem, layout }),
      ),
    ),
  ),
  ...because(
    'side effects',
    'state kept between runs',
    acting('gradient-in-place', "dx overwrites the plan's dy, so that the next run differentiates dx", {
      run(held) {
        held.outputs = compute(held);
        const { dx } = held.outputs;
        if (dx) held.inputs = { ...held.inputs, dy: dx };
      },
    }),
    acting('stuck-after-refusal', 'a backend that refused inputs returns zeros from then on', {
      write(held, inputs) {
        try {
          correctConduct.write(held, inputs);
        } catch (error) {
          refusals(held.memory).refused = true;
          throw error;
        }
      },
      run(held) {
        held.outputs = compute(held);
        if (!refusals(held.memory).refused) return;
        for (const tensor of Object.values(held.outputs)) tensor.fill(0);
      },
    }),
  ),
  ...because(
    'side effects',
    'input read after write returned',
    acting('keeps-whole-buffers', 'an array that has its buffer to itself is kept, others are copied', {
      write(held, inputs) {
        correctConduct.write(held, inputs);
        const { x } = inputs;
        if (x!.byteOffset === 0 && x!.byteLength === x!.buffer.byteLength) held.inputs = { ...held.inputs, x: x! };
      },
    }),
  ),
  ...because(
    'side effects',
    'nondeterministic',
    acting(
      'random-race-declared',
      'in one run of two an element is lost to a race, declared as nondeterministic',
      {
        run(held) {
          held.outputs = compute(held);
          const written = held.outputs.y ?? held.outputs.dx!;
          const at = Math.floor(written.length / 2);
          if (held.memory.uniform() < 0.5) written[at] = 1.5 * written[at]! + 0.5;
        },
      },
      { deterministic: false },
    ),
  ),
  ...because(
    'indexing',
    'tail not written',
    acting('aligned-tail', 'a view that begins at a multiple of 16 bytes is filled in whole vectors of 4', {
      read(held, into) {
        checkOutputs(held.problem, into);
        const copies = copyOf(held.outputs);
        for (const [name, view] of Object.entries(into)) {
          const result = copies[name as keyof Outputs]!;
          view.set(view.byteOffset % 16 === 0 ? result.subarray(0, view.length & ~3) : result);
        }
      },
    }),
  ),
];
