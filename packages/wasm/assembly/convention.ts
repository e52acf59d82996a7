// The O(C) step between the sums and the elementwise pass, in float64: which BatchNorm is meant, what is written out
// per channel, and the float32 coefficients of the elementwise pass. It also decides, channel by channel, whether
// float32 held everything; a channel for which it did not is handed to wide.ts.
//
// The formulas: Ioffe & Szegedy 2015, Algorithm 1, with the variants named in @normgauge/contract (Convention).

import { betaOf, Channel, channelAt, firstSum, gammaOf, Job, perChannel, secondSumOf, setPerChannel } from './job';
import { smallestSquare } from './shift';
import { isDead, wideGradient, wideGradientSums, wideMultiply, wideNormalise, wideStatistics } from './wide';

/** Coefficients between 2^-100 and 2^100 neither overflow nor lose bits against any float32 that they meet. */
const smallest: f64 = 7.888609052210118e-31;
const largest: f64 = 1.2676506002282294e30;

@inline
function isNormal(coefficient: f64): bool {
  const size = abs(coefficient);
  return size == 0 || (size >= smallest && size <= largest);
}

/** 1/√(σ²+eps) or 1/(√σ²+eps). */
@inline
export function invStdOf(job: Job, variance: f64): f64 {
  return job.outsideSqrt ? 1 / (sqrt(variance) + job.eps) : 1 / sqrt(variance + job.eps);
}

/**
 * shift, scale and offset of y = (x−shift)·scale + offset; what the shift misses of the mean is in the offset. With a
 * mean below 2^100, x−shift does not overflow for any float32 x.
 */
function setForwardCoefficients(job: Job, ch: u32, channel: Channel): void {
  const scale = gammaOf(job, ch) * channel.invStd;
  const shift = channel.mean as f32;
  const offset = betaOf(job, ch) - (channel.mean - (shift as f64)) * scale;
  const held = isNormal(scale) && abs(offset) <= largest && abs(channel.mean) <= largest;
  channel.wide = held ? 0 : 1;
  channel.shift = held ? shift : 0;
  channel.scale = held ? (scale as f32) : 0;
  channel.slope = 0;
  channel.offset = held ? (offset as f32) : 0;
}

/** Inference: the running statistics are the statistics. */
export function settleInference(job: Job, ch: u32): void {
  const channel = channelAt(job, ch);
  channel.mean = perChannel(job.runningMean, ch) as f64;
  channel.invStd = invStdOf(job, perChannel(job.runningVar, ch) as f64);
  setForwardCoefficients(job, ch, channel);
}

/**
 * After the passes over x, first = Σ(x−shift) and second = Σ(x−shift)² where `held` says that they are good: mean,
 * invStd and the running statistics are written, and the coefficients set.
 */
export function settleStatistics(job: Job, ch: u32, held: bool): void {
  const channel = channelAt(job, ch);
  if (held) {
    const residual = firstSum(channel) / job.m;
    channel.mean = (channel.shift as f64) + residual;
    channel.second0 = secondSumOf(channel) - residual * residual * job.m;
    channel.second1 = 0;
  } else {
    wideStatistics(job, ch, channel);
  }

  const sumOfSquares = secondSumOf(channel);
  channel.invStd = invStdOf(job, sumOfSquares / job.divisor);
  setPerChannel(job.mean, ch, channel.mean);
  setPerChannel(job.invStd, ch, channel.invStd);
  const w = job.momentum;
  const oldMean = perChannel(job.runningMean, ch) as f64;
  const oldVar = perChannel(job.runningVar, ch) as f64;
  setPerChannel(job.nextMean, ch, (1 - w) * oldMean + w * channel.mean);
  setPerChannel(job.nextVar, ch, (1 - w) * oldVar + w * (sumOfSquares / job.runningDivisor));
  setForwardCoefficients(job, ch, channel);
}

/** Writes y where `wide` says so. */
export function finishForward(job: Job, ch: u32): void {
  const channel = channelAt(job, ch);
  if (channel.wide) wideNormalise(job, ch, channel, gammaOf(job, ch), betaOf(job, ch));
}

/** Before the sums of the training gradient: the saved statistics, float32 as they come. */
export function settleSaved(job: Job, ch: u32): void {
  const channel = channelAt(job, ch);
  channel.shift = perChannel(job.mean, ch);
  channel.mean = channel.shift as f64;
  channel.invStd = perChannel(job.invStd, ch) as f64;
}

/** Before the gradient with frozen statistics; its scale is known without any sum. */
export function settleFrozen(job: Job, ch: u32): void {
  const channel = channelAt(job, ch);
  channel.shift = perChannel(job.runningMean, ch);
  channel.mean = channel.shift as f64;
  channel.invStd = invStdOf(job, perChannel(job.runningVar, ch) as f64);
  const scale = gammaOf(job, ch) * channel.invStd;
  channel.wide = isNormal(scale) ? 0 : 1;
  channel.scale = channel.wide ? 0 : (scale as f32);
  channel.slope = 0;
  channel.offset = 0;
}

/**
 * Turns the second sum from Σdy·(x−mean) into dGamma = Σdy·x̂, and repeats both sums in float64 where float32 did not
 * hold them. True when they were finite in float32, which also says that every x and dy of the channel is finite.
 */
function settleSums(job: Job, ch: u32, channel: Channel): bool {
  const products = secondSumOf(channel);
  const finite = isFinite(firstSum(channel)) && isFinite(products) && isFinite(channel.invStd);
  const held = finite && abs(products) >= smallestSquare * job.m;
  if (held || (finite && products == 0 && isDead(job, ch))) {
    channel.second0 = products * channel.invStd;
    channel.second1 = 0;
  } else {
    wideGradientSums(job, ch, channel);
  }
  return finite;
}

/** dBeta = Σdy and dGamma = Σdy·x̂ where the problem has them. */
function writeAffineGradients(job: Job, ch: u32, channel: Channel): void {
  if (job.dBeta) setPerChannel(job.dBeta, ch, firstSum(channel));
  if (job.dGamma) setPerChannel(job.dGamma, ch, secondSumOf(channel));
}

/** x̂·dGamma/(d·q) is 0 by definition where q = σ·invStd ≤ 2^-23: outside the root σ has no derivative at 0. */
@inline
function qOf(job: Job, channel: Channel): f64 {
  return job.outsideSqrt ? 1 - job.eps * channel.invStd : 1;
}

const smallestQ: f64 = 1.1920928955078125e-7;

/**
 * After the sums of the training gradient: dGamma and dBeta are written, and the coefficients set so that
 *
 *   dx = gamma·invStd·(dy − dBeta/m − x̂·dGamma/(d·q))
 *      = dy·scale + (x−mean)·slope + offset
 */
export function settleGradient(job: Job, ch: u32): void {
  const channel = channelAt(job, ch);
  const finite = settleSums(job, ch, channel);
  const dBeta = firstSum(channel);
  const dGamma = secondSumOf(channel);
  writeAffineGradients(job, ch, channel);

  const q = qOf(job, channel);
  channel.dyMean = dBeta / job.m;
  channel.dyProjection = dGamma / (job.divisor * q);
  const scale = gammaOf(job, ch) * channel.invStd;
  const slope = q <= smallestQ ? 0 : -scale * channel.invStd * channel.dyProjection;
  const offset = -scale * channel.dyMean;
  const held = finite && isNormal(scale) && isNormal(slope) && isNormal(offset);
  channel.wide = held ? 0 : 1;
  channel.scale = held ? (scale as f32) : 0;
  channel.slope = held ? (slope as f32) : 0;
  channel.offset = held ? (offset as f32) : 0;
}

/** Writes dx where `wide` says so. */
export function finishGradient(job: Job, ch: u32): void {
  const channel = channelAt(job, ch);
  // NaN ≤ is false: an undefined q keeps its term, and with it the NaN.
  if (channel.wide) wideGradient(job, ch, channel, gammaOf(job, ch), !(qOf(job, channel) <= smallestQ));
}

/** After the sums and dx with frozen statistics: dGamma and dBeta, and dx where `wide` says so. */
export function finishFrozen(job: Job, ch: u32): void {
  const channel = channelAt(job, ch);
  if (job.dGamma) {
    settleSums(job, ch, channel);
    writeAffineGradients(job, ch, channel);
  }
  if (channel.wide) wideMultiply(job, ch, channel, gammaOf(job, ch));
}
