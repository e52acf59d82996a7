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
//   2. both sums in one sweep, dx in a second, with three coefficients a channel: 4 reads and a write. This is what
//      columns do.
//   3. the second sweep over a block of channels while x and dy are still in cache: 2 reads and a write from memory.
//      This is what rows do.
// With frozen statistics the sums do not enter dx, so that each row (or four rows) is finished while it is in L1.
// Threads: as in forward.ts.
//
// Ioffe & Szegedy 2015, section 3, https://arxiv.org/abs/1502.03167; q: @normgauge/contract (Convention)

import { clearSlots, offsetAt, recordOf, scaleAt, shiftAt, slopeAt, slotOf } from './channels';
import { gradientColumns } from './columns/gradient';
import { multiplyFour, multiplyRest } from './columns/multiply';
import { addColumnProducts, addFourProducts, addRestProducts, addRowProducts, block } from './columns/products';
import {
  clearColumns,
  clearColumnSlots,
  collectColumnSums,
  gatherColumnSums,
  spread,
  takeCoefficients,
  takeShifts,
} from './columns/records';
import {
  finishFrozen,
  finishGradient,
  settleFrozen,
  settleFrozenSums,
  settleGradient,
  settleSaved,
} from './convention';
import { bytes, Job } from './job';
import { gradientRows } from './rows/gradient';
import { multiplyRow } from './rows/multiply';
import { addProducts, addRowProduct } from './rows/products';

/** The training gradient of the channels of one thread, whose elements lie in rows. */
export function gradientOfRows(job: Job): void {
  for (let first = job.first; first < job.last; first += job.group) {
    gradientOfBlock(job, first, min(first + job.group, job.last));
  }
}

/** Channels first…last−1, whose rows lie together in each sample. */
function gradientOfBlock(job: Job, first: u32, last: u32): void {
  const count = last - first;
  settleSaved(job, first, count);
  clearSlots(job, count);
  addProducts(job, first, last);
  settleGradient(job, first, count);
  gradientRows(job, first, last);
  finishGradient(job, first, count);
}

/** Columns, once: the shifts, which are the saved means. */
export function shiftToSaved(job: Job): void {
  clearColumns(job);
  settleSaved(job, 0, job.c);
  spread(job, shiftAt);
}

/** Columns, each thread: the sums of its rows. */
export function sumGradientColumns(job: Job): void {
  takeShifts(job);
  clearColumnSlots(job);
  addColumnProducts(job);
}

/** Columns, once: dGamma, dBeta and the coefficients of dx. */
export function settleGradientColumns(job: Job): void {
  gatherColumnSums(job);
  collectColumnSums(job);
  settleGradient(job, 0, job.c);
  spread(job, scaleAt);
  spread(job, slopeAt);
  spread(job, offsetAt);
}

/** Columns, each thread: dx of its rows. */
export function mapGradientColumns(job: Job): void {
  takeCoefficients(job);
  gradientColumns(job);
}

/** The gradient with frozen statistics of the channels of one thread, whose elements lie in rows. */
export function frozenRows(job: Job): void {
  const count = job.last - job.first;
  clearSlots(job, count);
  settleFrozen(job, job.first, count);
  const row = bytes(job.s);
  const toDy = job.dy - job.x;
  for (let n: u32 = 0; n < job.n; n++) {
    let x = job.x + row * ((n as usize) * job.c + job.first);
    for (let ch: u32 = 0; ch < count; ch++) {
      const record = recordOf(job, ch);
      // Without dGamma and dBeta to compute, x is not read at all.
      if (job.dGamma) addRowProduct(x, toDy, job.s, load<f32>(record, shiftAt), slotOf(job, ch));
      multiplyRow(x + toDy, job.out - job.dy, job.s, record);
      x += row;
    }
  }
  if (job.dGamma) settleFrozenSums(job, job.first, count);
  finishFrozen(job, job.first, count);
}

/** Columns, once: the scales, which do not depend on sums. */
export function settleFrozenColumns(job: Job): void {
  clearColumns(job);
  settleFrozen(job, 0, job.c);
  spread(job, shiftAt);
  spread(job, scaleAt);
}

/** Columns, each thread: dx and the sums of its rows. */
export function mapFrozenColumns(job: Job): void {
  takeShifts(job);
  clearColumnSlots(job);
  const row = bytes(job.columns);
  const band = job.rows >> 2;
  let x = job.x;
  for (let r: u32 = 0; r < band; r++) {
    const folding = (r & (block - 1)) == block - 1 || r == band - 1;
    if (job.dGamma) addFourProducts(job, x, row * band, folding);
    multiplyFour(job, x, row * band);
    x += row;
  }
  x += 3 * row * band;
  for (let r = band << 2; r < job.rows; r++) {
    if (job.dGamma) addRowProducts(job, x);
    multiplyFour(job, x, 0);
    x += row;
  }
  if (job.dGamma) addRestProducts(job, x);
  multiplyRest(job, x);
}

/** Columns, once: dGamma and dBeta. */
export function settleFrozenSumsOfColumns(job: Job): void {
  if (job.dGamma) {
    gatherColumnSums(job);
    collectColumnSums(job);
    settleFrozenSums(job, 0, job.c);
  }
  finishFrozen(job, 0, job.c);
}
