import {
  type Backend,
  checkProblem,
  elementsOf,
  formatShape,
  KernelError,
  type Numerics,
  type OpenBackend,
  type Plan,
  type Problem,
  ProblemError,
  whyNotStored,
} from '@normgauge/contract';
import { JavaScriptPlan } from './plan.ts';

/** Kernels index with 30 bits, so that V8 leaves out its overflow checks. */
const largestTensor = 2 ** 30 - 1;

const numerics: Numerics = {
  // Shifted sums, walked again about the mean where the shift was bad (moments.ts): as accurate as two passes, and
  // held to their bound.
  statistics: 'two-pass',
  // Every addition is float64.
  reductionDepth: () => 0,
  affine: 'centred',
  // One rounding, at the store.
  invStdError: 1,
  flushToZero: false,
  nonFinite: 'ieee',
  deterministic: true,
};

function supports(problem: Problem): true | string {
  const notStored = whyNotStored(problem);
  if (notStored !== undefined) return notStored;
  const { shape } = problem;
  return elementsOf(shape) <= largestTensor || `takes at most ${largestTensor} elements a tensor`;
}

/** BatchNorm in plain JavaScript over typed arrays: no WebAssembly, no threads, available wherever this loads. */
class JavaScriptBackend implements Backend {
  readonly id = 'simd-js';
  readonly version = '0.1.0';
  readonly numerics: Numerics = numerics;
  readonly #plans: Set<Plan> = new Set();
  #closed = false;

  supports(problem: Problem): true | string {
    return supports(problem);
  }

  plan(problem: Problem): Plan {
    if (this.#closed) throw new KernelError('order', 'plan: expected an open backend, got one that was closed');
    checkProblem(problem);
    const supported = supports(problem);
    if (supported !== true) {
      const got = `${formatShape(problem.shape)}, where it ${supported}`;
      throw new ProblemError('shape', 'one that simd-js supports', got);
    }
    const plan: Plan = new JavaScriptPlan(problem, () => this.#plans.delete(plan));
    this.#plans.add(plan);
    return plan;
  }

  /** Closes the plans that are still open, too. */
  close(): void {
    this.#closed = true;
    for (const plan of this.#plans) plan.close();
  }
}

/**
 * Opens the plain JavaScript backend, id `simd-js`. Everything it computes is synchronous: `write`, `run` and `read` are
 * complete when they return. Every open is a backend of its own.
 */
export const openBackend: OpenBackend = () => new JavaScriptBackend();
