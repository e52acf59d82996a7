import { elementsOf, type Layout } from '@normgauge/contract';
import { correct, type Place } from '../stepwise/steps.ts';
import { type Hypothesis, suppose } from './hypothesis.ts';
import type { Observation } from './observation.ts';

/* Suppositions about where elements are read and written: layouts, channels, positions. */

const otherLayout = (layout: Layout): Layout => (layout === 'nchw' ? 'nhwc' : 'nchw');

interface At {
  readonly n: number;
  readonly c: number;
  readonly s: number;
}

function whereIs(i: number, { problem, positions }: Place): At {
  const { shape, layout } = problem;
  const n = Math.floor(i / (shape.c * positions));
  const rest = i % (shape.c * positions);
  return layout === 'nchw'
    ? { n, c: Math.floor(rest / positions), s: rest % positions }
    : { n, c: rest % shape.c, s: Math.floor(rest / shape.c) };
}

function indexOf({ n, c, s }: At, { problem, positions }: Place): number {
  const { shape, layout } = problem;
  return layout === 'nchw' ? (n * shape.c + c) * positions + s : (n * positions + s) * shape.c + c;
}

const swapped = (place: Place): Place => ({
  ...place,
  problem: { ...place.problem, layout: otherLayout(place.problem.layout) },
});

function ofLayouts({ problem }: Observation): readonly Hypothesis[] {
  const { layout, shape } = problem;
  const other = otherLayout(layout);
  if (shape.c === 1 || shape.spatial.every((size) => size === 1)) return [];
  return [
    suppose('layout confused', `${layout} is read and written as ${other}`, {
      reads: (asked) => ({ ...asked, layout: other }),
    }),
    suppose('layout confused', `the sums are taken as if ${layout} were ${other}`, {
      summed: (_, place) => correct.elements(swapped(place)),
    }),
    suppose('layout confused', `${layout} is written as ${other}`, {
      target: (i, place) => indexOf(whereIs(i, place), swapped(place)),
    }),
    suppose('layout confused', `x is read as ${other}, and written as ${layout}`, {
      elements: (place) => correct.elements(swapped(place)),
      target: (i, place) => indexOf(whereIs(i, swapped(place)), place),
    }),
  ];
}

/** N and C exchanged in the strides: every channel takes what lies where another should be. */
function ofAxes({ problem: { shape } }: Observation): readonly Hypothesis[] {
  if (shape.c === 1 || shape.n === 1) return [];
  return [
    suppose('channels permuted', 'N and C are exchanged in the strides', {
      elements: ({ problem: { layout }, c, m, positions }) =>
        Uint32Array.from({ length: m }, (_, k) => {
          const n = Math.floor(k / positions);
          const s = k % positions;
          return layout === 'nchw' ? (c * shape.n + n) * positions + s : (c * positions + s) * shape.n + n;
        }),
    }),
  ];
}

type Channel = (c: number, channels: number) => number;

const channelOrders: readonly (readonly [string, Channel])[] = [
  ['in reverse', (c, channels) => channels - 1 - c],
  ['one further on', (c, channels) => (c + 1) % channels],
  ['one back', (c, channels) => (c + channels - 1) % channels],
  ['2k and 2k+1 exchanged', (c, channels) => ((c ^ 1) < channels ? c ^ 1 : c)],
  ['0 and 1 exchanged', (c, channels) => (channels > 1 && c < 2 ? 1 - c : c)],
  ['the last two exchanged', (c, channels) => (channels > 1 && c >= channels - 2 ? 2 * channels - 3 - c : c)],
  [
    'in every four, in the order 0, 2, 1, 3',
    (c, channels) => ((c | 3) < channels ? (c & ~3) | [0, 2, 1, 3][c & 3]! : c),
  ],
  ['in every four, in reverse', (c, channels) => ((c | 3) < channels ? c ^ 3 : c)],
  ['taken from c mod 32', (c) => c % 32],
  ['taken from c mod 64', (c) => c % 64],
  ['taken from c mod 256', (c) => c % 256],
  ['all channel 0', () => 0],
  ['all the last', (_, channels) => channels - 1],
  ['the first of every four', (c) => c & ~3],
];

function ofChannels({ problem: { shape } }: Observation): readonly Hypothesis[] {
  if (shape.c < 2) return [];
  return channelOrders.flatMap(([order, channel]) => [
    suppose('channels permuted', `statistics are those of another channel: ${order}`, {
      summed: (_, place) => correct.elements({ ...place, c: channel(place.c, shape.c) }),
    }),
    suppose('channels permuted', `channels are read and written in another order: ${order}`, {
      elements: (place) => correct.elements({ ...place, c: channel(place.c, shape.c) }),
    }),
    suppose('channels permuted', `channels are written in another order: ${order}`, {
      target: (i, place) => {
        const at = whereIs(i, place);
        return indexOf({ ...at, c: channel(at.c, shape.c) }, place);
      },
    }),
    suppose('channels permuted', `given statistics are read in another order: ${order}`, {
      given: (inputs, place) => correct.given(inputs, { ...place, c: channel(place.c, shape.c) }),
    }),
  ]);
}

function ofPositions({ problem: { shape } }: Observation): readonly Hypothesis[] {
  const [height, width] = [shape.spatial.at(-2) ?? 1, shape.spatial.at(-1) ?? 1];
  const plane = height * width;
  const moved: readonly (readonly [string, (s: number, positions: number) => number])[] = [
    ['from the last to the first', (s, positions) => positions - 1 - s],
    ['one further on', (s, positions) => (s + 1) % positions],
    ['one back', (s, positions) => (s + positions - 1) % positions],
    ['2k and 2k+1 exchanged', (s, positions) => ((s ^ 1) < positions ? s ^ 1 : s)],
    [
      'height and width exchanged',
      (s) => s - (s % plane) + ((s % plane) % width) * height + Math.floor((s % plane) / width),
    ],
    ['every row in reverse', (s) => s - (s % width) + width - 1 - (s % width)],
    ['in every four, in reverse', (s, positions) => ((s | 3) < positions ? s ^ 3 : s)],
  ];
  const samples: readonly (readonly [string, (n: number) => number])[] = [
    ['from the last to the first', (n) => shape.n - 1 - n],
    ['one further on', (n) => (n + 1) % shape.n],
    ['2k and 2k+1 exchanged', (n) => ((n ^ 1) < shape.n ? n ^ 1 : n)],
  ];
  return [
    ...moved.map(([order, position]) =>
      suppose('positions permuted', `positions are written in another order: ${order}`, {
        target(i, place) {
          const at = whereIs(i, place);
          return indexOf({ ...at, s: position(at.s, place.positions) }, place);
        },
      }),
    ),
    ...(shape.n > 1
      ? samples.map(([order, sample]) =>
          suppose('positions permuted', `samples are written in another order: ${order}`, {
            target(i, place) {
              const at = whereIs(i, place);
              return indexOf({ ...at, n: sample(at.n) }, place);
            },
          }),
        )
      : []),
    suppose('neighbour read', 'the sums of the gradients read dy one element further on', {
      sums: (x, dy, moments) =>
        correct.sums(
          x,
          dy.map((_, k) => dy[Math.min(k + 1, dy.length - 1)]!),
          moments,
        ),
    }),
    suppose('neighbour read', 'the sums read one element further on', {
      summed: (elements, { problem }) => elements.map((i) => Math.min(i + 1, elementsOf(problem.shape) - 1)),
    }),
    suppose('neighbour read', 'the sums read one element beyond the last', {
      summed: (elements, { problem }) =>
        Uint32Array.of(...elements, Math.min(elements.at(-1)! + 1, elementsOf(problem.shape) - 1)),
    }),
    ...[2, 4, 8, 16].map((size) =>
      suppose('neighbour read', `the last vector of ${size} reads on into what lies behind the channel`, {
        summed(elements, { problem }) {
          const missing = (size - (elements.length % size)) % size;
          const last = elements.at(-1)!;
          const end = elementsOf(problem.shape) - 1;
          return Uint32Array.from([
            ...elements,
            ...Array.from({ length: missing }, (_, k) => Math.min(last + 1 + k, end)),
          ]);
        },
      }),
    ),
  ];
}

export function ofPlaces(seen: Observation): readonly Hypothesis[] {
  return [...ofLayouts(seen), ...ofAxes(seen), ...ofChannels(seen), ...ofPositions(seen)];
}
