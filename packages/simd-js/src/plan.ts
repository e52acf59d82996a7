import {
  checkInputs,
  checkOutputs,
  elementsPerChannel,
  formatShape,
  inputsOf,
  KernelError,
  type Op,
  outputsOf,
  type Plan,
  type Problem,
  type TensorSlot,
  type Tensors,
} from '@normgauge/contract';
import { backward, backwardFrozen } from './backward.ts';
import { forwardTraining, inference } from './forward.ts';
import { tableWidth } from './sweep.ts';
import { sweepFor } from './sweepFor.ts';
import type { Workspace } from './workspace.ts';

const operations: Readonly<Record<Op, (workspace: Workspace) => void>> = {
  'forward-training': forwardTraining,
  inference,
  backward,
  'backward-frozen': backwardFrozen,
};

/** One problem with memory of its own for every input and output: plans share nothing. */
export class JavaScriptPlan implements Plan {
  readonly #problem: Problem;
  readonly #onClose: () => void;
  /** Absent once the plan is closed. */
  #workspace: Workspace | undefined;
  #state: 'empty' | 'written' | 'complete' = 'empty';

  /** @throws {Error} when the memory for the tensors is not to be had */
  constructor(problem: Problem, onClose: () => void) {
    this.#problem = problem;
    this.#onClose = onClose;
    this.#workspace = allocate(problem);
  }

  write(inputs: Tensors): void {
    const own = this.#open('write').inputs;
    checkInputs(this.#problem, inputs);
    for (const { name } of inputsOf(this.#problem)) own[name]!.set(inputs[name]!);
    this.#state = 'written';
  }

  run(): void {
    const workspace = this.#open('run');
    if (this.#state === 'empty') throw new KernelError('order', 'run: expected write before it, got none');
    operations[this.#problem.op](workspace);
    this.#state = 'complete';
  }

  read(into: Tensors): void {
    const own = this.#open('read').outputs;
    checkOutputs(this.#problem, into);
    if (this.#state !== 'complete') throw new KernelError('order', 'read: expected run before it, got none');
    for (const { name } of outputsOf(this.#problem)) into[name]?.set(own[name]!);
  }

  close(): void {
    this.#workspace = undefined;
    this.#onClose();
  }

  #open(method: string): Workspace {
    if (this.#workspace !== undefined) return this.#workspace;
    throw new KernelError('order', `${method}: expected an open plan, got one that was closed`);
  }
}

function allocate(problem: Problem): Workspace {
  const { shape, layout } = problem;
  try {
    return {
      problem,
      m: elementsPerChannel(shape),
      sweep: sweepFor(shape, layout),
      table: new Float64Array(tableWidth * shape.c),
      inputs: memoryFor(inputsOf(problem), 0),
      outputs: memoryFor(outputsOf(problem), 2),
    };
  } catch (cause) {
    const elements = [...inputsOf(problem), ...outputsOf(problem)].reduce((sum, { length }) => sum + length, 0);
    throw new Error(
      `simd-js: expected ${elements * Float32Array.BYTES_PER_ELEMENT} bytes of memory for ${formatShape(shape)}, ` +
        `got "${(cause as Error).message}"; close other plans or take a smaller shape`,
      { cause },
    );
  }
}

/**
 * Bytes by which each tensor is moved from the last. Kernels read several tensors at one index, and of each of them
 * eight rows that may lie a multiple of 4 KiB apart: did every tensor begin a page, all would compete for one set of the
 * cache, and N×C would take up to 1.9 times as long.
 */
const stagger = 1024;
const page = 4096;

/** @param before full tensors that were allocated before these, at most */
function memoryFor(slots: readonly TensorSlot[], before: number): Tensors {
  return Object.fromEntries(
    slots.map(({ name, length }, k) => {
      const buffer = new ArrayBuffer(length * Float32Array.BYTES_PER_ELEMENT + page);
      return [name, new Float32Array(buffer, ((before + k) * stagger) % page, length)];
    }),
  );
}
