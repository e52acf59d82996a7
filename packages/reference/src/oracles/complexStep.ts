import { elementsPerChannel, type Problem } from '@normgauge/contract';
import { Complex } from 'complex.js';
import { type Channel, countedBy, evenly } from './channel.ts';
import { channelwise } from './channelwise.ts';
import { notDifferentiable, notFinite, withOwnStatistics } from './differentiable.ts';
import type { Oracle, Statement } from './oracle.ts';

// What mathjs computes complex numbers with; the whole of mathjs takes a second to load, and this oracle is asked in every run.
const real = (value: number): Complex => new Complex(value, 0);
const sumOf = (values: readonly Complex[]): Complex => values.reduce((sum, value) => sum.add(value), real(0));

/** What of a channel may carry an imaginary step. */
interface Point {
  readonly x: readonly Complex[];
  readonly gamma: Complex;
  readonly beta: Complex;
}

interface ComplexForward {
  readonly y: readonly Complex[];
  readonly mean: Complex;
  readonly invStd: Complex;
  /** Σ(x−μ)². */
  readonly squares: Complex;
}

/** Forward in complex numbers. Analytic: a square is v·v, without modulus or conjugate. */
function forward(problem: Problem, channel: Channel, { x, gamma, beta }: Point): ComplexForward {
  const { eps, epsPlacement, normalizeDivisor } = problem.convention;
  const frozen = problem.op === 'inference' || problem.op === 'backward-frozen';
  const mean = frozen ? real(channel.runningMean) : sumOf(x).div(x.length);
  const deviations = x.map((value) => value.sub(mean));
  const squares = frozen ? real(0) : sumOf(deviations.map((value) => value.mul(value)));
  const d = countedBy(normalizeDivisor, x.length, problem);
  const variance = frozen ? real(channel.runningVar) : squares.div(d);
  const std = epsPlacement === 'inside-sqrt' ? variance.add(eps).sqrt() : variance.sqrt().add(eps);
  const invStd = real(1).div(std);
  const y = deviations.map((value) => gamma.mul(value.mul(invStd)).add(beta));
  return { y, mean, invStd, squares };
}

function pointOf({ x, gamma, beta }: Channel): Point {
  return { x: x.map(real), gamma: real(gamma), beta: real(beta) };
}

/** Re f: the values of forward. */
function values(problem: Problem, channel: Channel): Statement[] {
  const { y, mean, invStd, squares } = forward(problem, channel, pointOf(channel));
  const statements = y.map((value, i): Statement => ({ tensor: 'y', i, value: value.re }));
  if (problem.op === 'inference') return statements;
  const { weight, runningMean, runningVar } = channel;
  const variance = squares.re / countedBy(problem.convention.runningDivisor, y.length, problem);
  return [
    ...statements,
    { tensor: 'mean', i: 0, value: mean.re },
    { tensor: 'invStd', i: 0, value: invStd.re },
    { tensor: 'runningMean', i: 0, value: (1 - weight) * runningMean + weight * mean.re },
    { tensor: 'runningVar', i: 0, value: (1 - weight) * runningVar + weight * variance },
  ];
}

/**
 * Imaginary step, in units of what is divided by: √(σ²+eps) for x, 1 for gamma and beta. Its square is nothing beside
 * 1, and no product of two factors falls below the smallest float64.
 */
const h = 1e-30;

/** Most complex elements evaluated per channel, some 5 µs each; always at least three derivatives. */
const mostElements = 2048;

/** Im f(x+ih)/h: the gradient of Σdy·y, one direction at a time. */
function gradient(problem: Problem, channel: Channel): Statement[] {
  const at = pointOf(channel);
  const loss = (point: Point): Complex => {
    const { y } = forward(problem, channel, point);
    return sumOf(y.map((value, j) => value.mul(channel.dy[j]!)));
  };
  const xStep = h / forward(problem, channel, at).invStd.re;
  const m = channel.x.length;
  const sample = evenly(m, Math.max(3, Math.floor(mostElements / m)));
  const dx = sample.map((i): Statement => {
    const x = at.x.with(i, new Complex(channel.x[i]!, xStep));
    return { tensor: 'dx', i, value: loss({ ...at, x }).im / xStep };
  });
  if (!problem.affine) return dx;
  return [
    ...dx,
    { tensor: 'dGamma', i: 0, value: loss({ ...at, gamma: new Complex(channel.gamma, h) }).im / h },
    { tensor: 'dBeta', i: 0, value: loss({ ...at, beta: new Complex(channel.beta, h) }).im / h },
  ];
}

const isGradient = ({ op }: Problem): boolean => op === 'backward' || op === 'backward-frozen';

/** A single evaluation of a larger channel would take a second. */
const largestM = 2 ** 14;

/**
 * Complex step: f(x+ih) = f(x) + ih·f′(x) + O(h²), and the imaginary part is found without cancellation.
 *
 * Squire & Trapp 1998, doi:10.1137/S003614459631241X; Martins, Sturdza & Alonso 2003, doi:10.1145/838250.838251.
 */
export const complexStep: Oracle = channelwise({
  id: 'complex-step',
  description:
    'forward written analytically in complex numbers: the imaginary part of Σdy·y at x+ih is the gradient, the real part the values; at most 8 channels, of dx all elements up to m = 45 and an even sample above',
  bound: 1e-12,
  mostChannels: 8,
  roundedMean: true,
  silentOn: ({ shape }) =>
    elementsPerChannel(shape) > largestM ? `more than ${largestM} elements a channel would take too long` : undefined,
  silentOnChannel: (problem, channel) =>
    isGradient(problem) ? notDifferentiable(problem, channel) : notFinite(problem, channel),
  prepare: withOwnStatistics,
  speak: (problem, channel) => (isGradient(problem) ? gradient(problem, channel) : values(problem, channel)),
});
