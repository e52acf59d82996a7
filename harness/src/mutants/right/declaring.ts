import type { Numerics } from '@normgauge/contract';
import { float32, lanes } from '../../stepwise/float32.ts';
import type { Replaced } from '../../stepwise/kernel.ts';
import { kernel, type Variant } from '../mutant.ts';

/** Float32 throughout with eight accumulators, but for these steps; and what it declares. */
export function declaring(id: string, does: string, numerics: Numerics, replaced: Replaced): Variant {
  return kernel(id, does, { ...float32(lanes(8)), ...replaced }, numerics);
}
