import type { MaybePromise, Op, Problem } from '@normgauge/contract';
import { geometryOf } from '../geometry.ts';
import type { Runner } from '../wasmPlan.ts';
import type { Step } from './control.ts';
import type { Team } from './team.ts';

type Exports = Readonly<Record<string, unknown>>;

/** Steps that only the first thread does, while the others wait; named as assembly/index.ts exports them. */
type Once =
  | 'beginColumns'
  | 'guessColumns'
  | 'settleColumns'
  | 'settleInferenceColumns'
  | 'shiftToSaved'
  | 'settleGradientColumns'
  | 'settleFrozenColumns'
  | 'settleFrozenSumsOfColumns'
  | 'finishForward'
  | 'finishGradient';

const wholeOp: Readonly<Record<Op, Step>> = {
  'forward-training': 'forwardTraining',
  inference: 'inference',
  backward: 'backward',
  'backward-frozen': 'backwardFrozen',
};

/** Yields whenever the other threads are not ready and this one may not sleep. */
type Progress = Generator<void, void, void>;

/** Computes problems with a team. A single `run` at a time: those that come meanwhile wait for their turn. */
export class TeamRunner implements Runner {
  readonly threads: number;
  readonly #team: Team;
  readonly #exports: Exports;
  #last: Promise<void> | undefined;

  constructor(team: Team, exports: Exports) {
    this.threads = team.threads;
    this.#team = team;
    this.#exports = exports;
  }

  run(problem: Problem, jobs: number, count: number): MaybePromise<void> {
    if (count === 1) {
      this.#call(wholeOp[problem.op], jobs);
      return;
    }
    if (this.#last === undefined) {
      const progress = this.#steps(problem, jobs, count);
      if (progress.next().done) return;
      return this.#queue(() => this.#finish(progress));
    }
    return this.#queue(() => this.#finish(this.#steps(problem, jobs, count)));
  }

  async #queue(task: () => Promise<void>): Promise<void> {
    const before = this.#last;
    const mine = (async () => {
      await before?.catch(() => undefined);
      await task();
    })();
    this.#last = mine;
    try {
      await mine;
    } finally {
      if (this.#last === mine) this.#last = undefined;
    }
  }

  async #finish(progress: Progress): Promise<void> {
    while (!progress.next().done) await this.#team.arrival();
  }

  #steps(problem: Problem, jobs: number, count: number): Progress {
    if (geometryOf(problem).byRow) return this.#each(wholeOp[problem.op], jobs, count);
    return this.#columns(problem, jobs, count);
  }

  /** In the order of assembly/index.ts, which has the same steps for one thread. */
  *#columns({ op, shape }: Problem, job: number, count: number): Progress {
    switch (op) {
      case 'forward-training': {
        if (this.#once('beginColumns', job) !== 0) yield* this.#each('readColumns', job, count);
        this.#once('guessColumns', job);
        for (let pass = 1, again = true; again; pass++) {
          yield* this.#each('sumColumns', job, count);
          again = this.#once('settleColumns', job, pass) !== 0;
        }
        yield* this.#each('mapColumns', job, count);
        this.#once('finishForward', job, 0, shape.c);
        return;
      }
      case 'inference': {
        this.#once('settleInferenceColumns', job);
        yield* this.#each('mapColumns', job, count);
        this.#once('finishForward', job, 0, shape.c);
        return;
      }
      case 'backward': {
        this.#once('shiftToSaved', job);
        yield* this.#each('sumGradientColumns', job, count);
        this.#once('settleGradientColumns', job);
        yield* this.#each('mapGradientColumns', job, count);
        this.#once('finishGradient', job, 0, shape.c);
        return;
      }
      case 'backward-frozen': {
        this.#once('settleFrozenColumns', job);
        yield* this.#each('mapFrozenColumns', job, count);
        this.#once('settleFrozenSumsOfColumns', job);
        return;
      }
    }
  }

  *#each(step: Step, job: number, count: number): Progress {
    this.#team.begin(step, job, count, (one) => this.#call(step, one));
    while (!this.#team.join()) yield;
  }

  #once(name: Once, ...args: readonly number[]): number {
    return this.#call(name, ...args);
  }

  #call(name: string, ...args: readonly number[]): number {
    return (this.#exports[name] as (...args: readonly number[]) => number)(...args);
  }
}
