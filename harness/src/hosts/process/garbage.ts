import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** The engine's own collector, which nothing on the globals leads to; undefined in a runtime that gives it to nobody. */
function collector(): (() => void) | undefined {
  try {
    setFlagsFromString('--expose-gc');
    const gc: unknown = runInNewContext('gc');
    return typeof gc === 'function' ? (gc as () => void) : undefined;
  } catch {
    return undefined;
  }
}

const collect = collector();

/**
 * Gives back what nobody refers to any more, now: the tensors of a backend that was closed count against the memory limit until then,
 * and those of the next place come on top.
 */
export function collectGarbage(): void {
  collect?.();
}
