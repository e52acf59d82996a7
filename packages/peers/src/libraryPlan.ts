import {
  checkInputs,
  checkOutputs,
  KernelError,
  type MaybePromise,
  type Plan,
  type Problem,
  type Tensors,
} from '@normgauge/contract';

/** What a library does for one problem. It is called in a sensible order and with checked tensors only. */
export interface Computation {
  write(inputs: Tensors): MaybePromise<void>;
  run(): MaybePromise<void>;
  read(into: Tensors): MaybePromise<void>;
  close(): MaybePromise<void>;
}

/** A computation behind the checks that every plan makes. */
export class LibraryPlan implements Plan {
  readonly #problem: Problem;
  readonly #onClose: (plan: Plan) => void;
  /** Absent once the plan is closed. */
  #computation: Computation | undefined;
  #state: 'empty' | 'written' | 'complete' = 'empty';

  constructor(problem: Problem, computation: Computation, onClose: (plan: Plan) => void) {
    this.#problem = problem;
    this.#computation = computation;
    this.#onClose = onClose;
  }

  async write(inputs: Tensors): Promise<void> {
    const computation = this.#open('write');
    checkInputs(this.#problem, inputs);
    await computation.write(inputs);
    this.#state = 'written';
  }

  run(): MaybePromise<void> {
    const computation = this.#open('run');
    if (this.#state === 'empty') throw new KernelError('order', 'run: expected write before it, got none');
    const complete = (): void => {
      this.#state = 'complete';
    };
    const running = computation.run();
    // A library that computes at once is not made to wait for a promise: it would be timed, too.
    return running === undefined ? complete() : running.then(complete);
  }

  async read(into: Tensors): Promise<void> {
    const computation = this.#open('read');
    checkOutputs(this.#problem, into);
    if (this.#state !== 'complete') throw new KernelError('order', 'read: expected run before it, got none');
    await computation.read(into);
  }

  async close(): Promise<void> {
    const computation = this.#computation;
    this.#computation = undefined;
    this.#onClose(this);
    await computation?.close();
  }

  #open(method: string): Computation {
    if (this.#computation !== undefined) return this.#computation;
    throw new KernelError('order', `${method}: expected an open plan, got one that was closed`);
  }
}
