import type { Convention, Shape } from '@normgauge/contract';
import { digit, digitCount, featureMap, mapSide } from './digits.ts';
import { between, normal, type Uniform } from './random.ts';

/* How the values of one channel are drawn: what the rows of `fills.ts` are made of. */

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

/** The value of element j of the channel, asked for in the order of j. */
export type Draw = (channel: ChannelContext) => (j: number) => number;

const spread = (uniform: Uniform): number => 2 ** between(uniform, -2, 2);

/** Every channel has a scale and a shift of its own, so that swapped channels differ. */
export function drawNormal({ uniform }: ChannelContext): (j: number) => number {
  const sigma = spread(uniform);
  const mu = sigma * between(uniform, -2, 2);
  return () => mu + sigma * normal(uniform);
}

/**
 * Deviation 1 around a mean that float32 holds exactly: all values lie on the grid of float32 at that size, and so does their
 * mean. Gradients are given the saved mean, and formulas that are the same for the exact mean (one that sums x − μ, one that
 * finds μ again) must not differ by what rounding it has lost.
 */
export function aroundMean(mean: number): Draw {
  return ({ uniform, c, m }) => {
    const mu = (c % 2 === 0 ? mean : -mean) * between(uniform, 1, 1.5);
    const grid = 2 ** (Math.floor(Math.log2(1.5 * mean + 8)) - 23);
    const steps = Int32Array.from({ length: m }, () => Math.round((mu + normal(uniform)) / grid));
    const sum = steps.reduce((total, step) => total + step, 0);
    const excess = ((sum % m) + m) % m;
    for (let j = 0; j < excess; j++) steps[j]! -= 1;
    return (j) => steps[j]! * grid;
  };
}

/** A scale and a shift for every channel here, too. */
export function drawGradient({ uniform }: ChannelContext): (j: number) => number {
  const scale = 2 ** between(uniform, -2, 2);
  const shift = scale * between(uniform, -1, 1);
  return () => shift + scale * normal(uniform);
}

/** Bits below the leading one that keep Σx and Σx² exact in float32, whatever the order. */
export function exactBits(m: number): number {
  return Math.min(24, Math.floor((24 - Math.ceil(Math.log2(m))) / 2) - 1);
}

/** x[2i] + x[2i+1] = 2·mean on a grid coarse enough that every partial sum is a float32 (oneDNN benchdnn, bnorm.hpp). */
export function drawExact({ uniform, c, m }: ChannelContext): (j: number) => number {
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
export function drawTinyVariance({ uniform, convention }: ChannelContext): (j: number) => number {
  const { eps, epsPlacement } = convention;
  // Without eps, data on which any eps would show.
  const target = eps === 0 ? 2 ** -12 : epsPlacement === 'inside-sqrt' ? Math.sqrt(eps) : eps;
  const sigma = target * between(uniform, 0.5, 2);
  const mu = target * between(uniform, -4, 4);
  return () => mu + sigma * normal(uniform);
}

/** The first, the last and one more element of the middle channel: a vector of its neighbours may reach the first two. */
export function inMiddleChannel(special: number, draw: Draw): Draw {
  return (channel) => {
    const { shape, m, c, uniform } = channel;
    const ordinary = draw(channel);
    if (c !== Math.floor(shape.c / 2)) return ordinary;
    const at = new Set([0, m - 1, Math.floor(between(uniform, 0, m))]);
    return (j) => (at.has(j) ? special : ordinary(j));
  };
}

/** The first or the last of 64 elements, and so of any larger block of 2ᵏ. */
export const isEdge = (j: number): boolean => j % 64 === 0 || j % 64 === 63;

/** Digits as features, one pixel a channel, or as 26×26 maps of fixed filters. */
export function drawDigits({ shape, c, seed }: ChannelContext): (j: number) => number {
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
