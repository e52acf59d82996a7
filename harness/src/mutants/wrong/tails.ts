import { elementsOf } from '@normgauge/contract';
import { type Choose, inSums, inWrites, lastAxis } from '../../stepwise/choosing.ts';
import type { Place } from '../../stepwise/steps.ts';
import { because, kernel, type Mutant } from '../mutant.ts';

/* Kernels that lose elements at the ends of rows, vectors, blocks and channels. */

/** Without what is left over when the channel is cut into pieces of this size. */
const whole =
  (size: number): Choose =>
  (elements) =>
    elements.subarray(0, elements.length - (elements.length % size));

/** The same for every row of so many elements. */
const wholeRows =
  (size: number, rowOf: (place: Place) => number): Choose =>
  (elements, place) => {
    const row = rowOf(place);
    return elements.filter((_, k) => k % row < row - (row % size));
  };

const perSample = ({ positions }: Place): number => positions;
const first =
  (count: number): Choose =>
  (elements) =>
    elements.subarray(0, count);

const tails: readonly Mutant[] = [
  ...because(
    'indexing',
    'tail left out of the sums',
    ...[2, 4, 8, 16, 32, 64, 256].map((size) =>
      kernel(`sum-tail-${size}`, `the last m mod ${size} elements are not summed`, inSums(whole(size))),
    ),
    kernel(
      'sum-tail-4-backward',
      'the last m mod 4 elements are not summed in the gradients',
      inSums(whole(4), ['backward', 'backward-frozen']),
    ),
    kernel(
      'sum-tail-1024-large',
      'from 4,096 elements on, the last m mod 1024 are not summed',
      inSums((elements, place) => (elements.length < 4096 ? elements : whole(1024)(elements, place))),
    ),
    kernel(
      'sum-row-tail-4',
      'the last positions mod 4 of every sample are not summed',
      inSums(wholeRows(4, perSample)),
    ),
    kernel('sum-row-tail-8', 'the last width mod 8 of every row are not summed', inSums(wholeRows(8, lastAxis))),
    ...[16, 32, 64, 128].map((size) =>
      kernel(
        `sum-row-tail-${size}`,
        `where a sample has ${size} positions, the last positions mod ${size} are not summed`,
        inSums((elements, place) => (place.positions < size ? elements : wholeRows(size, perSample)(elements, place))),
      ),
    ),
    ...[128, 512, 1024].map((size) =>
      kernel(
        `sum-block-tail-${size}`,
        `of more than ${size} elements the last m mod ${size} are not summed`,
        inSums((elements, place) => (elements.length < size ? elements : whole(size)(elements, place))),
      ),
    ),
    kernel('sum-tail-4-consistent', 'the last m mod 4 elements are neither summed nor counted', {
      ...inSums(whole(4)),
      count: (_, summed) => summed,
    }),
  ),
  ...because(
    'indexing',
    'tail not written',
    ...[2, 4, 8, 16, 32, 64, 256].map((size) =>
      kernel(`write-tail-${size}`, `the last m mod ${size} elements are not written`, inWrites(whole(size))),
    ),
    kernel(
      'write-row-tail-4',
      'the last positions mod 4 of every sample are not written',
      inWrites(wholeRows(4, perSample)),
    ),
    kernel('write-row-tail-8', 'the last width mod 8 of every row are not written', inWrites(wholeRows(8, lastAxis))),
  ),
];

const missing: readonly Mutant[] = [
  ...because(
    'indexing',
    'elements left out of the sums',
    ...[4, 16, 64].map((size) =>
      kernel(
        `sum-channels-${size}`,
        `in nhwc the channels that vectors of ${size} leave sum their first element only`,
        inSums((elements, { c, problem: { layout, shape } }) =>
          layout === 'nhwc' && shape.c > size && c >= shape.c - (shape.c % size) ? elements.subarray(0, 1) : elements,
        ),
      ),
    ),
    kernel(
      'sum-without-first',
      'the first element is not summed',
      inSums((elements) => elements.subarray(1)),
    ),
    kernel(
      'sum-without-last',
      'the last element is not summed',
      inSums((elements) => elements.subarray(0, -1)),
    ),
    kernel(
      'sum-without-last-sample',
      'the last sample is not summed',
      inSums((elements, { positions }) => elements.subarray(0, -positions)),
    ),
    kernel(
      'sum-without-last-row',
      'the last row is not summed',
      inSums((elements, place) => elements.subarray(0, -lastAxis(place))),
    ),
    kernel(
      'sum-block-ends-64',
      'the last of every 64 elements is not summed',
      inSums((elements) => elements.filter((_, k) => k % 64 !== 63)),
    ),
    kernel(
      'sum-block-starts-256',
      'the first of every 256 elements but the first is not summed',
      inSums((elements) => elements.filter((_, k) => k === 0 || k % 256 !== 0)),
    ),
    kernel(
      'sum-first-block-lost',
      'of several blocks of 128 the first is overwritten by the second',
      inSums((elements) => (elements.length > 128 ? elements.subarray(128) : elements)),
    ),
    kernel(
      'sum-odd-block-lost',
      'a tree over an odd number of blocks of 64 loses the last block',
      inSums((elements) => {
        const blocks = Math.ceil(elements.length / 64);
        return blocks > 1 && blocks % 2 === 1 ? elements.subarray(0, (blocks - 1) * 64) : elements;
      }),
    ),
    kernel('sum-first-1024', 'what lies beyond 1,024 elements is not summed', inSums(first(1024))),
    kernel('sum-first-16384', 'what lies beyond 256 blocks of 64 is not summed', inSums(first(16_384))),
    kernel('sum-first-65536', 'what lies beyond 65,536 elements is not summed', inSums(first(65_536))),
    kernel(
      'sum-first-plane',
      'of three spatial axes only the first plane is summed',
      inSums((elements, { problem: { shape }, positions }) => {
        const plane = shape.spatial.length === 3 ? positions / shape.spatial[0]! : positions;
        return elements.filter((_, k) => k % positions < plane);
      }),
    ),
    kernel(
      'sum-last-sample-backward',
      'dGamma and dBeta lack the last sample',
      inSums((elements, { positions }) => elements.subarray(0, -positions), ['backward', 'backward-frozen']),
    ),
    kernel(
      'sum-aligned-path',
      'where positions are a multiple of 4, the last lane is not summed',
      inSums((elements, { positions }) => (positions % 4 === 0 ? elements.filter((_, k) => k % 4 !== 3) : elements)),
    ),
    kernel(
      'sum-flat-path',
      'without spatial axes the last sample is not summed',
      inSums((elements, { problem }) => (problem.shape.spatial.length === 0 ? elements.subarray(0, -1) : elements)),
    ),
  ),
  ...because(
    'indexing',
    'elements not written',
    kernel(
      'write-without-first',
      'the first element of every channel is not written',
      inWrites((elements) => elements.subarray(1)),
    ),
    kernel(
      'write-without-last-of-tensor',
      'the very last element is not written',
      inWrites((elements, { problem }) => elements.filter((i) => i !== elementsOf(problem.shape) - 1)),
    ),
    kernel(
      'write-without-last-row',
      'the last row of every sample is not written',
      inWrites((elements, place) =>
        elements.filter(
          (_, k) => k % place.positions < place.positions - lastAxis(place) || lastAxis(place) === place.positions,
        ),
      ),
    ),
    kernel(
      'write-first-sample',
      'only the first sample is written',
      inWrites((elements, { positions }) => elements.subarray(0, positions)),
    ),
    kernel(
      'write-without-last-channel',
      'the last channel is not written',
      inWrites((elements, { c, problem }) => (c === problem.shape.c - 1 ? elements.subarray(0, 0) : elements)),
    ),
    ...[32, 64, 256].map((size) =>
      kernel(
        `write-channels-beyond-${size}`,
        `where there are ${size} channels, the last C mod ${size} are not written`,
        inWrites((elements, { c, problem: { shape } }) =>
          shape.c > size && c >= shape.c - (shape.c % size) ? elements.subarray(0, 0) : elements,
        ),
      ),
    ),
    ...[4, 8, 16].map((size) =>
      kernel(
        `write-channels-${size}`,
        `the last C mod ${size} channels are not written`,
        inWrites((elements, { c, problem }) =>
          c < problem.shape.c - (problem.shape.c % size) ? elements : elements.subarray(0, 0),
        ),
      ),
    ),
    kernel(
      'write-block-ends-64',
      'the last of every 64 elements is not written',
      inWrites((elements) => elements.filter((_, k) => k % 64 !== 63)),
    ),
    kernel('write-first-4096', 'what lies beyond 4,096 elements of a channel is not written', inWrites(first(4096))),
  ),
];

export const tailMutants: readonly Mutant[] = [...tails, ...missing];
