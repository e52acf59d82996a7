// One channel in scalar float64, for the data that float32 arithmetic does not hold: sums or squares that overflow or
// underflow, coefficients outside float32's comfortable range, NaN and infinities, and channels whose σ is below the
// rounding of their mean (constant ones above all). Any layout, any size.
//
//   wideStatistics     mean = Σx/m;  squares = Σ(x−mean)² − (Σ(x−mean))²/m
//   wideGradientSums   Σdy;  Σdy·(x−mean)·invStd
//   wideNormalise      y  = gamma·((x−mean)·invStd) + beta
//   wideGradient       dx = gamma·invStd·(dy − dyMean − (x−mean)·invStd·dyProjection)
//   wideMultiply       dx = dy·gamma·invStd
//
// Written in the order of the definition, so that NaN and infinities go where IEEE 754 sends them. float32 squared
// 2²⁴ times over stays below 2²⁸¹, far from float64's limits. Slow (a few ns an element) and rarely needed.
//
// Chan, Golub & LeVeque 1983, doi:10.1080/00031305.1983.10483115, eq. 1.7 (the corrected two-pass formula)

import { secondAt, slotOf } from './channels';
import { bytes, Job } from './job';

/** Byte offset of the channel's first element. */
@inline
function firstOf(job: Job, channel: u32): usize {
  return ((channel as usize) * job.channelStride) << 2;
}

/** Whether every dy of the channel is 0: a dead unit, whose sums are 0 without having lost anything. */
export function isDead(job: Job, ch: u32): bool {
  let start = job.dy + firstOf(job, ch);
  for (let i: u32 = 0; i < job.outer; i++) {
    let at = start;
    for (let k: u32 = 0; k < job.run; k++) {
      if (load<f32>(at) != 0) return false;
      at += bytes(job.runStride);
    }
    start += bytes(job.outerStride);
  }
  return true;
}

/**
 * Stores mean and Σ(x−mean)² to the slot. Exact for a constant channel: m times a float32 is a float64
 * for any m < 2²⁹, so that the mean is the constant and every deviation 0.
 */
export function wideStatistics(job: Job, ch: u32, slot: usize): void {
  let sum: f64 = 0;
  let start = job.x + firstOf(job, ch);
  for (let i: u32 = 0; i < job.outer; i++) {
    let at = start;
    for (let k: u32 = 0; k < job.run; k++) {
      sum += load<f32>(at) as f64;
      at += bytes(job.runStride);
    }
    start += bytes(job.outerStride);
  }
  const mean = sum / job.m;
  let deviations: f64 = 0;
  let squares: f64 = 0;
  start = job.x + firstOf(job, ch);
  for (let i: u32 = 0; i < job.outer; i++) {
    let at = start;
    for (let k: u32 = 0; k < job.run; k++) {
      const d = (load<f32>(at) as f64) - mean;
      deviations += d;
      squares += d * d;
      at += bytes(job.runStride);
    }
    start += bytes(job.outerStride);
  }
  // An infinite mean makes every deviation infinite or NaN; there is nothing to correct then.
  store<f64>(slot, isFinite(deviations) ? mean + deviations / job.m : mean);
  store<f64>(slot, max<f64>(squares - (deviations * deviations) / job.m, 0), secondAt);
}

/** Stores Σdy and Σdy·x̂ to the slot. */
export function wideGradientSums(job: Job, ch: u32, slot: usize, mean: f64, invStd: f64): void {
  let sum: f64 = 0;
  let products: f64 = 0;
  let start = firstOf(job, ch);
  for (let i: u32 = 0; i < job.outer; i++) {
    let at = start;
    for (let k: u32 = 0; k < job.run; k++) {
      const dy = load<f32>(job.dy + at) as f64;
      sum += dy;
      products += dy * (((load<f32>(job.x + at) as f64) - mean) * invStd);
      at += bytes(job.runStride);
    }
    start += bytes(job.outerStride);
  }
  store<f64>(slot, sum);
  store<f64>(slot, products, secondAt);
}

export function wideNormalise(job: Job, ch: u32, mean: f64, invStd: f64, gamma: f64, beta: f64): void {
  let start = firstOf(job, ch);
  for (let i: u32 = 0; i < job.outer; i++) {
    let at = start;
    for (let k: u32 = 0; k < job.run; k++) {
      const xHat = ((load<f32>(job.x + at) as f64) - mean) * invStd;
      store<f32>(job.out + at, (gamma * xHat + beta) as f32);
      at += bytes(job.runStride);
    }
    start += bytes(job.outerStride);
  }
}

/**
 * The slot holds dBeta/m and dGamma/(d·q). `withProjection` is false where the derivative of σ does not exist and the
 * last term is 0 by definition.
 */
export function wideGradient(
  job: Job,
  ch: u32,
  slot: usize,
  mean: f64,
  invStd: f64,
  gamma: f64,
  withProjection: bool,
): void {
  const dyMean = load<f64>(slot);
  const dyProjection = load<f64>(slot, secondAt);
  let start = firstOf(job, ch);
  for (let i: u32 = 0; i < job.outer; i++) {
    let at = start;
    for (let k: u32 = 0; k < job.run; k++) {
      let inner = (load<f32>(job.dy + at) as f64) - dyMean;
      if (withProjection) inner -= ((load<f32>(job.x + at) as f64) - mean) * invStd * dyProjection;
      store<f32>(job.out + at, (gamma * invStd * inner) as f32);
      at += bytes(job.runStride);
    }
    start += bytes(job.outerStride);
  }
}

export function wideMultiply(job: Job, ch: u32, invStd: f64, gamma: f64): void {
  let start = firstOf(job, ch);
  for (let i: u32 = 0; i < job.outer; i++) {
    let at = start;
    for (let k: u32 = 0; k < job.run; k++) {
      store<f32>(job.out + at, ((load<f32>(job.dy + at) as f64) * gamma * invStd) as f32);
      at += bytes(job.runStride);
    }
    start += bytes(job.outerStride);
  }
}
