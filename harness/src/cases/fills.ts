import { type Convention, elementsPerChannel, type Problem, type Shape } from '@normgauge/contract';
import { digit, digitCount, digitSide, featureMap, mapSide } from './digits.ts';
import { between, normal, type Uniform } from './random.ts';

/** The channel that is being filled. */
export interface ChannelContext {
  readonly shape: Shape;
  readonly convention: Convention;
  /** Index of the channel. */
  readonly c: number;
  /** Elements in it. */
  readonly m: number;
  readonly uniform: Uniform;
  /** Seed of the whole case, for what all channels share. */
  readonly seed: number;
}

/** How the data of a case is drawn. Everything not said here is drawn as in `normal`. */
export interface Fill {
  readonly name: string;
  /** The one thing it is here to catch. */
  readonly catches: string;
  readonly affine: boolean;
  /** Smooth and well scaled: finite differences of a float32 kernel mean something on it. */
  readonly differentiable: boolean;
  /** The values of one channel in the order of n, then position: whatever the layout, the same logical data. */
  x(channel: ChannelContext): (j: number) => number;
  dy?(channel: ChannelContext): (j: number) => number;
  gamma?(channel: ChannelContext): number;
  beta?(channel: ChannelContext): number;
  /** Running mean and variance, where they are not drawn around the channel's own. */
  running?: { readonly mean: number; readonly variance: number };
  /** Why this fill has no data for the problem, or undefined when it has. */
  refuses?(problem: Problem): string | undefined;
}

const spread = (uniform: Uniform): number => 2 ** between(uniform, -2, 2);

/** Every channel has a scale and a shift of its own, so that swapped channels differ. */
function drawNormal({ uniform }: ChannelContext): (j: number) => number {
  const sigma = spread(uniform);
  const mu = sigma * between(uniform, -2, 2);
  return () => mu + sigma * normal(uniform);
}

function aroundMean(mean: number) {
  return ({ uniform, c }: ChannelContext): ((j: number) => number) => {
    const mu = (c % 2 === 0 ? mean : -mean) * between(uniform, 1, 1.5);
    return () => mu + normal(uniform);
  };
}

/** Bits below the leading one that keep Σx and Σx² exact in float32, whatever the order. */
function exactBits(m: number): number {
  return Math.min(24, Math.floor((24 - Math.ceil(Math.log2(m))) / 2) - 1);
}

/** x[2i] + x[2i+1] = 2·mean on a grid coarse enough that every partial sum is a float32 (oneDNN benchdnn, bnorm.hpp). */
function drawExact({ uniform, c, m }: ChannelContext): (j: number) => number {
  const mean = 2 ** (c % 7) / 4;
  const steps = 2 ** exactBits(m);
  let partner = 0;
  return (j) => {
    if (j % 2 === 1) return mean - partner;
    if (j === m - 1) return mean;
    partner = (mean * Math.round(between(uniform, -steps, steps))) / steps;
    return mean + partner;
  };
}

/** σ² ≈ eps, the only data on which the value and the place of eps show. */
function drawTinyVariance({ uniform, convention }: ChannelContext): (j: number) => number {
  const { eps, epsPlacement } = convention;
  const target = eps === 0 ? 1 : epsPlacement === 'inside-sqrt' ? Math.sqrt(eps) : eps;
  const sigma = target * between(uniform, 0.5, 2);
  const mu = target * between(uniform, -4, 4);
  return () => mu + sigma * normal(uniform);
}

function oneInChannel(special: number) {
  return (channel: ChannelContext): ((j: number) => number) => {
    const ordinary = drawNormal(channel);
    const at = Math.floor(between(channel.uniform, 0, channel.m));
    const chosen = channel.c === Math.floor(channel.shape.c / 2);
    return (j) => (chosen && j === at ? special : ordinary(j));
  };
}

/** Digits as features, one pixel a channel, or as 26×26 maps of fixed filters. */
function drawDigits({ shape, c, seed }: ChannelContext): (j: number) => number {
  // 7919 is prime to the number of digits: a batch holds every class, and no image twice.
  const imageOf = (n: number): Float32Array => digit((n * 7919 + seed) % digitCount());
  if (shape.spatial.length === 0) return (j) => imageOf(j)[c]!;
  const positions = mapSide * mapSide;
  let current: { n: number; map: Float32Array } = { n: -1, map: new Float32Array(0) };
  return (j) => {
    const n = Math.floor(j / positions);
    if (current.n !== n) current = { n, map: featureMap(imageOf(n), c) };
    return current.map[j % positions]!;
  };
}

function refuseOtherThanDigits({ shape }: Problem): string | undefined {
  const flat = shape.spatial.length === 0 && shape.c === digitSide ** 2;
  const maps = shape.spatial.length === 2 && shape.spatial.every((size) => size === mapSide);
  if (flat || maps) return undefined;
  return `digits come as Nx${digitSide ** 2} or NxCx${mapSide}x${mapSide}`;
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
    // A zero in every fifth channel: more would leave too much of dx zero to prove anything.
    gamma: ({ c, uniform }) => (c % 5 === 1 ? 0 : -between(uniform, 0.5, 1.5)),
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
      // Whole numbers in −2…2, a quarter of them 0: with more, dx of the frozen op would prove little.
      const values = [-2, -1, -1, 0, 0, 1, 1, 2];
      return () => values[Math.floor(8 * uniform())]!;
    },
    refuses: ({ shape }) =>
      exactBits(elementsPerChannel(shape)) >= 1 ? undefined : 'no grid is exact for so many elements per channel',
  },
  ...[1e2, 1e4, 1e6].map((mean) => ({
    name: `large-mean-1e${Math.log10(mean)}`,
    catches: 'variance in one pass, a mean rounded too early',
    affine: true,
    differentiable: false,
    x: aroundMean(mean),
  })),
  {
    name: 'tiny-variance',
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
    catches: 'squares that overflow float32',
    affine: true,
    differentiable: false,
    x: ({ uniform }) => {
      const scale = 10 ** between(uniform, 18, 30);
      const mu = between(uniform, -2, 2);
      return () => scale * (mu + normal(uniform));
    },
  },
  {
    name: 'subnormal',
    catches: 'flush to zero, a division by a lost variance',
    affine: true,
    differentiable: false,
    x: ({ uniform }) => {
      return () => 2 ** -130 * normal(uniform);
    },
  },
  {
    name: 'outlier',
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
      return (j) => (j === m - 1 ? 100 : 1) * normal(uniform);
    },
  },
  {
    name: 'first-of-block',
    catches: 'the first element of a block counted twice or never',
    affine: true,
    differentiable: false,
    x: ({ uniform }) => {
      return (j) => (j % 64 === 0 ? 30 : 0.1) * normal(uniform);
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
    x: oneInChannel(Number.NaN),
  },
  {
    name: 'inf-in-one-channel',
    catches: 'infinity swallowed, or spread to other channels',
    affine: true,
    differentiable: false,
    x: oneInChannel(Number.POSITIVE_INFINITY),
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
