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
//      columns do, and the second sweep begins with what the first one read last.
//   3. the second sweep over a block of channels while x and dy are still in cache: 2 reads and a write from memory.
//      This is what rows do.
// With frozen statistics the sums do not enter dx, so that each row (or four rows) is finished while it is in L1.
//
// Ioffe & Szegedy 2015, section 3, https://arxiv.org/abs/1502.03167; q: @normgauge/contract (Convention)

import { clearSlots, offsetAt, recordOf, scaleAt, shiftAt, slopeAt, slotOf } from './channels';
import { gradientColumns } from './columns/gradient';
import { multiplyFour, multiplyRest } from './columns/multiply';
import { addColumnProducts, addFourProducts, addRestProducts, addRowProducts, block } from './columns/products';
import { clearColumns, collectColumnSums, spread } from './columns/records';
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

export function backward(address: usize): void {
  const job = changetype<Job>(address);
  if (job.byRow) {
    for (let first: u32 = 0; first < job.c; first += job.group) {
      gradientOfRows(job, first, min(first + job.group, job.c));
    }
  } else {
    gradientOfColumns(job);
  }
}

/** Channels first…last−1, whose rows lie together in each sample. */
function gradientOfRows(job: Job, first: u32, last: u32): void {
  const count = last - first;
  settleSaved(job, first, count);
  clearSlots(job, count);
  addProducts(job, first, last);
  const marked = settleGradient(job, first, count);
  gradientRows(job, first, last);
  if (marked) finishGradient(job, first, count);
}

function gradientOfColumns(job: Job): void {
  clearColumns(job);
  settleSaved(job, 0, job.c);
  spread(job, shiftAt);
  addColumnProducts(job);
  collectColumnSums(job);
  const marked = settleGradient(job, 0, job.c);
  spread(job, scaleAt);
  spread(job, slopeAt);
  spread(job, offsetAt);
  gradientColumns(job);
  if (marked) finishGradient(job, 0, job.c);
}

export function backwardFrozen(address: usize): void {
  const job = changetype<Job>(address);
  if (!job.byRow) clearColumns(job);
  const marked = settleFrozen(job);
  if (job.byRow) frozenRows(job);
  else frozenColumns(job);
  if (job.dGamma) settleFrozenSums(job);
  if (marked) finishFrozen(job);
}

/** Without dGamma and dBeta to compute, x is not read at all. */
function frozenRows(job: Job): void {
  clearSlots(job, job.c);
  const row = bytes(job.s);
  const toDy = job.dy - job.x;
  let x = job.x;
  for (let n: u32 = 0; n < job.n; n++) {
    for (let ch: u32 = 0; ch < job.c; ch++) {
      const record = recordOf(job, ch);
      if (job.dGamma) addRowProduct(x, toDy, job.s, load<f32>(record, shiftAt), slotOf(job, ch));
      multiplyRow(x + toDy, job.out - job.dy, job.s, record);
      x += row;
    }
  }
}

function frozenColumns(job: Job): void {
  spread(job, shiftAt);
  spread(job, scaleAt);
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
  if (job.dGamma) {
    addRestProducts(job, x);
    collectColumnSums(job);
  }
  multiplyRest(job, x);
}
