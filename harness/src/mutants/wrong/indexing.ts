import { elementsOf, type Layout, type Problem } from '@normgauge/contract';
import type { Replaced } from '../../stepwise/kernel.ts';
import { correct, type Place } from '../../stepwise/steps.ts';
import { because, kernel, type Mutant } from '../mutant.ts';

/* Kernels that read or write at the wrong place: layouts, channels, positions, types of an index. */

/** Takes every problem for one of this layout. */
const asLayout = (layout: Layout, applies: (problem: Problem) => boolean = () => true): Replaced => ({
  reads: (problem) => (applies(problem) ? { ...problem, layout } : problem),
});

/** The data of another channel. */
const dataOf = (channel: (c: number, channels: number) => number): Replaced => ({
  elements: (place) => correct.elements({ ...place, c: channel(place.c, place.problem.shape.c) }),
});

const otherLayout = (layout: Layout): Layout => (layout === 'nchw' ? 'nhwc' : 'nchw');

/** Sample, channel and position of an element. */
function whereIs(i: number, { problem, positions }: Place): { n: number; c: number; s: number } {
  const { shape, layout } = problem;
  const n = Math.floor(i / (shape.c * positions));
  const rest = i % (shape.c * positions);
  return layout === 'nchw'
    ? { n, c: Math.floor(rest / positions), s: rest % positions }
    : { n, c: rest % shape.c, s: Math.floor(rest / shape.c) };
}

function indexOf({ n, c, s }: { n: number; c: number; s: number }, { problem, positions }: Place): number {
  const { shape, layout } = problem;
  return layout === 'nchw' ? (n * shape.c + c) * positions + s : (n * positions + s) * shape.c + c;
}

/** Writes the result of position s at another. */
const movedTo = (position: (s: number, place: Place) => number): Replaced => ({
  target(i, place) {
    const at = whereIs(i, place);
    return indexOf({ ...at, s: position(at.s, place) }, place);
  },
});

const lastTwo = ({ problem: { shape } }: Place): readonly [number, number] => [
  shape.spatial.at(-2) ?? 1,
  shape.spatial.at(-1) ?? 1,
];

/** Elements that an index of so many bits reaches; what lies beyond is reached again from 0. */
const wrapping = (bits: number): Replaced => ({
  elements: (place) => correct.elements(place).map((i) => i % 2 ** bits),
});

/** Elements beyond the largest index are not visited. */
const stopping = (largest: number): Replaced => ({
  elements: (place) => correct.elements(place).filter((i) => i <= largest),
});

/** Channels or samples beyond a limit are not visited. */
const onlyWhere = (visited: (place: Place) => boolean): Replaced => ({
  elements: (place) => (visited(place) ? correct.elements(place) : new Uint32Array(0)),
});

/** The first samples only. */
const samplesBelow = (limit: number): Replaced => ({
  elements: (place) => correct.elements(place).subarray(0, limit * place.positions),
});

export const indexingMutants: readonly Mutant[] = [
  ...because(
    'indexing',
    'layout confused',
    kernel('layout-nchw', 'nhwc is read as nchw', asLayout('nchw')),
    kernel('layout-nhwc', 'nchw is read as nhwc', asLayout('nhwc')),
    kernel(
      'layout-nchw-backward',
      'nhwc is read as nchw in backward',
      asLayout('nchw', ({ op }) => op === 'backward'),
    ),
    kernel(
      'layout-nchw-3d',
      'nhwc is read as nchw where there are three spatial axes',
      asLayout('nchw', ({ shape }) => shape.spatial.length === 3),
    ),
    kernel('layout-statistics', 'the reduction takes the strides of the other layout', {
      summed: (_, place) =>
        correct.elements({ ...place, problem: { ...place.problem, layout: otherLayout(place.problem.layout) } }),
    }),
    kernel('layout-output', 'y and dx are written in the other layout', {
      target: (i, place) =>
        indexOf(whereIs(i, place), {
          ...place,
          problem: { ...place.problem, layout: otherLayout(place.problem.layout) },
        }),
    }),
  ),
  ...because(
    'indexing',
    'channels permuted',
    kernel(
      'channels-reversed',
      'data is read and written from the last channel to the first',
      dataOf((c, channels) => channels - 1 - c),
    ),
    kernel('channels-shifted', 'statistics of the next channel', {
      summed: (_, place) => correct.elements({ ...place, c: (place.c + 1) % place.problem.shape.c }),
    }),
    kernel(
      'channels-paired',
      'channels 2k and 2k+1 change places',
      dataOf((c, channels) => ((c ^ 1) < channels ? c ^ 1 : c)),
    ),
    kernel(
      'channels-first-two',
      'channels 0 and 1 change places',
      dataOf((c, channels) => (channels > 1 && c < 2 ? 1 - c : c)),
    ),
    kernel(
      'channels-lanes',
      'in blocks of four channels, the lanes are unpacked in the order 0, 2, 1, 3',
      dataOf((c, channels) => ((c | 3) < channels ? (c & ~3) | [0, 2, 1, 3][c & 3]! : c)),
    ),
    kernel(
      'channels-modulo-32',
      'channel 32 takes the place of channel 0',
      dataOf((c) => c % 32),
    ),
    kernel('batch-channel-swapped', 'N and C change places in the strides', {
      elements: ({ problem: { shape, layout }, c, m, positions }) =>
        Uint32Array.from({ length: m }, (_, k) => {
          const n = Math.floor(k / positions);
          const s = k % positions;
          return layout === 'nchw' ? (c * shape.n + n) * positions + s : (c * positions + s) * shape.n + n;
        }),
    }),
  ),
  ...because(
    'indexing',
    'positions permuted',
    kernel(
      'positions-transposed',
      'height and width change places on writing',
      movedTo((s, place) => {
        const [height, width] = lastTwo(place);
        const plane = height * width;
        const inPlane = s % plane;
        return s - inPlane + (inPlane % width) * height + Math.floor(inPlane / width);
      }),
    ),
    kernel(
      'positions-reversed',
      'positions are written from the last to the first',
      movedTo((s, { positions }) => positions - 1 - s),
    ),
    kernel(
      'positions-shifted',
      'positions are written one further on',
      movedTo((s, { positions }) => (s + 1) % positions),
    ),
    kernel(
      'positions-paired',
      'positions 2k and 2k+1 change places',
      movedTo((s, { positions }) => ((s ^ 1) < positions ? s ^ 1 : s)),
    ),
    kernel('samples-reversed', 'samples are written from the last to the first', {
      target(i, place) {
        const at = whereIs(i, place);
        return indexOf({ ...at, n: place.problem.shape.n - 1 - at.n }, place);
      },
    }),
  ),
  ...because(
    'indexing',
    'index overflows',
    kernel('index-16-bits', 'an index into the tensor of 16 bits comes round', wrapping(16)),
    kernel('index-15-bits', 'a loop over the tensor ends at 32,767', stopping(2 ** 15 - 1)),
    kernel('index-20-bits', 'an index into the tensor of 20 bits comes round', wrapping(20)),
    kernel('index-float32', 'an index held in a float32: odd ones above 2²⁴ are rounded', {
      elements: (place) => correct.elements(place).map((i) => Math.fround(i)),
      target: (i, { problem }) => Math.min(i, elementsOf(problem.shape) - 1),
    }),
    kernel('count-16-bits', 'm is kept in 16 bits', { count: ({ m }) => m & 0xffff }),
    kernel('count-20-bits', 'm is kept in 20 bits', { count: ({ m }) => m % 2 ** 20 }),
    kernel(
      'channel-8-bits',
      'the channel is kept in 8 bits',
      dataOf((c) => c & 0xff),
    ),
    kernel(
      'channel-65535',
      'channels from 65,535 on are not computed: the largest dispatch',
      onlyWhere(({ c }) => c < 65_535),
    ),
    kernel(
      'channel-1024',
      'channels from 1,024 on are not computed: one thread each',
      onlyWhere(({ c }) => c < 1024),
    ),
    kernel('samples-127', 'samples from 128 on are not visited', samplesBelow(128)),
    kernel('samples-255', 'samples from 256 on are not visited', samplesBelow(256)),
    kernel('samples-65535', 'samples from 65,535 on are not visited: the largest dispatch', samplesBelow(65_535)),
    kernel('rows-65535', 'rows of a sample and a channel from 65,535 on are not visited: the largest dispatch', {
      elements: (place) =>
        correct
          .elements(place)
          .filter((_, k) => Math.floor(k / place.positions) * place.problem.shape.c + place.c < 65_535),
    }),
    kernel('dispatch-64', 'elements beyond 65,535 workgroups of 64 are not visited', stopping(64 * 65_535 - 1)),
    kernel('dispatch-256', 'elements beyond 65,535 workgroups of 256 are not visited', stopping(256 * 65_535 - 1)),
    kernel('positions-65535', 'positions from 65,535 on are not visited: the largest dispatch', {
      elements: (place) => correct.elements(place).filter((_, k) => k % place.positions < 65_535),
    }),
  ),
];
