import { jobStride } from '../layout.ts';
import {
  allOf,
  cells,
  controlCells,
  line,
  patience,
  quit,
  type Step,
  steps,
  takeJob,
  type Welcome,
} from './control.ts';
import { startThread, type Thread } from './workers.ts';

/** After so long a thread that has not answered is taken for dead. */
const longestStep = 60_000;

/** Whether this thread may sleep: the main thread of a page may not. */
function maySleep(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return true;
  } catch {
    return false;
  }
}

/** Threads behind the one that opened them, which takes part in every step as the first. */
export class Team {
  readonly threads: number;
  /** Whether `join` ends only when all is done; otherwise `arrival` has to be awaited. */
  readonly sleeps: boolean = maySleep();
  readonly #control: Int32Array<SharedArrayBuffer>;
  readonly #members: readonly Thread[];
  #steps = 0;

  private constructor(control: Int32Array<SharedArrayBuffer>, members: readonly Thread[]) {
    this.threads = members.length + 1;
    this.#control = control;
    this.#members = members;
  }

  /** @throws {Error} when a thread cannot be started; those that were are stopped */
  static async start(threads: number, module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<Team> {
    const control = new SharedArrayBuffer(4 * controlCells(threads));
    const welcome = (thread: number): Welcome => ({ module, memory, control, thread });
    const started = await Promise.allSettled(
      Array.from({ length: threads - 1 }, (_, member) => startThread(welcome(member + 1))),
    );
    const members = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const refused = started.find((result) => result.status === 'rejected');
    if (refused !== undefined) {
      for (const member of members) await member.stop();
      throw refused.reason;
    }
    return new Team(new Int32Array(control), members);
  }

  /** Does a step, of so many Jobs, together with the other threads, as far as this one is needed for it. */
  begin(step: Step, job: number, count: number, call: (job: number) => void): void {
    const control = this.#control;
    this.#signal(steps.indexOf(step), job, count);
    for (let mine = takeJob(control); mine !== undefined; mine = takeJob(control)) {
      try {
        call(job + mine * jobStride);
      } finally {
        Atomics.sub(control, cells.pending, 1);
      }
    }
  }

  /** True when all Jobs are done. Looks for a while and then, where this thread may, sleeps. */
  join(): boolean {
    const control = this.#control;
    for (let look = 0; look < patience; look++) {
      if (Atomics.load(control, cells.pending) === 0) return this.#checked();
    }
    if (!this.sleeps) return false;
    const start = Date.now();
    for (let pending = 1; pending > 0; ) {
      pending = Atomics.load(control, cells.pending);
      if (pending > 0) Atomics.wait(control, cells.pending, pending, longestStep);
      if (Date.now() - start > longestStep) this.#giveUp();
    }
    return this.#checked();
  }

  /** Resolves when there may be something new for `join` to find. */
  async arrival(): Promise<void> {
    await new Promise((resolve) => {
      setTimeout(resolve, 0);
    });
  }

  async close(): Promise<void> {
    this.#signal(quit, 0, this.#members.length);
    for (const member of this.#members) await member.stop();
  }

  #signal(step: number, job: number, count: number): void {
    const control = this.#control;
    Atomics.store(control, cells.step, step);
    Atomics.store(control, cells.job, job);
    Atomics.store(control, cells.pending, count);
    Atomics.store(control, cells.left, allOf(++this.#steps, count));
    for (let thread = 1; thread < this.threads; thread++) {
      if (Atomics.load(control, cells.asleep + line * thread) === 0) continue;
      Atomics.notify(control, cells.left);
      return;
    }
  }

  #checked(): boolean {
    if (Atomics.load(this.#control, cells.failed) === 0) return true;
    throw new Error('wasm-threads: expected every thread to do its step, got an exception in one');
  }

  #giveUp(): never {
    throw new Error(`wasm-threads: expected every thread to answer within ${longestStep} ms, got silence from one`);
  }
}
