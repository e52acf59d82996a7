// forward-training and inference.
//
//   mean = Σx/m    σ² = Σ(x−mean)²/d    invStd = 1/√(σ²+eps)    y = gamma·(x−mean)·invStd + beta
//
// x, y [N,C,S] or [N,S,C]; everything else [C]; m = N·S. Inference takes the running statistics for mean and σ².
//
// The ladder:
//   1. three sweeps over the whole tensor (sum, squares, normalise): each reads x from memory, 2 times a copy
//   2. both sums in one sweep (shift.ts): 1.5 times a copy. This is what columns do (NHWC, N×C), whose channels do not
//      lie together in blocks that a cache would hold; the second sweep begins with what the first one read last.
//   3. blocks of channels small enough to stay in cache between the sums and the normalisation: x comes from memory
//      once, and training costs little more than inference. This is what rows do (NCHW).
//
// Ioffe & Szegedy 2015, Algorithm 1, https://arxiv.org/abs/1502.03167

import { clearSlots, isMarked, offsetAt, scaleAt, secondAt, shiftAt, slotOf } from './channels';
import { addColumnDeviations, sampleColumns } from './columns/deviations';
import { normaliseColumns } from './columns/normalise';
import { addColumnSums } from './columns/sums';
import { clearColumnSlots, clearColumns, collectColumnSums, spread } from './columns/records';
import { finishForward, settleInference, settleStatistics } from './convention';
import { Job } from './job';
import { addDeviations } from './rows/deviations';
import { normaliseRows } from './rows/normalise';
import { sampleRows } from './rows/sample';
import { addRowSums } from './rows/sums';
import { betterShift, guessShifts, judgeShift, judgeShifts, mostPasses, shortestSampled, takeMeans } from './shift';
import { wideStatistics } from './wide';

export function forwardTraining(address: usize): void {
  const job = changetype<Job>(address);
  if (job.byRow) {
    for (let first: u32 = 0; first < job.c; first += job.group) {
      trainRows(job, first, min(first + job.group, job.c));
    }
  } else {
    trainColumns(job);
  }
}

export function inference(address: usize): void {
  const job = changetype<Job>(address);
  const marked = settleInference(job);
  if (job.byRow) normaliseRows(job, 0, job.c);
  else normaliseMatrix(job);
  if (marked) finishForward(job, 0, job.c);
}

/** Channels first…last−1, whose rows lie together in each sample of the batch. */
function trainRows(job: Job, first: u32, last: u32): void {
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
      if (isMarked(job, ch)) repeatRows(job, first, ch);
    }
  }
  const marked = settleStatistics(job, first, count);
  normaliseRows(job, first, last);
  if (marked) finishForward(job, first, count);
}

/** Mean and Σ(x−mean)² of one channel again, with better shifts, or in float64. */
function repeatRows(job: Job, first: u32, ch: u32): void {
  const slot = slotOf(job, ch);
  for (let pass: u32 = 1; pass < mostPasses && betterShift(job, ch); pass++) {
    store<f64>(slot, 0);
    store<f64>(slot, 0, secondAt);
    addDeviations(job, first, first + ch, first + ch + 1);
    if (judgeShift(job, ch)) return;
  }
  wideStatistics(job, first + ch, slot);
}

function trainColumns(job: Job): void {
  clearColumns(job);
  if (job.m < shortestSampled) {
    addColumnSums(job);
    collectColumnSums(job);
    takeMeans(job, job.c);
  } else {
    const size = sampleColumns(job);
    collectColumnSums(job);
    guessShifts(job, job.c, size);
  }
  spread(job, shiftAt);
  for (let pass: u32 = 1; ; pass++) {
    clearColumnSlots(job);
    addColumnDeviations(job);
    collectColumnSums(job);
    if (judgeShifts(job, job.c) == 0) break;
    if (pass == mostPasses || !worthRepeating(job)) {
      for (let ch: u32 = 0; ch < job.c; ch++) {
        if (isMarked(job, ch)) wideStatistics(job, ch, slotOf(job, ch));
      }
      break;
    }
    spread(job, shiftAt);
  }

  const marked = settleStatistics(job, 0, job.c);
  normaliseMatrix(job);
  if (marked) finishForward(job, 0, job.c);
}

/** Sets better shifts where there are some. A few channels cost less in float64 than another sweep over all of them. */
function worthRepeating(job: Job): bool {
  let better: u32 = 0;
  for (let ch: u32 = 0; ch < job.c; ch++) {
    if (isMarked(job, ch) && betterShift(job, ch)) better++;
  }
  return better * 16 > job.c;
}

function normaliseMatrix(job: Job): void {
  spread(job, shiftAt);
  spread(job, scaleAt);
  spread(job, offsetAt);
  normaliseColumns(job);
}
