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
  type TensorSlot,
  type Tensors,
} from '@normgauge/contract';
import { writeJob, writeMomentum } from './job.ts';
import type { Kernels } from './kernels.ts';
import { inputFields, jobStride, jobsOf, type Layout, layoutOf, outputFields, startIn } from './layout.ts';
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
  /** Where the layout begins in it. */
  readonly #start: number;
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
    this.#start = startIn(this.#block, layout.bytes);
    for (const [thread, fields] of jobsOf(layout, this.#start).entries()) {
      writeJob(memory.memory, this.#job(thread), problem, fields);
    }
  }

  write(inputs: Tensors): void {
    this.#requireOpen('write');
    checkInputs(this.#problem, inputs);
    const views = this.#inputs();
    for (const { name } of inputsOf(this.#problem)) views[name]!.set(inputs[name]!);
    this.#state = 'written';
  }

  /**
   * The memory that the plan itself works on, for callers that fill it and read it in place: what is in the inputs when
   * `run` is called counts as written, and the outputs hold results when it is done. The views last until another plan
   * is opened, which may move the memory; after that, ask again.
   */
  views(): { readonly inputs: Tensors; readonly outputs: Tensors } {
    this.#requireOpen('views');
    if (this.#state === 'empty') this.#state = 'written';
    return { inputs: this.#inputs(), outputs: this.#outputs() };
  }

  run(): MaybePromise<void> {
    this.#requireOpen('run');
    if (this.#state === 'empty') throw new KernelError('order', 'run: expected write before it, got none');
    if (this.#problem.convention.momentum === 'cumulative') this.#setMomentum();
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
    const views = this.#outputs();
    for (const { name } of outputsOf(this.#problem)) into[name]?.set(views[name]!);
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#memory.free(this.#block);
  }

  #job(thread: number): number {
    return this.#start + this.#layout.jobs + thread * jobStride;
  }

  /** The weight of the new batch statistic, which with a cumulative momentum differs from batch to batch. */
  #setMomentum(): void {
    const { batchesTracked } = this.#inputs();
    if (batchesTracked === undefined) return;
    const weight = momentumWeight(this.#problem.convention, batchesTracked[0]!);
    for (const thread of this.#layout.shares.keys()) writeMomentum(this.#memory.memory, this.#job(thread), weight);
  }

  #inputs(): Tensors {
    return this.#views(inputsOf(this.#problem), inputFields);
  }

  #outputs(): Tensors {
    return this.#views(outputsOf(this.#problem), outputFields);
  }

  #views(slots: readonly TensorSlot[], fields: typeof inputFields): Tensors {
    const { tensors } = this.#layout;
    return Object.fromEntries(
      slots.map(({ name, length }) => [name, this.#memory.floats(this.#start + tensors[fields[name]!]!, length)]),
    );
  }

  #requireOpen(method: string): void {
    if (this.#state === 'closed') throw new KernelError('order', `${method}: expected an open plan, got a closed one`);
  }
}
