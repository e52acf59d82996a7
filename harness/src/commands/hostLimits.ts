import { elementsOf } from '@normgauge/contract';
import type { Case } from '../cases/case.ts';
import { type HostLimits, usualLimits } from '../hosts/backendHost.ts';

/** Milliseconds: a process is started and a module loaded in this even on a busy machine. */
const leastToOpen = 10_000;

/**
 * MiB in use beside the tensors, and copies of x that a verified backend may hold: its own, those between guard zones
 * and those on their way. Our backends were seen with up to 17.
 */
const beside = 512;
const copiesOfX = 40;

/** MiB that the process of a backend may use on these cases. */
function memoryFor(cases: readonly Case[]): number {
  const largest = cases.reduce((most, { problem }) => Math.max(most, elementsOf(problem.shape)), 0);
  const x = (largest * Float32Array.BYTES_PER_ELEMENT) / 2 ** 20;
  return Math.max(usualLimits.memory, Math.ceil(beside + copiesOfX * x));
}

/**
 * The limits of a backend's process. Opening has twice the time of a request, at the least ten seconds.
 *
 * @param timeLimit seconds for one request
 * @param memoryLimit MiB, where they were asked for
 */
export function hostLimits(cases: readonly Case[], timeLimit: number, memoryLimit: number | undefined): HostLimits {
  return {
    ...usualLimits,
    open: Math.max(leastToOpen, 2 * timeLimit * 1000),
    memory: memoryLimit ?? memoryFor(cases),
  };
}
