// backward and backward-frozen.
//
//   dBeta = Σdy    dGamma = Σdy·x̂    x̂ = (x−mean)·invStd
//   backward          dx = gamma·invStd·(dy − dBeta/m − x̂·dGamma/(d·q))   mean and invStd as forward saved them
//   backward-frozen   dx = gamma·invStd·dy                                mean and invStd of the running statistics
//
// x, dy, dx [N,C,S] or [N,S,C]; everything else [C]; m = N·S.
//
// The ladder:
//   1. Darknet's five sweeps (two sums each for mean and variance, then dx): 9 reads and a write
//   2. both sums in one sweep, dx in a second, with three coefficients a channel: 4 reads and a write
//   3. the second sweep over a block of channels while x and dy are still in the L2 cache: 2 reads and a write from
//      memory. This is what rows do. One row at a time: three streams, which the prefetcher can follow.
// With frozen statistics the sums do not enter dx, so that each row (or block of rows) is finished while it is in L1.
//
// Ioffe & Szegedy 2015, section 3, https://arxiv.org/abs/1502.03167; q: @normgauge/contract (Convention)

import { addColumnProducts, addRestProducts, block } from './columnSums';
import { gradientColumns, gradientRest, multiplyColumns, multiplyRest } from './columnMaps';
import { clearColumnSums, collectColumnSums, spreadCoefficients, spreadScales, spreadShifts } from './columns';
import { finishFrozen, finishGradient, settleFrozen, settleGradient, settleSaved } from './convention';
import { channelAt, clearSums, Job } from './job';
import { gradientRow, multiplyRow } from './rowMaps';
import { addProducts } from './rowSums';

export function backward(address: usize): void {
  const job = changetype<Job>(address);
  for (let ch: u32 = 0; ch < job.c; ch++) settleSaved(job, ch);
  if (job.byRow) {
    for (let first: u32 = 0; first < job.c; first += job.group) {
      gradientOfChannels(job, first, min(first + job.group, job.c));
    }
  } else {
    gradientMatrix(job);
  }
  for (let ch: u32 = 0; ch < job.c; ch++) finishGradient(job, ch);
}

/** Channels first…last−1, whose rows lie together in each sample. */
function gradientOfChannels(job: Job, first: u32, last: u32): void {
  const row = (job.s as usize) << 2;
  const sample = row * job.c;
  for (let ch = first; ch < last; ch++) clearSums(channelAt(job, ch));
  let offset = row * first;
  for (let i: u32 = 0; i < job.n; i++) {
    let at = offset;
    for (let ch = first; ch < last; ch++) {
      const channel = channelAt(job, ch);
      addProducts(job.x + at, job.dy + at, job.s, channel.shift, changetype<usize>(channel));
      at += row;
    }
    offset += sample;
  }

  for (let ch = first; ch < last; ch++) settleGradient(job, ch);
  offset = row * first;
  for (let i: u32 = 0; i < job.n; i++) {
    let at = offset;
    for (let ch = first; ch < last; ch++) {
      const channel = channelAt(job, ch);
      gradientRow(
        job.x + at,
        job.dy + at,
        job.out + at,
        job.s,
        channel.shift,
        channel.scale,
        channel.slope,
        channel.offset,
      );
      at += row;
    }
    offset += sample;
  }
}

function gradientMatrix(job: Job): void {
  const rest = ((job.rows as usize) * job.columns) << 2;
  clearColumnSums(job);
  spreadShifts(job);
  addColumnProducts(job, job.x, job.dy, job.rows);
  addRestProducts(job, job.x + rest, job.dy + rest);
  collectColumnSums(job);

  for (let ch: u32 = 0; ch < job.c; ch++) settleGradient(job, ch);
  spreadCoefficients(job);
  gradientColumns(job, job.x, job.dy, job.out, job.rows);
  gradientRest(job, job.x + rest, job.dy + rest, job.out + rest);
}

export function backwardFrozen(address: usize): void {
  const job = changetype<Job>(address);
  for (let ch: u32 = 0; ch < job.c; ch++) {
    clearSums(channelAt(job, ch));
    settleFrozen(job, ch);
  }
  if (job.byRow) frozenRows(job);
  else frozenColumns(job);
  for (let ch: u32 = 0; ch < job.c; ch++) finishFrozen(job, ch);
}

/** Without dGamma and dBeta to compute, x is not read at all. */
function frozenRows(job: Job): void {
  const row = (job.s as usize) << 2;
  let at: usize = 0;
  for (let i: u32 = 0; i < job.n; i++) {
    for (let ch: u32 = 0; ch < job.c; ch++) {
      const channel = channelAt(job, ch);
      if (job.dGamma) addProducts(job.x + at, job.dy + at, job.s, channel.shift, changetype<usize>(channel));
      multiplyRow(job.dy + at, job.out + at, job.s, channel.scale);
      at += row;
    }
  }
}

function frozenColumns(job: Job): void {
  const row = (job.columns as usize) << 2;
  clearColumnSums(job);
  spreadShifts(job);
  spreadScales(job);
  let at: usize = 0;
  for (let left = job.rows; left > 0; ) {
    const count = min(left, block);
    if (job.dGamma) addColumnProducts(job, job.x + at, job.dy + at, count);
    multiplyColumns(job, job.dy + at, job.out + at, count);
    at += row * count;
    left -= count;
  }
  if (job.dGamma) {
    addRestProducts(job, job.x + at, job.dy + at);
    collectColumnSums(job);
  }
  multiplyRest(job, job.dy + at, job.out + at);
}
