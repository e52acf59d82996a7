import { elementsPerChannel, type Problem } from '@normgauge/contract';
import { type Channel, countedBy, evenly } from './channel.ts';
import { channelwise } from './channelwise.ts';
import { notDifferentiable, withOwnStatistics } from './differentiable.ts';
import type { Oracle, Statement } from './oracle.ts';

/** Steps reach/8, reach/16, … reach/128: with four extrapolations the error is of order (step/reach)¹⁰, below 1e-14. */
const levels = 5;

/**
 * Limit of a central difference as its step goes to 0, by Richardson extrapolation: the error is a series in h², whose
 * first terms are removed one by one.
 *
 * @param difference the central difference quotient with step h
 * @param reach distance to the nearest singularity, which is where that series stops converging
 *
 * Richardson 1911, doi:10.1098/rsta.1911.0009.
 */
function extrapolate(difference: (h: number) => number, reach: number): number {
  let row: readonly number[] = [];
  for (let level = 0; level < levels; level++) {
    const next = [difference(reach / 8 / 2 ** level)];
    row.forEach((coarser, k) => {
      next.push(next[k]! + (next[k]! - coarser) / (4 ** (k + 1) - 1));
    });
    row = next;
  }
  return row.at(-1)!;
}

/** Statistics of x and y without affine, in plain float64. */
function normalize(problem: Problem, x: Float64Array): { readonly xHat: Float64Array; readonly variance: number } {
  const { eps, epsPlacement, normalizeDivisor } = problem.convention;
  let total = 0;
  for (const value of x) total += value;
  const mean = total / x.length;
  let squares = 0;
  for (const value of x) squares += (value - mean) * (value - mean);
  const variance = squares / countedBy(normalizeDivisor, x.length, problem);
  const std = epsPlacement === 'inside-sqrt' ? Math.sqrt(variance + eps) : Math.sqrt(variance) + eps;
  return { xHat: x.map((value) => (value - mean) / std), variance };
}

/**
 * Training: L(x) = Σdy·y moves with one element at a time.
 *
 * x is taken relative to its first element, which changes no y and leaves no large mean to round against. As a function
 * of one element the sum of squares is A + B·(t−t₀)² with B = (m−1)/m, so that √(σ²+eps) has its singularities at a distance of
 * √((σ²+eps)·d/B) exactly, and √σ² at √(σ²·d/B).
 */
function throughStatistics(problem: Problem, channel: Channel): Statement[] {
  const { eps, epsPlacement, normalizeDivisor } = problem.convention;
  const m = channel.x.length;
  const { dy, gamma } = channel;
  const x = Float64Array.from(channel.x, (value) => value - channel.x[0]!);
  const { xHat, variance } = normalize(problem, x);
  const d = countedBy(normalizeDivisor, m, problem);
  const spread = Math.sqrt(epsPlacement === 'inside-sqrt' ? variance + eps : variance);
  const reach = m === 1 ? spread : spread * Math.sqrt((d * m) / (m - 1));

  const moved = (i: number, value: number): Float64Array => normalize(problem, x.with(i, value)).xHat;
  const sample = evenly(m, Math.max(3, Math.floor(mostElements / m)));
  const dx = sample.map((i): Statement => {
    const difference = (h: number): number => {
      const [right, left] = [x[i]! + h, x[i]! - h];
      const [above, below] = [moved(i, right), moved(i, left)];
      return (gamma * dy.reduce((sum, g, j) => sum + g * (above[j]! - below[j]!), 0)) / (right - left);
    };
    return { tensor: 'dx', i, value: extrapolate(difference, reach) };
  });
  return [...dx, ...affineSlopes(problem, channel, xHat)];
}

/** Frozen statistics: element i moves y[i] alone, in a straight line, so that one difference over a wide step is enough. */
function throughConstants(problem: Problem, channel: Channel): Statement[] {
  const { eps, epsPlacement } = problem.convention;
  const { dy, gamma, runningMean, runningVar } = channel;
  const std = epsPlacement === 'inside-sqrt' ? Math.sqrt(runningVar + eps) : Math.sqrt(runningVar) + eps;
  const y = (x: number): number => (gamma * (x - runningMean)) / std;
  const dx = channel.x.map((x, i): Statement => {
    const h = Math.max(Math.abs(x), Math.abs(runningMean), std);
    const [right, left] = [x + h, x - h];
    return { tensor: 'dx', i, value: (dy[i]! * (y(right) - y(left))) / (right - left) };
  });
  const xHat = Float64Array.from(channel.x, (x) => (x - runningMean) / std);
  return [...dx, ...affineSlopes(problem, channel, xHat)];
}

/** L is a straight line in gamma and in beta. */
function affineSlopes({ affine }: Problem, { dy, gamma, beta }: Channel, xHat: Float64Array): Statement[] {
  if (!affine) return [];
  const loss = (g: number, b: number): number => dy.reduce((sum, value, j) => sum + value * (g * xHat[j]! + b), 0);
  const gammaStep = Math.max(1, Math.abs(gamma));
  const betaStep = gammaStep * xHat.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  const dGamma = (loss(gamma + gammaStep, beta) - loss(gamma - gammaStep, beta)) / (2 * gammaStep);
  const dBeta = (loss(gamma, beta + betaStep) - loss(gamma, beta - betaStep)) / (2 * betaStep);
  return [
    { tensor: 'dGamma', i: 0, value: dGamma },
    { tensor: 'dBeta', i: 0, value: dBeta },
  ];
}

/** Most elements normalised per channel and step; always at least three derivatives. */
const mostElements = 2 ** 16;

const largestM = 2 ** 18;

/** Central differences: nothing but values of forward. */
export const richardson: Oracle = channelwise({
  id: 'richardson',
  description:
    'central differences of Σdy·y with Richardson extrapolation in float64, on centred data; gradients only, at most 8 channels, of dx all elements up to m = 256 and an even sample above',
  bound: 1e-9,
  mostChannels: 8,
  roundedMean: true,
  silentOn: ({ op, shape }) => {
    if (op !== 'backward' && op !== 'backward-frozen') return 'differences confirm gradients only';
    return elementsPerChannel(shape) > largestM
      ? `more than ${largestM} elements a channel: rounding of the sums passes the bound`
      : undefined;
  },
  silentOnChannel: notDifferentiable,
  prepare: withOwnStatistics,
  speak: (problem, channel) =>
    problem.op === 'backward' ? throughStatistics(problem, channel) : throughConstants(problem, channel),
});
