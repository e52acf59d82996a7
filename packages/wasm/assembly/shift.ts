// The shift of a channel's statistics: one pass gives mean and variance, if it subtracts something near the mean.
//
//   first = Σ(x−s)    second = Σ(x−s)²    mean = s + first/m    Σ(x−mean)² = second − first²/m
//
// The ladder:
//   1. Σx and Σx²: cancels for |mean| ≫ σ
//   2. two passes, mean first: reads x twice
//   3. s guessed from a sample, and a check of the result: reads x once, and again only where the guess was bad.
//      This is what stands here. Short channels are their own sample, and so have two passes.
//
// What the check must exclude, with k = 7 the depth of the float32 additions, u = 2⁻²⁴, δ = mean−s, A = mean|x| and
// h = ⌈log₂ m⌉ + 8 the depth that a careful kernel is allowed:
//
//   error of the mean       ≤ (k+1)·u·mean|x−s|, allowed (h+1)·u·A + u·|mean|. With s = 0, mean|x−s| is A. Otherwise
//                           mean|x−s| ≤ A + |mean| + |δ|, and |δ| ≤ |mean|/2 makes this 20·u·A at most, for m ≥ 2¹⁰.
//   error of the variance   ≤ ((k+3)(σ²+δ²) + 2(k+1)·|δ|·√(σ²+δ²))·u, allowed (h+4)·u·σ². With δ² ≤ σ²/4 this is
//                           21.4·u·σ², for m ≥ 2¹⁰. Smaller m have δ near 0.
//
// An outlier in the sample, or a sample unlike the rest, fails the check; the pass itself then gives a better shift.
//
// Chan, Golub & LeVeque 1983, doi:10.1080/00031305.1983.10483115 (shifted data; the error analysis of its section 3)

import { channelAt, Channel, firstSum, Job, secondSumOf } from './job';

/** Elements of a channel that are enough of a sample. */
export const sampleSize: u32 = 512;

/** Passes before a channel is given up to wide.ts: a guess, a rough correction, a fine one. */
export const mostPasses: u32 = 3;

/** Squares and products below 2^-126 lose bits; a mean of them above 2^-120 shows that it did not matter. */
export const smallestSquare: f64 = 7.52316384526264e-37;

/** Σ(x−s) and Σ(x−s)² are good; want another pass with the channel's new shift; or are beyond float32. */
export const good: u32 = 0;
export const again: u32 = 1;
export const hopeless: u32 = 2;

/** 0 where the mean is small beside σ: x−0 is exact, and its size is that of x. */
@inline
function shiftFor(mean: f64, variance: f64): f32 {
  return mean * mean * 8 <= variance ? 0 : (mean as f32);
}

/** The shift from Σx and Σx² of `count` elements; of Σx alone when they are the whole channel. */
export function guessShift(job: Job, ch: u32, count: u32): void {
  const channel = channelAt(job, ch);
  const mean = firstSum(channel) / (count as f64);
  const variance = secondSumOf(channel) / (count as f64) - mean * mean;
  channel.shift = (count as f64) == job.m ? (mean as f32) : shiftFor(mean, variance);
}

/** Judges the sums of a whole pass; sets another shift where it says `again`. */
export function judgeShift(job: Job, channel: Channel): u32 {
  const residual = firstSum(channel) / job.m;
  const meanSquare = secondSumOf(channel) / job.m;
  if (!isFinite(residual) || !isFinite(meanSquare) || meanSquare < smallestSquare) return hopeless;
  const variance = meanSquare - residual * residual;
  const mean = (channel.shift as f64) + residual;
  const centred = residual * residual * 4 <= variance;
  const near = channel.shift == 0 || abs(residual) * 2 <= abs(mean);
  if (centred && near) return good;
  const better = shiftFor(mean, variance);
  // Nothing nearer to the mean is a float32: σ is of the size of the mean's rounding.
  if (better == channel.shift) return hopeless;
  channel.shift = better;
  return again;
}
