import type { Numerics, Problem } from '@normgauge/contract';
import { jobBytes } from './job.ts';
import type { Kernels } from './kernels.ts';
import { capacity } from './memory.ts';
import { bytesNeeded } from './wasmPlan.ts';

/**
 * Five float32 additions at most (assembly/rows/deviations.ts, assembly/columns/deviations.ts). They add x−shift and not
 * x, whose mean size may be three times that of x (assembly/shift.ts), which counts like 3·(5+1)−1 additions of x.
 */
function reductionDepth(m: number): number {
  return Math.min(m, 17);
}

/** `two-pass` is what is promised: one pass over shifted data, checked, and repeated until it is as good as two. */
export const numerics: Numerics = {
  statistics: 'two-pass',
  reductionDepth,
  affine: 'centred',
  flushToZero: false,
  nonFinite: 'ieee',
  deterministic: true,
};

/** The reason why a problem does not fit a WebAssembly memory, where it does not. */
export function whyTooLarge(problem: Problem, sizes: Kernels['sizes'], threads: number): string | undefined {
  const bytes = bytesNeeded(problem, sizes, threads);
  return bytes <= capacity ? undefined : `needs ${bytes} bytes of WebAssembly memory, which holds ${capacity}`;
}

/** @throws {Error} when the compiled kernels are not those that this code was written for */
export function checkBuilt(sizes: Kernels['sizes']): void {
  if (sizes.jobBytes === jobBytes) return;
  const got = `${sizes.jobBytes}; build the package again`;
  throw new Error(`wasm: expected kernels that read a job of ${jobBytes} bytes, got ${got}`);
}
