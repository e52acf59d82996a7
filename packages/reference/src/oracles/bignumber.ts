import { elementsOf, type Problem, type TensorName } from '@normgauge/contract';
import { Decimal } from 'decimal.js';
import { type Channel, countedBy } from './channel.ts';
import { channelwise } from './channelwise.ts';
import type { Oracle, Statement } from './oracle.ts';

/**
 * 64 significant digits. The decimals that mathjs computes with too, without the rest of it, which takes a second to load:
 * in every run the exact statistics of small problems are asked for.
 */
const Big: typeof Decimal = Decimal.clone({ precision: 64 });

/**
 * A float64 as it is, to the last bit. `new Big(0.1)` will not do: it takes the shortest decimal that rounds to the
 * number, which is off by up to half a unit in the last place; in hexadecimal the digits are exact.
 */
function exactly(value: number): Decimal {
  if (!Number.isFinite(value)) return new Big(value);
  return new Big(`${value < 0 ? '-' : ''}0x${Math.abs(value).toString(16)}`);
}

/** Σv. */
function sumOf(values: readonly Decimal[]): Decimal {
  return values.reduce((sum, value) => sum.plus(value), exactly(0));
}

interface BigStatistics {
  readonly mean: Decimal;
  readonly deviations: readonly Decimal[];
  /** Σ(x−μ)². */
  readonly squares: Decimal;
}

/** Statistics of one channel. Deviations are taken relative to the first element, so that those of a constant are 0. */
function statisticsOf(x: readonly Decimal[]): BigStatistics {
  const fromFirst = x.map((value) => value.minus(x[0]!));
  const shift = sumOf(fromFirst).div(x.length);
  const deviations = fromFirst.map((value) => value.minus(shift));
  const squares = sumOf(deviations.map((deviation) => deviation.times(deviation)));
  return { mean: sumOf(x).div(x.length), deviations, squares };
}

/** 1/√(σ²+eps) or 1/(√σ²+eps). */
function invStdOf(variance: Decimal, { convention }: Problem): Decimal {
  const eps = exactly(convention.eps);
  const std = convention.epsPlacement === 'inside-sqrt' ? variance.plus(eps).sqrt() : variance.sqrt().plus(eps);
  return exactly(1).div(std);
}

/** The statistics that forward-training saves, to 64 digits and then rounded once to float64. */
export function exactStatistics(problem: Problem, { x }: Channel): { readonly mean: number; readonly invStd: number } {
  const { mean, squares } = statisticsOf(x.map(exactly));
  const variance = squares.div(countedBy(problem.convention.normalizeDivisor, x.length, problem));
  return { mean: mean.toNumber(), invStd: invStdOf(variance, problem).toNumber() };
}

function forwardTraining(problem: Problem, channel: Channel): Statement[] {
  const { normalizeDivisor, runningDivisor } = problem.convention;
  const m = channel.x.length;
  const { mean, deviations, squares } = statisticsOf(channel.x.map(exactly));
  const invStd = invStdOf(squares.div(countedBy(normalizeDivisor, m, problem)), problem);
  const variance = squares.div(countedBy(runningDivisor, m, problem));
  const w = exactly(channel.weight);
  const average = (old: number, now: Decimal): Decimal => exactly(1).minus(w).times(exactly(old)).plus(w.times(now));
  return [
    ...normalized(channel, deviations, invStd),
    say('mean', 0, mean),
    say('invStd', 0, invStd),
    say('runningMean', 0, average(channel.runningMean, mean)),
    say('runningVar', 0, average(channel.runningVar, variance)),
  ];
}

function inference(problem: Problem, channel: Channel): Statement[] {
  const invStd = invStdOf(exactly(channel.runningVar), problem);
  const mean = exactly(channel.runningMean);
  const deviations = channel.x.map((value) => exactly(value).minus(mean));
  return normalized(channel, deviations, invStd);
}

/** y = gamma·(x−mean)·invStd + beta. */
function normalized(channel: Channel, deviations: readonly Decimal[], invStd: Decimal): Statement[] {
  const gamma = exactly(channel.gamma);
  const beta = exactly(channel.beta);
  return deviations.map((deviation, i) => say('y', i, deviation.times(invStd).times(gamma).plus(beta)));
}

/** The formula of the contract over one denominator: dx = gamma·invStd·[ m·d·q·dy − d·q·Σdy − m·x̂·Σdy·x̂ ] / (m·d·q). */
function backward(problem: Problem, channel: Channel): Statement[] {
  const { eps, epsPlacement, normalizeDivisor } = problem.convention;
  const m = exactly(channel.x.length);
  const d = exactly(countedBy(normalizeDivisor, channel.x.length, problem));
  const invStd = exactly(channel.invStd);
  const q = epsPlacement === 'outside-sqrt' ? exactly(1).minus(exactly(eps).times(invStd)) : exactly(1);
  const { dy, xHat, dGamma, dBeta } = sums(channel, exactly(channel.mean), invStd);
  const scale = exactly(channel.gamma).times(invStd);
  const dx = dy.map((g, i) => {
    const meanPart = g.times(m).minus(dBeta);
    if (q.lessThanOrEqualTo(2 ** -23)) return scale.times(meanPart).div(m);
    const bracket = meanPart.times(d).times(q).minus(xHat[i]!.times(dGamma).times(m));
    return scale.times(bracket).div(m.times(d).times(q));
  });
  return [...dx.map((value, i) => say('dx', i, value)), ...affineGradients(problem, dGamma, dBeta)];
}

function backwardFrozen(problem: Problem, channel: Channel): Statement[] {
  const invStd = invStdOf(exactly(channel.runningVar), problem);
  const { dy, dGamma, dBeta } = sums(channel, exactly(channel.runningMean), invStd);
  const scale = exactly(channel.gamma).times(invStd);
  return [...dy.map((g, i) => say('dx', i, g.times(scale))), ...affineGradients(problem, dGamma, dBeta)];
}

/** dy, x̂, Σdy·x̂ and Σdy. */
function sums(channel: Channel, mean: Decimal, invStd: Decimal) {
  const dy = channel.dy.map(exactly);
  const xHat = channel.x.map((value) => exactly(value).minus(mean).times(invStd));
  return { dy, xHat, dGamma: sumOf(dy.map((g, i) => g.times(xHat[i]!))), dBeta: sumOf(dy) };
}

function affineGradients({ affine }: Problem, dGamma: Decimal, dBeta: Decimal): Statement[] {
  return affine ? [say('dGamma', 0, dGamma), say('dBeta', 0, dBeta)] : [];
}

function say(tensor: TensorName, i: number, value: Decimal): Statement {
  return { tensor, i, value: value.toNumber() };
}

const speakers = {
  'forward-training': forwardTraining,
  inference,
  backward,
  'backward-frozen': backwardFrozen,
};

/** About 50 µs an element, so this many take some three seconds. */
const mostElements = 2 ** 16;

/** Higher precision: what float64 loses to rounding shows, whatever the data. */
export const bignumber: Oracle = channelwise({
  id: 'bignumber',
  description:
    'the definition in decimals of 64 digits, on the very bits of the inputs; every output of every op, saved statistics taken as given',
  bound: 1e-13,
  mostChannels: Infinity,
  roundedMean: false,
  silentOn: ({ shape }) =>
    elementsOf(shape) > mostElements
      ? `more than ${mostElements} elements would take minutes in 64 digits; give it whole channels as a smaller problem`
      : undefined,
  silentOnChannel: () => undefined,
  prepare: (_problem, channel) => channel,
  speak: (problem, channel) => speakers[problem.op](problem, channel),
});
