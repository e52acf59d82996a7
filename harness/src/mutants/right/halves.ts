import { f16round } from '@petamoriken/float16';
import { float32, pairwise } from '../../stepwise/float32.ts';
import { loading } from '../../stepwise/rounding.ts';
import { halfKernel, type Variant } from '../mutant.ts';

/* Right kernels of dtype f16. */

export const halfVariants: readonly Variant[] = [
  halfKernel('half-of-float64', 'float64 inside, y and dx stored as float16', {}),
  halfKernel('half-of-float32', 'float32 inside, y and dx stored as float16', float32(pairwise(8)), {
    reductionDepth: (m) => Math.ceil(Math.log2(m)) + 8,
  }),
  halfKernel('half-rounded-twice', 'to float32 and then to float16', { store: Math.fround }),
  halfKernel(
    'half-loaded',
    'x and dy are rounded as they are read, which changes nothing',
    loading(f16round, ['x', 'dy']),
  ),
];
