// The shift of a channel's statistics: one pass gives mean and variance, if it subtracts something near the mean.
//
//   first = Σ(x−s)    second = Σ(x−s)²    mean = s + first/m    Σ(x−mean)² = second − first²/m
//
// The ladder:
//   1. Σx and Σx²: cancels for |mean| ≫ σ
//   2. two passes, mean first: reads x twice
//   3. s guessed from a sample, and a check of the result: reads x once, and again only where the guess was bad.
//      This is what stands here. Short channels are their own sample, and so have two passes.
//   4. the check of two channels at a time, in float64x2: a fifth of the time for the tensors that have many channels
//
// What the check must exclude, with k = 5 the depth of the float32 additions, u = 2⁻²⁴, δ = mean−s, A = mean|x| and
// h = ⌈log₂ m⌉ + 8 the depth that a careful kernel is allowed, 18 at least for what is sampled, m ≥ 2¹⁰:
//
//   error of the mean       ≤ (k+1)·u·mean|x−s|, allowed (h+1)·u·A + u·|mean|. With s = 0, mean|x−s| is A. Otherwise
//                           mean|x−s| ≤ A + |mean| + |δ|, and |δ| ≤ |mean| makes this 18·u·A at most.
//   error of the variance   ≤ ((k+3)(σ²+δ²) + 2(k+1)·|δ|·√(σ²+δ²))·u, allowed (h+4)·u·σ². With δ² ≤ 4σ²/9 this is
//                           21.2·u·σ².
//
// An outlier in the sample, or a sample unlike the rest, fails the check; the pass itself then gives a better shift.
//
// Chan, Golub & LeVeque 1983, doi:10.1080/00031305.1983.10483115 (shifted data; the error analysis of its section 3)

import { lanesOf, markPair, pairIn, recordOf, scaleAt, secondAt, setPair, shiftAt, slotOf } from './channels';
import { Job } from './job';

/** Channels of fewer elements are not sampled but read whole for their mean. */
export const shortestSampled: f64 = 1024;

/** Passes before a channel is given up to wide.ts: a guess, a rough correction, a fine one. */
export const mostPasses: u32 = 3;

/** Squares and products below 2^-126 lose bits; a mean of them above 2^-120 shows that it did not matter. */
export const smallestSquare: f64 = 7.52316384526264e-37;

/** 0 where the mean is small beside σ: x−0 is exact, and its size is that of x. */
const smallMean: f64 = 8;

/** The shifts of `count` channels from Σx and Σx² of a sample of `size` elements. */
export function guessShifts(job: Job, count: u32, size: u32): void {
  const perSize = f64x2.splat(1 / (size as f64));
  for (let ch: u32 = 0; ch < count; ch += 2) {
    const slot = slotOf(job, ch);
    const mean = f64x2.mul(v128.load(slot), perSize);
    const square = f64x2.mul(mean, mean);
    const variance = f64x2.sub(f64x2.mul(v128.load(slot, secondAt), perSize), square);
    const small = f64x2.le(f64x2.mul(square, f64x2.splat(smallMean)), variance);
    setPair(recordOf(job, ch), shiftAt, v128.andnot(mean, small));
  }
}

/**
 * The shifts of `count` channels from Σx of all their elements. What the float32 shift misses of the mean is kept in
 * the record, in the field that nothing needs before the elementwise pass.
 */
export function takeMeans(job: Job, count: u32): void {
  const perM = f64x2.splat(1 / job.m);
  for (let ch: u32 = 0; ch < count; ch += 2) {
    const record = recordOf(job, ch);
    const mean = f64x2.mul(v128.load(slotOf(job, ch)), perM);
    setPair(record, shiftAt, mean);
    setPair(record, missedAt, f64x2.sub(mean, pairIn(record, shiftAt)));
  }
}

/** Where takeMeans keeps what a shift misses. */
const missedAt: usize = scaleAt;

/** Σ(x−shift), where the shift is from takeMeans and only the squares were summed. */
export function restoreSums(job: Job, count: u32): void {
  const m = f64x2.splat(job.m);
  for (let ch: u32 = 0; ch < count; ch += 2) {
    v128.store(slotOf(job, ch), f64x2.mul(pairIn(recordOf(job, ch), missedAt), m));
  }
}

/**
 * Judges the sums of a whole pass over `count` channels and turns them into mean and Σ(x−mean)². Marks the channels
 * for which they are not good, and tells how many these are.
 */
export function judgeShifts(job: Job, count: u32): u32 {
  let bad: u32 = 0;
  for (let ch: u32 = 0; ch < count; ch += 2) {
    const mask = judgePair(job, ch, lanesOf(ch, count));
    markPair(job, ch, mask);
    bad += popcnt(mask);
  }
  return bad;
}

/** The same for one channel; true when its sums are good. */
export function judgeShift(job: Job, ch: u32): bool {
  return judgePair(job, ch & ~1, 1 << (ch & 1)) == 0;
}

/** The pair that begins with `ch`, of which only those in `lanes` count. Which of them are not good. */
@inline
function judgePair(job: Job, ch: u32, lanes: u32): u32 {
  const slot = slotOf(job, ch);
  const sums = v128.load(slot);
  const squares = v128.load(slot, secondAt);
  const shift = pairIn(recordOf(job, ch), shiftAt);
  const perM = f64x2.splat(1 / job.m);
  const residual = f64x2.mul(sums, perM);
  const mean = f64x2.add(shift, residual);
  const residual2 = f64x2.mul(residual, residual);
  const meanSquare = f64x2.mul(squares, perM);
  const about = f64x2.sub(squares, f64x2.mul(residual2, f64x2.splat(job.m)));
  const chosen = i64x2.ne(v128.and(i64x2.splat(lanes), i64x2(1, 2)), i64x2.splat(0));
  v128.store(slot, v128.bitselect(mean, sums, chosen));
  v128.store(slot, v128.bitselect(about, squares, chosen), secondAt);

  const held = v128.and(
    f64x2.ge(meanSquare, f64x2.splat(smallestSquare)),
    f64x2.le(meanSquare, f64x2.splat(f64.MAX_VALUE)),
  );
  // δ² ≤ 4σ²/9, where σ² + δ² is the mean square.
  const centred = f64x2.le(f64x2.mul(residual2, f64x2.splat(3.25)), meanSquare);
  const near = v128.or(f64x2.eq(shift, f64x2.splat(0)), f64x2.le(f64x2.abs(residual), f64x2.abs(mean)));
  return ~i64x2.bitmask(v128.and(held, v128.and(centred, near))) & lanes;
}

/** Sets a better shift for a channel that was marked; false where there is none and wide.ts has to help. */
export function betterShift(job: Job, ch: u32): bool {
  const slot = slotOf(job, ch);
  const record = recordOf(job, ch);
  const shift = load<f32>(record, shiftAt);
  const mean = load<f64>(slot);
  const residual = mean - (shift as f64);
  const variance = load<f64>(slot, secondAt) / job.m;
  const meanSquare = variance + residual * residual;
  if (!isFinite(mean) || !isFinite(meanSquare) || meanSquare < smallestSquare) return false;
  const better: f32 = mean * mean * smallMean <= variance ? 0 : (mean as f32);
  // Nothing nearer to the mean is a float32: σ is of the size of the mean's rounding.
  if (better == shift) return false;
  store<f32>(record, better, shiftAt);
  return true;
}
