// forward-training and inference.
//
//   mean = Σx/m    σ² = Σ(x−mean)²/d    invStd = 1/√(σ²+eps)    y = gamma·(x−mean)·invStd + beta
//
// x, y [N,C,S] or [N,S,C]; everything else [C]; m = N·S. Inference takes the running statistics for mean and σ².
//
// The ladder:
//   1. three sweeps over the whole tensor (sum, squares, normalise): each reads x from memory, 2 times a copy
//   2. both sums in one sweep (shift.ts): 1.5 times a copy. This is what columns do (NHWC, N×C), whose channels do not
//      lie together in blocks that a cache would hold. (A second sweep that begins with the last rows, which the first
//      one left in cache, costs 5 to 15 % more: the prefetcher follows it less well than the caches help.)
//   3. blocks of channels small enough to stay in cache between the sums and the normalisation: x comes from memory
//      once, and training costs little more than inference. This is what rows do (NCHW).
// Threads share rows by channel and meet nowhere. They share columns by row, and meet after the sums; what is done
// once, O(C), is a step of its own.
//
// Ioffe & Szegedy 2015, Algorithm 1, https://arxiv.org/abs/1502.03167

import { clearSlots, isMarked, offsetAt, scaleAt, secondAt, shiftAt, slotOf } from './channels';
import { addColumnDeviations, sampleColumns } from './columns/deviations';
import { normaliseColumns } from './columns/normalise';
import {
  clearColumns,
  clearColumnSlots,
  collectColumnSums,
  gatherColumnSums,
  spread,
  takeCoefficients,
  takeShifts,
} from './columns/records';
import { addColumnSquares } from './columns/squares';
import { addColumnSums } from './columns/sums';
import { finishForward, settleInference, settleStatistics } from './convention';
import { Job } from './job';
import { addDeviations } from './rows/deviations';
import { normaliseRows } from './rows/normalise';
import { sampleRows } from './rows/sample';
import { addRowSums } from './rows/sums';
import {
  betterShift,
  guessShifts,
  judgeShift,
  judgeShifts,
  mostPasses,
  restoreSums,
  shortestSampled,
  takeMeans,
} from './shift';
import { wideStatistics } from './wide';

/** Training of the channels of one thread, whose elements lie in rows. */
export function trainRows(job: Job): void {
  for (let first = job.first; first < job.last; first += job.group) {
    trainBlock(job, first, min(first + job.group, job.last));
  }
}

/** Channels first…last−1, whose rows lie together in each sample of the batch. */
function trainBlock(job: Job, first: u32, last: u32): void {
  const count = last - first;
  clearSlots(job, count);
  if (job.m < shortestSampled) {
    addRowSums(job, first, last);
    takeMeans(job, count);
  } else {
    guessShifts(job, count, sampleRows(job, first, last));
  }
  clearSlots(job, count);
  addDeviations(job, first, first, last);
  if (judgeShifts(job, count) > 0) {
    for (let ch: u32 = 0; ch < count; ch++) {
      if (isMarked(job, ch)) repeatChannel(job, first, ch);
    }
  }
  settleStatistics(job, first, count);
  normaliseRows(job, first, last);
  finishForward(job, first, count);
}

/** Mean and Σ(x−mean)² of one channel again, with better shifts, or in float64. */
function repeatChannel(job: Job, first: u32, ch: u32): void {
  const slot = slotOf(job, ch);
  for (let pass: u32 = 1; pass < mostPasses && betterShift(job, ch); pass++) {
    store<f64>(slot, 0);
    store<f64>(slot, 0, secondAt);
    addDeviations(job, first, first + ch, first + ch + 1);
    if (judgeShift(job, ch)) return;
  }
  wideStatistics(job, first + ch, slot);
}

/** Inference of the channels of one thread, whose elements lie in rows. */
export function inferRows(job: Job): void {
  const count = job.last - job.first;
  settleInference(job, job.first, count);
  normaliseRows(job, job.first, job.last);
  finishForward(job, job.first, count);
}

/** Columns, once: makes ready. True when each thread has to read its rows for the mean before there are shifts. */
export function beginColumns(job: Job): bool {
  clearColumns(job);
  return job.m < shortestSampled;
}

/** Columns, each thread, if they are short: Σx of its rows. */
export function readColumns(job: Job): void {
  clearColumnSlots(job);
  addColumnSums(job);
}

/** Columns, once: the first shifts. */
export function guessColumns(job: Job): void {
  if (job.m < shortestSampled) {
    gatherColumnSums(job);
    collectColumnSums(job);
    takeMeans(job, job.c);
  } else {
    const size = sampleColumns(job);
    collectColumnSums(job);
    guessShifts(job, job.c, size);
  }
  spread(job, shiftAt);
}

/** Columns, each thread: the sums of its rows. */
export function sumColumns(job: Job): void {
  takeShifts(job);
  clearColumnSlots(job);
  if (job.m < shortestSampled) addColumnSquares(job);
  else addColumnDeviations(job);
}

/**
 * Columns, once: the statistics from the sums. True when another sweep with better shifts has to come first, which
 * `pass`, 1 for the first of them, keeps from happening for ever.
 */
export function settleColumns(job: Job, pass: u32): bool {
  gatherColumnSums(job);
  collectColumnSums(job);
  const sampled = job.m >= shortestSampled;
  if (!sampled) restoreSums(job, job.c);
  if (judgeShifts(job, job.c) > 0) {
    if (sampled && pass < mostPasses && isWorthRepeating(job)) {
      spread(job, shiftAt);
      return true;
    }
    for (let ch: u32 = 0; ch < job.c; ch++) {
      if (isMarked(job, ch)) wideStatistics(job, ch, slotOf(job, ch));
    }
  }
  settleStatistics(job, 0, job.c);
  spreadForward(job);
  return false;
}

/** Sets better shifts where there are some. A few channels cost less in float64 than another sweep over all of them. */
function isWorthRepeating(job: Job): bool {
  let better: u32 = 0;
  for (let ch: u32 = 0; ch < job.c; ch++) {
    if (isMarked(job, ch) && betterShift(job, ch)) better++;
  }
  return better * 16 > job.c;
}

/** Columns, once: the coefficients of inference. */
export function settleInferenceColumns(job: Job): void {
  settleInference(job, 0, job.c);
  spreadForward(job);
}

function spreadForward(job: Job): void {
  spread(job, shiftAt);
  spread(job, scaleAt);
  spread(job, offsetAt);
}

/** Columns, each thread: y of its rows. */
export function mapColumns(job: Job): void {
  takeCoefficients(job);
  normaliseColumns(job);
}
