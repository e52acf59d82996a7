import { elementsPerChannel, type Problem } from '@normgauge/contract';
import { digitSide, mapSide } from './digits.ts';
import {
  aroundMean,
  type ChannelContext,
  type Draw,
  drawDigits,
  drawExact,
  drawGradient,
  drawNormal,
  drawTinyVariance,
  exactBits,
  inMiddleChannel,
  isEdge,
} from './draws.ts';
import { between, normal } from './random.ts';

/** How the data of a case is drawn. Everything not said here is drawn as in `normal`. */
export interface Fill {
  readonly name: string;
  /** The one thing it is here to catch. */
  readonly catches: string;
  readonly affine: boolean;
  /** Smooth and well scaled: finite differences of a float32 kernel mean something on it. */
  readonly differentiable: boolean;
  /** The values of one channel in the order of n, then position: whatever the layout, the same logical data. */
  readonly x: Draw;
  readonly dy?: Draw;
  gamma?(channel: ChannelContext): number;
  beta?(channel: ChannelContext): number;
  /** Running mean and variance, where they are not drawn around the channel's own. */
  running?: { readonly mean: number; readonly variance: number };
  /** Some of it, or of what comes of it, is beyond what float16 holds. */
  readonly leavesHalf?: true;
  /** Why this fill has no data for the problem, or undefined when it has. */
  refuses?(problem: Problem): string | undefined;
}

function refuseOtherThanDigits({ shape }: Problem): string | undefined {
  const flat = shape.spatial.length === 0 && shape.c === digitSide ** 2;
  const maps = shape.spatial.length === 2 && shape.spatial.every((size) => size === mapSide);
  if (flat || maps) return undefined;
  return `digits come as Nx${digitSide ** 2} or NxCx${mapSide}x${mapSide}`;
}

function refuseWithoutDy({ op }: Problem): string | undefined {
  return op.startsWith('backward') ? undefined : `${op} has no dy`;
}

/** Every fill, one row, one purpose. */
export const fills: readonly Fill[] = [
  {
    name: 'normal',
    catches: 'swapped channels, a wrong divisor, layout mistakes',
    affine: true,
    differentiable: true,
    x: drawNormal,
  },
  {
    name: 'no-affine',
    catches: 'gamma and beta read although absent',
    affine: false,
    differentiable: true,
    x: drawNormal,
  },
  {
    name: 'negative-gamma',
    catches: 'signs lost in the affine step; division by a gamma of zero',
    affine: true,
    differentiable: true,
    x: drawNormal,
    // A zero in every fifth channel, and in none of three: more would leave too much of dx zero to prove anything.
    gamma: ({ c, uniform }) => (c % 5 === 3 ? 0 : -between(uniform, 0.5, 1.5)),
  },
  {
    name: 'initial-state',
    catches: 'buffers merged because their contents were equal',
    affine: true,
    differentiable: true,
    x: drawNormal,
    gamma: () => 1,
    beta: () => 0,
    running: { mean: 0, variance: 1 },
  },
  {
    name: 'exact',
    catches: 'a wrong index that rounding would hide',
    affine: true,
    differentiable: false,
    x: drawExact,
    gamma: ({ c }) => 2 ** (c % 7) / 8,
    beta: ({ c }) => (((c % 3) - 1) * 2 ** (c % 7)) / 512,
    dy: ({ uniform }) => {
      // Whole numbers in −2…2, an eighth of them 0: with more, dx of the frozen op would prove little.
      const values = [-2, -1, -1, -2, 0, 1, 1, 2];
      return () => values[Math.floor(8 * uniform())]!;
    },
    refuses: ({ shape }) =>
      exactBits(elementsPerChannel(shape)) >= 1 ? undefined : 'no grid is exact for so many elements per channel',
  },
  ...[1e2, 1e4, 1e6].map((mean) => ({
    name: `large-mean-1e${Math.log10(mean)}`,
    ...(mean > 1e4 && { leavesHalf: true as const }),
    catches: 'variance in one pass, a mean rounded too early',
    affine: true,
    differentiable: false,
    x: aroundMean(mean),
  })),
  {
    name: 'tiny-variance',
    leavesHalf: true,
    catches: 'value and place of eps',
    affine: true,
    differentiable: false,
    x: drawTinyVariance,
  },
  {
    name: 'constant',
    catches: 'NaN from 0/0, a negative variance, eps outside the root',
    affine: true,
    differentiable: false,
    x: ({ uniform }) => {
      const value = between(uniform, -3, 3);
      return () => value;
    },
  },
  {
    name: 'huge',
    leavesHalf: true,
    catches: 'squares that overflow float32',
    affine: true,
    differentiable: false,
    // x² is beyond float32, (x−μ)² is not, nor is their sum: a careful kernel of float32 has no trouble.
    x: ({ uniform, c }) => {
      const sigma = 10 ** between(uniform, 16, 17);
      const mu = sigma * between(uniform, 2e3, 4e3) * (c % 2 === 0 ? 1 : -1);
      return () => mu + sigma * normal(uniform);
    },
  },
  {
    name: 'subnormal',
    leavesHalf: true,
    catches: 'flush to zero, a division by a lost variance',
    affine: true,
    differentiable: false,
    x: ({ uniform }) => {
      return () => 2 ** -130 * normal(uniform);
    },
    // Beside any other beta, y of such data is beta.
    beta: () => 0,
  },
  {
    name: 'subnormal-gradient',
    leavesHalf: true,
    catches: 'small gradients flushed to zero',
    affine: true,
    differentiable: false,
    x: drawNormal,
    dy: ({ uniform }) => {
      return () => 2 ** -130 * normal(uniform);
    },
    refuses: refuseWithoutDy,
  },
  {
    name: 'outlier',
    leavesHalf: true,
    catches: 'accuracy lost to one large element',
    affine: true,
    differentiable: false,
    x: (channel) => {
      const ordinary = drawNormal(channel);
      const at = Math.floor(between(channel.uniform, 0, channel.m));
      return (j) => (j === at ? 1e4 : 1) * ordinary(j);
    },
  },
  {
    name: 'sparse',
    catches: 'zeros taken for padding',
    affine: true,
    differentiable: false,
    x: (channel) => {
      const ordinary = drawNormal(channel);
      return (j) => Math.max(0, ordinary(j));
    },
  },
  {
    name: 'last-element',
    catches: 'a dropped tail',
    affine: true,
    differentiable: false,
    x: ({ m, uniform }) => {
      return (j) => (j === m - 1 ? 100 * (1 + uniform()) : normal(uniform));
    },
    dy: ({ m, uniform }) => {
      return (j) => (j === m - 1 ? 100 * (1 + uniform()) : normal(uniform));
    },
  },
  {
    name: 'far-between',
    catches: 'a count or an index that overflows, on sums that lose nothing in any order',
    affine: true,
    differentiable: false,
    // One of 64, and the last, is not 0; few enough of them that no order of summation matters, however large m is.
    x: ({ m, uniform }) => {
      return (j) => (j % 64 === 63 || j === m - 1 ? (uniform() < 0.5 ? -8 : 8) * between(uniform, 1, 2) : 0);
    },
  },
  {
    name: 'block-edges',
    catches: 'the first or the last element of a block counted twice or never',
    affine: true,
    differentiable: false,
    x: ({ uniform }) => {
      return (j) => (isEdge(j) ? 30 : 0.1) * normal(uniform);
    },
    dy: ({ uniform }) => {
      return (j) => (isEdge(j) ? 30 : 0.1) * normal(uniform);
    },
  },
  {
    name: 'monotone',
    catches: 'rounding errors that all go one way',
    affine: true,
    differentiable: false,
    x: ({ uniform }) => {
      const start = between(uniform, 0, 4);
      const step = between(uniform, 0.01, 0.02);
      return (j) => start + step * j;
    },
  },
  {
    name: 'nan-in-one-channel',
    catches: 'NaN swallowed, or spread to other channels',
    affine: true,
    differentiable: false,
    x: inMiddleChannel(Number.NaN, drawNormal),
  },
  {
    name: 'inf-in-one-channel',
    catches: 'infinity swallowed, or spread to other channels',
    affine: true,
    differentiable: false,
    x: inMiddleChannel(Number.POSITIVE_INFINITY, drawNormal),
  },
  {
    name: 'nan-in-gradient',
    catches: 'NaN of dy swallowed, or spread to other channels',
    affine: true,
    differentiable: false,
    x: drawNormal,
    dy: inMiddleChannel(Number.NaN, drawGradient),
    refuses: refuseWithoutDy,
  },
  {
    name: 'digits',
    catches: 'what real data does: many zeros, constant channels, few values',
    affine: true,
    differentiable: false,
    x: drawDigits,
    refuses: refuseOtherThanDigits,
  },
];

/** The fill of this name, or undefined. */
export function fillNamed(name: string): Fill | undefined {
  return fills.find((fill) => fill.name === name);
}
