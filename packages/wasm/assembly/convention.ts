// The O(C) step between the sums and the elementwise pass, in float64, two channels at a time: which BatchNorm is
// meant, what is written out per channel, and the float32 coefficients of the elementwise pass. It also decides,
// channel by channel, whether float32 held everything; a channel for which it did not is marked for wide.ts.
//
// The ladder: a channel at a time cost 60 to 130 ns, most of it waiting for divisions; two at a time in float64x2, with
// the divisions by m and the divisors done once, cost about 10. A tensor of many channels with few elements each
// spends half its time here.
//
// The formulas: Ioffe & Szegedy 2015, Algorithm 1, with the variants named in @normgauge/contract (Convention).

import {
  lanesOf,
  loadPair,
  loadPairOr,
  markPair,
  nextMarked,
  offsetAt,
  recordOf,
  scaleAt,
  secondAt,
  setPair,
  shiftAt,
  slopeAt,
  slotOf,
  storePair,
} from './channels';
import { betaOf, gammaOf, Job, perChannel } from './job';
import { smallestSquare } from './shift';
import { isDead, wideGradient, wideGradientSums, wideMultiply, wideNormalise } from './wide';

/** Coefficients between 2^-100 and 2^100 neither overflow nor lose bits against any float32 that they meet. */
const smallest: f64 = 7.888609052210118e-31;
const largest: f64 = 1.2676506002282294e30;

@inline
function atMost(pair: v128, limit: f64): v128 {
  return f64x2.le(f64x2.abs(pair), f64x2.splat(limit));
}

@inline
function isNormal(pair: v128): v128 {
  const zeroOrLarge = v128.or(f64x2.eq(pair, f64x2.splat(0)), f64x2.ge(f64x2.abs(pair), f64x2.splat(smallest)));
  return v128.and(zeroOrLarge, atMost(pair, largest));
}

/** 1/√(σ²+eps) or 1/(√σ²+eps). */
@inline
function invStdOf(job: Job, variance: v128): v128 {
  const eps = f64x2.splat(job.eps);
  const root = job.outsideSqrt ? f64x2.add(f64x2.sqrt(variance), eps) : f64x2.sqrt(f64x2.add(variance, eps));
  return f64x2.div(f64x2.splat(1), root);
}

/** (1−w)·old + w·batch. */
@inline
function updated(old: v128, batch: v128, w: f64): v128 {
  return f64x2.add(f64x2.mul(old, f64x2.splat(1 - w)), f64x2.mul(batch, f64x2.splat(w)));
}

/**
 * shift, scale and offset of y = (x−shift)·scale + offset; what the shift misses of the mean is in the offset. With a
 * mean below 2^100, x−shift does not overflow for any float32 x. Slots become mean and invStd.
 */
@inline
function setForwardCoefficients(job: Job, first: u32, ch: u32, lanes: u32, mean: v128, invStd: v128): void {
  const scale = f64x2.mul(loadPairOr(job.gamma, first + ch, 1), invStd);
  const shift = f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(mean));
  const missed = f64x2.mul(f64x2.sub(mean, shift), scale);
  const offset = f64x2.sub(loadPairOr(job.beta, first + ch, 0), missed);
  const held = v128.and(isNormal(scale), v128.and(atMost(offset, largest), atMost(mean, largest)));

  const record = recordOf(job, ch);
  setPair(record, shiftAt, v128.and(shift, held));
  setPair(record, scaleAt, v128.and(scale, held));
  setPair(record, offsetAt, v128.and(offset, held));
  const slot = slotOf(job, ch);
  v128.store(slot, mean);
  v128.store(slot, invStd, secondAt);
  markPair(job, ch, ~i64x2.bitmask(held) & lanes);
}

/** Inference: the running statistics are the statistics. */
export function settleInference(job: Job, first: u32, count: u32): void {
  for (let ch: u32 = 0; ch < count; ch += 2) {
    const mean = loadPair(job.runningMean, first + ch);
    const invStd = invStdOf(job, loadPair(job.runningVar, first + ch));
    setForwardCoefficients(job, first, ch, lanesOf(ch, count), mean, invStd);
  }
}

/**
 * From mean and Σ(x−mean)² of channels first…first+count−1: mean, invStd and the running statistics are written, and
 * the coefficients set.
 */
export function settleStatistics(job: Job, first: u32, count: u32): void {
  const perDivisor = f64x2.splat(1 / job.divisor);
  const perRunningDivisor = f64x2.splat(1 / job.runningDivisor);
  const w = job.momentum;
  for (let ch: u32 = 0; ch < count; ch += 2) {
    const lanes = lanesOf(ch, count);
    const both = lanes == 3;
    const at = first + ch;
    const slot = slotOf(job, ch);
    const mean = v128.load(slot);
    const squares = v128.load(slot, secondAt);
    const invStd = invStdOf(job, f64x2.mul(squares, perDivisor));
    storePair(job.mean, at, mean, both);
    storePair(job.invStd, at, invStd, both);
    storePair(job.nextMean, at, updated(loadPair(job.runningMean, at), mean, w), both);
    const runningVar = f64x2.mul(squares, perRunningDivisor);
    storePair(job.nextVar, at, updated(loadPair(job.runningVar, at), runningVar, w), both);
    setForwardCoefficients(job, first, ch, lanes, mean, invStd);
  }
}

/** Writes y of the channels that are marked. */
export function finishForward(job: Job, first: u32, count: u32): void {
  for (let ch = nextMarked(job, 0, count); ch < count; ch = nextMarked(job, ch + 1, count)) {
    const slot = slotOf(job, ch);
    const at = first + ch;
    wideNormalise(job, at, load<f64>(slot), load<f64>(slot, secondAt), gammaOf(job, at), betaOf(job, at));
  }
}

/** Before the sums of the training gradient: the shift is the saved mean, float32 as it comes. */
export function settleSaved(job: Job, first: u32, count: u32): void {
  for (let ch: u32 = 0; ch < count; ch += 2) setPair(recordOf(job, ch), shiftAt, loadPair(job.mean, first + ch));
}

/** Before the gradient with frozen statistics; its scale is known without any sum. */
export function settleFrozen(job: Job, first: u32, count: u32): void {
  for (let ch: u32 = 0; ch < count; ch += 2) {
    const record = recordOf(job, ch);
    const at = first + ch;
    const scale = f64x2.mul(loadPairOr(job.gamma, at, 1), invStdOf(job, loadPair(job.runningVar, at)));
    const held = isNormal(scale);
    setPair(record, shiftAt, loadPair(job.runningMean, at));
    setPair(record, scaleAt, v128.and(scale, held));
    markPair(job, ch, ~i64x2.bitmask(held) & lanesOf(ch, count));
  }
}

/**
 * Turns the sums of a pair of channels from Σdy·(x−mean) into dGamma = Σdy·x̂, and repeats both in float64 where
 * float32 did not hold them; dGamma and dBeta are written where the problem has them. All ones for a channel whose
 * sums were finite in float32, which also says that every x and dy of it is finite.
 */
@inline
function settleSums(job: Job, first: u32, ch: u32, lanes: u32, mean: usize, invStd: v128): v128 {
  const slot = slotOf(job, ch);
  const products = v128.load(slot, secondAt);
  const bounded = v128.and(atMost(v128.load(slot), f64.MAX_VALUE), atMost(products, f64.MAX_VALUE));
  const finite = v128.and(bounded, atMost(invStd, f64.MAX_VALUE));
  const large = f64x2.ge(f64x2.abs(products), f64x2.splat(smallestSquare * job.m));
  v128.store(slot, f64x2.mul(products, invStd), secondAt);
  const bad = ~i64x2.bitmask(v128.and(finite, large)) & lanes;
  if (bad != 0) {
    const finiteMask = i64x2.bitmask(finite);
    const first0 = first + ch;
    if (bad & 1) repairSums(job, first0, slot, mean, f64x2.extract_lane(invStd, 0), (finiteMask & 1) != 0);
    if (bad & 2) repairSums(job, first0 + 1, slot + 8, mean, f64x2.extract_lane(invStd, 1), (finiteMask & 2) != 0);
  }
  if (job.dGamma) {
    storePair(job.dBeta, first + ch, v128.load(slot), lanes == 3);
    storePair(job.dGamma, first + ch, v128.load(slot, secondAt), lanes == 3);
  }
  return finite;
}

function repairSums(job: Job, channel: u32, slot: usize, mean: usize, invStd: f64, finite: bool): void {
  if (finite && load<f64>(slot, secondAt) == 0 && isDead(job, channel)) return;
  wideGradientSums(job, channel, slot, perChannel(mean, channel) as f64, invStd);
}

/** x̂·dGamma/(d·q) is 0 by definition where q = σ·invStd ≤ 2^-23: outside the root σ has no derivative at 0. */
const smallestQ: f64 = 1.1920928955078125e-7;

/**
 * After the sums of the training gradient: dGamma and dBeta are written, and the coefficients set so that
 *
 *   dx = gamma·invStd·(dy − dBeta/m − x̂·dGamma/(d·q))
 *      = dy·scale + (x−mean)·slope + offset
 */
export function settleGradient(job: Job, first: u32, count: u32): void {
  const perM = f64x2.splat(1 / job.m);
  const one = f64x2.splat(1);
  for (let ch: u32 = 0; ch < count; ch += 2) {
    const lanes = lanesOf(ch, count);
    const invStd = loadPair(job.invStd, first + ch);
    const finite = settleSums(job, first, ch, lanes, job.mean, invStd);
    const slot = slotOf(job, ch);
    const q = job.outsideSqrt ? f64x2.sub(one, f64x2.mul(f64x2.splat(job.eps), invStd)) : one;
    const dyMean = f64x2.mul(v128.load(slot), perM);
    const dyProjection = f64x2.div(v128.load(slot, secondAt), f64x2.mul(f64x2.splat(job.divisor), q));
    const scale = f64x2.mul(loadPairOr(job.gamma, first + ch, 1), invStd);
    const steep = f64x2.neg(f64x2.mul(f64x2.mul(scale, invStd), dyProjection));
    const slope = v128.andnot(steep, f64x2.le(q, f64x2.splat(smallestQ)));
    const offset = f64x2.neg(f64x2.mul(scale, dyMean));
    const held = v128.and(v128.and(finite, isNormal(scale)), v128.and(isNormal(slope), isNormal(offset)));

    const record = recordOf(job, ch);
    setPair(record, scaleAt, v128.and(scale, held));
    setPair(record, slopeAt, v128.and(slope, held));
    setPair(record, offsetAt, v128.and(offset, held));
    v128.store(slot, dyMean);
    v128.store(slot, dyProjection, secondAt);
    markPair(job, ch, ~i64x2.bitmask(held) & lanes);
  }
}

/** Writes dx of the channels that are marked. */
export function finishGradient(job: Job, first: u32, count: u32): void {
  for (let ch = nextMarked(job, 0, count); ch < count; ch = nextMarked(job, ch + 1, count)) {
    const at = first + ch;
    const mean = perChannel(job.mean, at) as f64;
    const invStd = perChannel(job.invStd, at) as f64;
    // NaN ≤ is false: an undefined q keeps its term, and with it the NaN.
    const flat = job.outsideSqrt != 0 && 1 - job.eps * invStd <= smallestQ;
    wideGradient(job, at, slotOf(job, ch), mean, invStd, gammaOf(job, at), !flat);
  }
}

/** After the sums of the gradient with frozen statistics: dGamma and dBeta. */
export function settleFrozenSums(job: Job, first: u32, count: u32): void {
  for (let ch: u32 = 0; ch < count; ch += 2) {
    const invStd = invStdOf(job, loadPair(job.runningVar, first + ch));
    settleSums(job, first, ch, lanesOf(ch, count), job.runningMean, invStd);
  }
}

/** Writes dx of the channels that are marked, with frozen statistics. */
export function finishFrozen(job: Job, first: u32, count: u32): void {
  for (let ch = nextMarked(job, 0, count); ch < count; ch = nextMarked(job, ch + 1, count)) {
    const at = first + ch;
    const invStd = f64x2.extract_lane(invStdOf(job, f64x2.splat(perChannel(job.runningVar, at) as f64)), 0);
    wideMultiply(job, at, invStd, gammaOf(job, at));
  }
}
