import { seedOf, uniformFrom } from '../../cases/random.ts';
import {
  blocked,
  float32,
  kahan,
  lanes,
  neumaier,
  pairwise,
  reordered,
  type Sum,
  sequential,
  shuffled,
} from '../../stepwise/float32.ts';
import { computeWith } from '../../stepwise/kernel.ts';
import { sum } from '../../stepwise/steps.ts';
import { acting, kernel, type Variant } from '../mutant.ts';

/* Kernels that add up in another way or order, all right. */

/** Float32 throughout, with this sum, of which no more is declared than its depth. */
function summing(id: string, does: string, add: Sum, reductionDepth?: (m: number) => number): Variant {
  return kernel(id, does, float32(add), reductionDepth && { reductionDepth });
}

/** The same order for as many elements, so that every run gives the same bits. */
const seededOrder = (values: Float64Array): Float64Array =>
  shuffled(values, uniformFrom(seedOf('order', values.length)));

const byMagnitude =
  (sign: 1 | -1) =>
  (values: Float64Array): Float64Array =>
    values.slice().sort((a, b) => sign * (Math.abs(a) - Math.abs(b)));

export const sumVariants: readonly Variant[] = [
  kernel('float64', 'float64 throughout, rounded when stored', {}),
  summing('float32-sequential', 'float32, one accumulator', sequential),
  ...[2, 4, 8, 16, 32, 64].map((width) =>
    summing(`float32-lanes-${width}`, `float32, ${width} accumulators`, lanes(width), (m) => m / width + width),
  ),
  summing('float32-lanes-4-undeclared', 'float32, 4 accumulators, no depth declared', lanes(4)),
  summing('float32-pairwise', 'float32, a tree to the leaves', pairwise(1), (m) => Math.ceil(Math.log2(m)) + 1),
  summing(
    'float32-pairwise-128',
    'float32, a tree over leaves of 128',
    pairwise(128),
    (m) => Math.min(m, 128) + Math.ceil(Math.log2(m)) + 1,
  ),
  summing(
    'float32-blocked-64',
    'float32, blocks of 64, then their sum',
    blocked(64),
    (m) => Math.min(m, 64) + Math.ceil(m / 64),
  ),
  summing(
    'float32-blocked-256-tree',
    'float32, a tree in workgroups of 256 and over them',
    blocked(256, pairwise(1), pairwise(1)),
    (m) => Math.ceil(Math.log2(m)) + 2,
  ),
  summing(
    'float32-blocks-float64',
    'float32 in blocks of 1,024, float64 over them',
    blocked(1024, sequential, (values) => sum(values)),
    (m) => Math.min(m, 1024),
  ),
  summing('float32-kahan', 'float32, Kahan', kahan(), () => 2),
  summing('float32-neumaier', 'float32, Neumaier', neumaier, () => 2),
  summing(
    'float32-reversed',
    'float32, from the last element to the first',
    reordered((values) => values.slice().reverse()),
  ),
  summing('float32-shuffled', 'float32, in a random order that is the same in every run', reordered(seededOrder)),
  summing(
    'float32-shuffled-tree',
    'float32, a tree over a random order',
    reordered(seededOrder, pairwise(1)),
    (m) => Math.ceil(Math.log2(m)) + 1,
  ),
  summing(
    'float32-odd-even',
    'float32, odd elements before even ones',
    reordered((values) => {
      const odd = values.filter((_, k) => k % 2 === 1);
      const ordered = new Float64Array(values.length);
      ordered.set(odd);
      ordered.set(
        values.filter((_, k) => k % 2 === 0),
        odd.length,
      );
      return ordered;
    }, blocked(64)),
  ),
  summing('float32-ascending', 'float32, small elements first', reordered(byMagnitude(1))),
  summing('float32-descending', 'float32, large elements first', reordered(byMagnitude(-1))),
  summing(
    'float64-sums',
    'float32, sums in float64',
    (values) => sum(values),
    () => 1,
  ),
  acting(
    'float32-nondeterministic',
    'float32, in an order that changes with every run, declared',
    {
      run(held) {
        const kernelOf = computeWith(float32(reordered((values) => shuffled(values, held.memory.uniform))));
        held.outputs = kernelOf(held.inputs, held.problem);
      },
    },
    { deterministic: false },
  ),
];
