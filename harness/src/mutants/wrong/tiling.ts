import { elementsOf } from '@normgauge/contract';
import { type Choose, inSums } from '../../stepwise/choosing.ts';
import { computeWith } from '../../stepwise/kernel.ts';
import { correct, type Indices, twoPass } from '../../stepwise/steps.ts';
import { because, computing, kernel, type Mutant } from '../mutant.ts';

/* Kernels that repeat elements, or take for data what is none. */

/** Elements that are processed twice when the last vector of a row is moved back to end with it. */
const overlap =
  (size: number): Choose =>
  (elements) => {
    const rest = elements.length % size;
    return elements.length < size || rest === 0 ? elements.subarray(0, 0) : elements.subarray(-size, -rest);
  };

const and = (...parts: readonly Indices[]): Indices => Uint32Array.from(parts.flatMap((part) => [...part]));

export const tilingMutants: readonly Mutant[] = [
  ...because(
    'indexing',
    'elements counted twice',
    kernel(
      'sum-overlap-4',
      'the last vector of 4 overlaps the one before it, and is summed',
      inSums((elements, place) => and(elements, overlap(4)(elements, place))),
    ),
    kernel(
      'sum-overlap-16',
      'the last vector of 16 overlaps the one before it, and is summed',
      inSums((elements, place) => and(elements, overlap(16)(elements, place))),
    ),
    kernel(
      'sum-boundary-64',
      'the first of every further block of 64 is counted in both',
      inSums((elements) =>
        and(
          elements,
          elements.filter((_, k) => k > 0 && k % 64 === 0),
        ),
      ),
    ),
    kernel(
      'sum-boundary-256',
      'the first of every further block of 256 is counted in both',
      inSums((elements) =>
        and(
          elements,
          elements.filter((_, k) => k > 0 && k % 256 === 0),
        ),
      ),
    ),
    kernel(
      'sum-boundary-1024',
      'the first of every further block of 1,024 is counted in both',
      inSums((elements) =>
        and(
          elements,
          elements.filter((_, k) => k > 0 && k % 1024 === 0),
        ),
      ),
    ),
    kernel(
      'sum-last-repeated',
      'lanes beyond the end repeat the last element',
      inSums((elements) => and(elements, new Uint32Array((4 - (elements.length % 4)) % 4).fill(elements.at(-1)!))),
    ),
    kernel(
      'sum-first-sample-twice',
      'the first sample is summed twice where there are several',
      inSums((elements, { positions }) =>
        and(elements, elements.length > positions ? elements.subarray(0, positions) : elements.subarray(0, 0)),
      ),
    ),
    computing(
      'write-overlap-added',
      'where the last vector of 8 overlaps the one before it, results are added',
      (inputs, problem) => {
        const outputs = computeWith({})(inputs, problem);
        const written = outputs.y ?? outputs.dx!;
        const rest = written.length % 8;
        if (written.length > 8 && rest > 0)
          for (let i = written.length - 8; i < written.length - rest; i++) written[i]! *= 2;
        return outputs;
      },
    ),
  ),
  ...because(
    'indexing',
    'padding taken for data',
    kernel('padding-counted-4', 'm is rounded up to a multiple of 4', { count: ({ m }) => Math.ceil(m / 4) * 4 }),
    kernel('padding-counted-64', 'm is rounded up to a multiple of 64', { count: ({ m }) => Math.ceil(m / 64) * 64 }),
    ...[4, 8, 256].map((size) =>
      kernel(`padding-squared-${size}`, `zeros that fill up to ${size} enter Σ(x−μ)²`, {
        statistics(x, m) {
          const { mean, squares } = twoPass(x, m);
          return { mean, squares: squares + ((size - (x.length % size)) % size) * mean ** 2 };
        },
      }),
    ),
    kernel('zeros-as-padding', 'zeros are taken for padding and not counted', {
      statistics(x) {
        const kept = x.filter((value) => value !== 0);
        return kept.length === 0 ? { mean: 0, squares: 0 } : twoPass(kept, kept.length);
      },
    }),
  ),
  ...because(
    'indexing',
    'neighbour read',
    kernel(
      'neighbour-vector',
      'the last vector of 4 reads on into what lies behind',
      inSums((elements, { problem }) => {
        const missing = (4 - (elements.length % 4)) % 4;
        const last = elements.at(-1)!;
        const beyond = Array.from({ length: missing }, (_, k) => Math.min(last + 1 + k, elementsOf(problem.shape) - 1));
        return and(elements, Uint32Array.from(beyond));
      }),
    ),
    kernel(
      'neighbour-shifted',
      'the sums read one element further on',
      inSums((elements, { problem }) => elements.map((i) => Math.min(i + 1, elementsOf(problem.shape) - 1))),
    ),
    kernel(
      'neighbour-for-last',
      'i <= length: the last is followed by one more',
      inSums((elements, { problem }) =>
        and(elements, Uint32Array.of(Math.min(elements.at(-1)! + 1, elementsOf(problem.shape) - 1))),
      ),
    ),
    kernel('neighbour-dy', 'the sums of the gradients read dy one element further on', {
      sums: (x, dy, moments) =>
        correct.sums(
          x,
          dy.map((_, k) => dy[Math.min(k + 1, dy.length - 1)]!),
          moments,
        ),
    }),
  ),
];
