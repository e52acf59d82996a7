import {
  type Backend,
  checkProblem,
  KernelError,
  type Numerics,
  type OpenBackend,
  type Plan,
  type Problem,
} from '@normgauge/contract';
import { jobBytes } from './job.ts';
import { type Kernels, loadKernels, requireSimd } from './kernels.ts';
import { capacity, WasmMemory } from './memory.ts';
import { bytesNeeded, WasmPlan } from './wasmPlan.ts';

/**
 * Five float32 additions at most (assembly/rows/deviations.ts, assembly/columns/deviations.ts). They add x−shift and not
 * x, whose mean size may be three times that of x (assembly/shift.ts), which counts like 3·(5+1)−1 additions of x.
 */
function reductionDepth(m: number): number {
  return Math.min(m, 17);
}

/** `two-pass` is what is promised: one pass over shifted data, checked, and repeated until it is as good as two. */
const numerics: Numerics = {
  statistics: 'two-pass',
  reductionDepth,
  affine: 'centred',
  flushToZero: false,
  nonFinite: 'ieee',
  deterministic: true,
};

class WasmBackend implements Backend {
  readonly id = 'wasm';
  readonly version = '0.1.0';
  readonly numerics: Numerics = numerics;
  readonly #kernels: Kernels;
  #memory: WasmMemory | undefined;

  constructor(kernels: Kernels, memory: WasmMemory) {
    this.#kernels = kernels;
    this.#memory = memory;
  }

  supports(problem: Problem): true | string {
    const bytes = bytesNeeded(problem, this.#kernels);
    return bytes <= capacity || `needs ${bytes} bytes of WebAssembly memory, which holds ${capacity}`;
  }

  /**
   * @throws {ProblemError} when the problem has no meaning, or needs more memory than WebAssembly can address
   * @throws {RangeError} when open plans or the machine leave too little memory
   */
  plan(problem: Problem): Plan {
    if (this.#memory === undefined) throw new KernelError('order', 'plan: expected an open backend, got a closed one');
    checkProblem(problem);
    return new WasmPlan(problem, this.#kernels, this.#memory);
  }

  /** Lets go of the memory; it is returned to the system when the last plan is gone. */
  close(): void {
    this.#memory = undefined;
  }
}

/**
 * BatchNorm in WebAssembly with 128-bit SIMD, on one thread. Every op, convention, layout and size; float32 lanes
 * folded to float64 (assembly/rows, assembly/columns), and float64 throughout for data that float32 does
 * not hold (assembly/wide.ts).
 *
 * @throws {BackendUnavailableError} when the engine has no WebAssembly or no SIMD
 */
export const openBackend: OpenBackend = async (): Promise<Backend> => {
  requireSimd();
  const memory = new WasmMemory();
  const kernels = await loadKernels(memory.memory);
  if (kernels.sizes.jobBytes !== jobBytes) {
    const got = `${kernels.sizes.jobBytes}; build the package again`;
    throw new Error(`wasm: expected kernels that read a job of ${jobBytes} bytes, got ${got}`);
  }
  return new WasmBackend(kernels, memory);
};
