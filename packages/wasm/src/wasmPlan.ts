import {
  checkInputs,
  checkOutputs,
  formatShape,
  inputsOf,
  KernelError,
  type MaybePromise,
  momentumWeight,
  outputsOf,
  type Plan,
  type Problem,
  ProblemError,
  type Tensors,
} from '@normgauge/contract';
import { type AddressField, writeJob, writeMomentum } from './job.ts';
import type { Kernels } from './kernels.ts';
import { inputFields, jobStride, jobsOf, type Layout, layoutOf, outputFields } from './layout.ts';
import { capacity, type WasmMemory } from './memory.ts';

/** Who computes: one thread, or several. */
export interface Runner {
  readonly threads: number;
  /** Computes the outputs of a problem whose Jobs, so many, lie at this address, `jobStride` bytes apart. */
  run(problem: Problem, jobs: number, count: number): MaybePromise<void>;
}

/** An operation in one call. */
export function oneThread({ run }: Kernels): Runner {
  return { threads: 1, run: ({ op }, jobs) => run[op](jobs) };
}

/** Bytes of WebAssembly memory that a plan of this problem takes. */
export function bytesNeeded(problem: Problem, sizes: Kernels['sizes'], threads: number): number {
  return layoutOf(problem, sizes, threads).bytes;
}

/** One problem, its tensors in WebAssembly memory from `write` until `read`. */
export class WasmPlan implements Plan {
  readonly #problem: Problem;
  readonly #runner: Runner;
  readonly #memory: WasmMemory;
  readonly #layout: Layout;
  /** Where the plan's block of memory starts. */
  readonly #block: number;
  #state: 'empty' | 'written' | 'computed' | 'closed' = 'empty';

  /** @throws {ProblemError} when the problem is larger than a WebAssembly memory can be */
  constructor(problem: Problem, sizes: Kernels['sizes'], memory: WasmMemory, runner: Runner) {
    const layout = layoutOf(problem, sizes, runner.threads);
    if (layout.bytes > capacity) {
      throw new ProblemError(
        'shape',
        `tensors of at most ${capacity} bytes together, which is what a WebAssembly memory holds`,
        `${layout.bytes} bytes for ${problem.op} of ${formatShape(problem.shape)}`,
      );
    }
    this.#problem = problem;
    this.#runner = runner;
    this.#memory = memory;
    this.#layout = layout;
    this.#block = memory.allocate(layout.bytes);
    for (const [thread, fields] of jobsOf(layout, this.#block).entries()) {
      writeJob(memory.memory, this.#job(thread), problem, fields);
    }
  }

  write(inputs: Tensors): void {
    this.#requireOpen('write');
    checkInputs(this.#problem, inputs);
    for (const { name, length } of inputsOf(this.#problem)) {
      const field = inputFields[name];
      if (field !== undefined) this.#view(field, length).set(inputs[name]!);
    }
    if (inputs.batchesTracked) {
      const weight = momentumWeight(this.#problem.convention, inputs.batchesTracked[0]!);
      for (const thread of this.#layout.shares.keys()) writeMomentum(this.#memory.memory, this.#job(thread), weight);
    }
    this.#state = 'written';
  }

  run(): MaybePromise<void> {
    this.#requireOpen('run');
    if (this.#state === 'empty') throw new KernelError('order', 'run: expected write before it, got none');
    const pending = this.#runner.run(this.#problem, this.#job(0), this.#layout.shares.length);
    if (pending === undefined) {
      this.#state = 'computed';
      return;
    }
    return pending.then(() => {
      this.#state = 'computed';
    });
  }

  read(into: Tensors): void {
    this.#requireOpen('read');
    checkOutputs(this.#problem, into);
    if (this.#state !== 'computed') throw new KernelError('order', 'read: expected run before it, got none');
    for (const { name, length } of outputsOf(this.#problem)) {
      into[name]?.set(this.#view(outputFields[name]!, length));
    }
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#memory.free(this.#block);
  }

  #job(thread: number): number {
    return this.#block + this.#layout.jobs + thread * jobStride;
  }

  #view(field: AddressField, length: number): Float32Array {
    return this.#memory.floats(this.#block + this.#layout.tensors[field]!, length);
  }

  #requireOpen(method: string): void {
    if (this.#state === 'closed') throw new KernelError('order', `${method}: expected an open plan, got a closed one`);
  }
}
