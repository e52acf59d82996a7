import {
  type Backend,
  checkProblem,
  KernelError,
  type Numerics,
  type OpenBackend,
  type Plan,
  type Problem,
  whyNotStored,
} from '@normgauge/contract';
import { checkBuilt, numerics, whyTooLarge } from './declared.ts';
import { type Kernels, loadKernels, requireSimd } from './kernels.ts';
import { WasmMemory } from './memory.ts';
import { oneThread, WasmPlan } from './wasmPlan.ts';

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
    return whyNotStored(problem) ?? whyTooLarge(problem, this.#kernels.sizes, 1) ?? true;
  }

  /**
   * @throws {ProblemError} when the problem has no meaning, or needs more memory than WebAssembly can address
   * @throws {RangeError} when open plans or the machine leave too little memory
   */
  plan(problem: Problem): Plan {
    if (this.#memory === undefined) throw new KernelError('order', 'plan: expected an open backend, got a closed one');
    checkProblem(problem);
    return new WasmPlan(problem, this.#kernels.sizes, this.#memory, oneThread(this.#kernels));
  }

  /** Lets go of the memory; it is returned to the system when the last plan is gone. */
  close(): void {
    this.#memory = undefined;
  }
}

/**
 * BatchNorm in WebAssembly with 128-bit SIMD, on one thread. Every op, convention, layout and size; float32 lanes
 * folded to float64 (assembly/rows, assembly/columns), fused multiply-add where the engine has relaxed SIMD, and float64
 * throughout for data that float32 does not hold (assembly/wide.ts).
 *
 * @throws {BackendUnavailableError} when the engine has no WebAssembly or no SIMD
 */
export const openBackend: OpenBackend = async (): Promise<Backend> => {
  requireSimd('wasm');
  const memory = new WasmMemory();
  const kernels = await loadKernels(memory.memory);
  checkBuilt(kernels.sizes);
  return new WasmBackend(kernels, memory);
};
