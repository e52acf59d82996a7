import {
  type Backend,
  checkProblem,
  KernelError,
  type MaybePromise,
  type Numerics,
  type Plan,
  type Problem,
  ProblemError,
  whyNotStored,
} from '@normgauge/contract';
import { type Computation, LibraryPlan } from './libraryPlan.ts';

/** What tells one library from another; the rest is the same for all. */
export interface LibraryKernels {
  readonly id: string;
  readonly version: string;
  readonly numerics: Numerics;
  supports(problem: Problem): true | string;
  /** Called for a problem that has a meaning and is supported. */
  compute(problem: Problem): MaybePromise<Computation>;
  close?(): MaybePromise<void>;
}

/** A library as a backend. Closing it closes the plans that are still open, too. */
export function backendOf({ id, version, numerics, supports, compute, close }: LibraryKernels): Backend {
  const plans = new Set<Plan>();
  let closed = false;
  return {
    id,
    version,
    numerics,
    supports: (problem) => whyNotStored(problem) ?? supports(problem),
    async plan(problem: Problem): Promise<Plan> {
      if (closed) throw new KernelError('order', 'plan: expected an open backend, got one that was closed');
      checkProblem(problem);
      const supported = supports(problem);
      if (supported !== true) throw new ProblemError('problem', `one that ${id} supports`, `one where it ${supported}`);
      const plan = new LibraryPlan(problem, await compute(problem), (gone) => plans.delete(gone));
      plans.add(plan);
      return plan;
    },
    async close(): Promise<void> {
      closed = true;
      for (const plan of [...plans]) await plan.close();
      await close?.();
    },
  };
}
