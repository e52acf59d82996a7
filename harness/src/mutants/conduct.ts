import {
  type Backend,
  checkInputs,
  checkOutputs,
  checkProblem,
  type DType,
  type MaybePromise,
  type Numerics,
  type OpenBackend,
  outputsOf,
  type Plan,
  type Problem,
  type Tensors,
  usualDTypes,
} from '@normgauge/contract';
import { type Uniform, uniformFrom } from '../cases/random.ts';
import type { Compute, Outputs } from '../stepwise/kernel.ts';

/** What a whole backend remembers, over all its plans. */
export interface Memory {
  /** Plans made so far. */
  plans: number;
  /** Runs so far. */
  runs: number;
  readonly results: Map<string, Outputs>;
  /** Seeded when the backend is opened: never the same numbers twice in one session, the same ones in the next. */
  readonly uniform: Uniform;
}

/** What a plan holds. */
export interface Held {
  readonly problem: Problem;
  readonly compute: Compute;
  readonly memory: Memory;
  /** Which plan of its backend this is, from 1. */
  readonly serial: number;
  inputs: Tensors;
  outputs: Outputs;
  /** Runs of this plan so far. */
  runs: number;
}

/** How a plan conducts itself: each part may be replaced. */
export interface Conduct {
  write(held: Held, inputs: Tensors): MaybePromise<void>;
  run(held: Held): MaybePromise<void>;
  read(held: Held, into: Tensors): MaybePromise<void>;
  close(held: Held): MaybePromise<void>;
}

export function copyOf(tensors: Tensors): Outputs {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tensor.slice()]));
}

/** Fills the views that were asked for. */
export function fill(into: Tensors, outputs: Tensors, problem: Problem): void {
  for (const { name } of outputsOf(problem)) into[name]?.set(outputs[name]!);
}

/** Inputs copied, outputs computed anew, views filled: as the contract wants it. */
export const correctConduct: Conduct = {
  write(held, inputs) {
    checkInputs(held.problem, inputs);
    held.inputs = copyOf(inputs);
  },
  run(held) {
    held.outputs = held.compute(held.inputs, held.problem);
  },
  read(held, into) {
    checkOutputs(held.problem, into);
    fill(into, held.outputs, held.problem);
  },
  close(held) {
    held.inputs = {};
    held.outputs = {};
  },
};

/** A backend that computes with this kernel and behaves correctly but for what is replaced. */
export function backendOf(
  id: string,
  compute: Compute,
  replaced: Partial<Conduct> = {},
  numerics: Numerics = {},
  dtypes: readonly DType[] = usualDTypes,
): OpenBackend {
  const conduct: Conduct = { ...correctConduct, ...replaced };
  return (): Backend => {
    const memory: Memory = { plans: 0, runs: 0, results: new Map(), uniform: uniformFrom(1) };
    return {
      id,
      version: '1.0.0',
      numerics,
      dtypes,
      supports: () => true,
      plan(problem: Problem): Plan {
        checkProblem(problem, dtypes);
        memory.plans++;
        const held: Held = { problem, compute, memory, serial: memory.plans, inputs: {}, outputs: {}, runs: 0 };
        return {
          write: (inputs) => conduct.write(held, inputs),
          run() {
            held.runs++;
            memory.runs++;
            return conduct.run(held);
          },
          read: (into) => conduct.read(held, into),
          close: () => conduct.close(held),
        };
      },
      close() {},
    };
  };
}
