// forward-training and inference.
//
//   mean = Σx/m    σ² = Σ(x−mean)²/d    invStd = 1/√(σ²+eps)    y = gamma·(x−mean)·invStd + beta
//
// x, y [N,C,S] or [N,S,C]; everything else [C]; m = N·S. Inference takes the running statistics for mean and σ².
//
// The ladder:
//   1. three sweeps over the whole tensor (sum, squares, normalise): each reads x from memory, 2 times a copy
//   2. both sums in one sweep (shift.ts): 1.5 times a copy. This is what columns do (NHWC, N×C), whose channels do not
//      lie together in blocks that a cache would hold.
//   3. blocks of channels small enough to stay in the L2 cache between the sums and the normalisation: x comes from
//      memory once, and training costs what inference costs. This is what rows do (NCHW).
//
// Ioffe & Szegedy 2015, Algorithm 1, https://arxiv.org/abs/1502.03167

import {
  addColumnDeviations,
  addColumnSums,
  addRestDeviations,
  addRestSums,
  block,
} from './columnSums';
import { normaliseColumns, normaliseRest } from './columnMaps';
import { clearColumnSums, collectColumnSums, spreadCoefficients, spreadShifts } from './columns';
import { finishForward, settleInference, settleStatistics } from './convention';
import { channelAt, clearSums, Job } from './job';
import { normaliseRow } from './rowMaps';
import { addDeviations, addSum } from './rowSums';
import { again, good, guessShift, judgeShift, mostPasses, sampleSize } from './shift';

/** Channels shorter than this are their own sample: by row a pass is cheap in cache, by column it is a sweep. */
const shortestSampledRows: f64 = 1024;
const shortestSampledColumns: f64 = 2048;

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
  for (let ch: u32 = 0; ch < job.c; ch++) settleInference(job, ch);
  if (job.byRow) {
    normaliseChannels(job, 0, job.c);
  } else {
    spreadCoefficients(job);
    normaliseMatrix(job);
  }
  for (let ch: u32 = 0; ch < job.c; ch++) finishForward(job, ch);
}

/** Channels first…last−1, whose rows lie together in each sample of the batch. */
function trainRows(job: Job, first: u32, last: u32): void {
  guessRowShifts(job, first, last);
  const row = (job.s as usize) << 2;
  let x = job.x + row * first;
  for (let i: u32 = 0; i < job.n; i++) {
    let at = x;
    for (let ch = first; ch < last; ch++) {
      const channel = channelAt(job, ch);
      addDeviations(at, job.s, channel.shift, changetype<usize>(channel));
      at += row;
    }
    x += row * job.c;
  }

  for (let ch = first; ch < last; ch++) {
    const channel = channelAt(job, ch);
    let verdict = judgeShift(job, channel);
    for (let pass: u32 = 1; pass < mostPasses && verdict == again; pass++) {
      repeatChannel(job, ch);
      verdict = judgeShift(job, channel);
    }
    settleStatistics(job, ch, verdict == good);
  }
  normaliseChannels(job, first, last);
  for (let ch = first; ch < last; ch++) finishForward(job, ch);
}

/** Shifts from the first elements of some rows, spread evenly over the batch; sums are cleared for the pass. */
function guessRowShifts(job: Job, first: u32, last: u32): void {
  const whole = job.m < shortestSampledRows;
  let length = whole ? job.s : min<u32>(job.s, 128);
  const rows = whole ? job.n : min(job.n, (sampleSize + length - 1) / length);
  if (!whole) length = min(job.s, (sampleSize + rows - 1) / rows);

  for (let ch = first; ch < last; ch++) clearSums(channelAt(job, ch));
  const row = (job.s as usize) << 2;
  for (let i: u32 = 0; i < rows; i++) {
    let at = job.x + row * ((i * (job.n / rows)) * job.c + first);
    for (let ch = first; ch < last; ch++) {
      const sums = changetype<usize>(channelAt(job, ch));
      if (whole) addSum(at, length, sums);
      else addDeviations(at, length, 0, sums);
      at += row;
    }
  }
  for (let ch = first; ch < last; ch++) {
    guessShift(job, ch, rows * length);
    clearSums(channelAt(job, ch));
  }
}

/** The sums of one channel again, with its present shift. */
function repeatChannel(job: Job, ch: u32): void {
  const channel = channelAt(job, ch);
  const row = (job.s as usize) << 2;
  clearSums(channel);
  let x = job.x + row * ch;
  for (let i: u32 = 0; i < job.n; i++) {
    addDeviations(x, job.s, channel.shift, changetype<usize>(channel));
    x += row * job.c;
  }
}

function normaliseChannels(job: Job, first: u32, last: u32): void {
  const row = (job.s as usize) << 2;
  let start = row * first;
  for (let i: u32 = 0; i < job.n; i++) {
    let at = start;
    for (let ch = first; ch < last; ch++) {
      const channel = channelAt(job, ch);
      normaliseRow(job.x + at, job.out + at, job.s, channel.shift, channel.scale, channel.offset);
      at += row;
    }
    start += row * job.c;
  }
}

function trainColumns(job: Job): void {
  guessColumnShifts(job);
  const rest = job.x + (((job.rows as usize) * job.columns) << 2);
  let missed = true;
  for (let pass: u32 = 0; pass < mostPasses && missed; pass++) {
    clearColumnSums(job);
    spreadShifts(job);
    addColumnDeviations(job, job.x, job.rows);
    addRestDeviations(job, rest);
    collectColumnSums(job);
    missed = false;
    for (let ch: u32 = 0; ch < job.c; ch++) {
      const channel = channelAt(job, ch);
      channel.verdict = judgeShift(job, channel);
      if (channel.verdict == again) missed = true;
    }
  }

  for (let ch: u32 = 0; ch < job.c; ch++) settleStatistics(job, ch, channelAt(job, ch).verdict == good);
  spreadCoefficients(job);
  normaliseMatrix(job);
  for (let ch: u32 = 0; ch < job.c; ch++) finishForward(job, ch);
}

/** Shifts from some blocks of rows, spread evenly over the matrix. */
function guessColumnShifts(job: Job): void {
  clearColumnSums(job);
  const perRow = (job.columns / job.period) * job.inner;
  const blocks = (sampleSize / perRow + block) / block;
  const row = (job.columns as usize) << 2;
  if (job.m < shortestSampledColumns || blocks * block > job.rows) {
    addColumnSums(job, job.x, job.rows);
    addRestSums(job, job.x + row * job.rows);
    collectColumnSums(job);
    for (let ch: u32 = 0; ch < job.c; ch++) guessShift(job, ch, job.m as u32);
    return;
  }
  for (let i: u32 = 0; i < blocks; i++) addColumnDeviations(job, job.x + row * (i * (job.rows / blocks)), block);
  collectColumnSums(job);
  for (let ch: u32 = 0; ch < job.c; ch++) guessShift(job, ch, blocks * block * perRow);
}

function normaliseMatrix(job: Job): void {
  const rest = ((job.rows as usize) * job.columns) << 2;
  normaliseColumns(job, job.x, job.out, job.rows);
  normaliseRest(job, job.x + rest, job.out + rest);
}
