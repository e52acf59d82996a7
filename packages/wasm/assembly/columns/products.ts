// Σdy and Σdy·(x−shift) down the columns of a matrix of float32 (NHWC, N×C, and NCHW with a short S): `rows` rows of
// `columns` ≥ 16 and an incomplete one.
//
// The shifts come from the records, the sums are added to the float64 slots (records.ts).
//
// The ladder is that of deviations.ts: four rows of x and of dy at a time, from the quarters of the matrix, are eight
// streams. Depth of the float32 additions: 5, as there.
//
// Ioffe & Szegedy 2015, section 3, https://arxiv.org/abs/1502.03167 (the gradients of beta and gamma)
// Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., ch. 4.2 (blocked summation)

import { recordBytes, secondAt, shiftAt, slotsBytes } from '../channels';
import { bytes, Job } from '../job';
import { addLanes, four, fourProducts, zero } from '../lanes';
import { columnSlotOf, firstLanesAt, laneOf, overlapOf, secondLanesAt } from './records';

/** Fours of rows between two folds to float64. */
export const block: u32 = 4;

/** All of the matrix. */
export function addColumnProducts(job: Job): void {
  const row = bytes(job.columns);
  const band = job.rows >> 2;
  let x = job.x;
  for (let r: u32 = 0; r < band; r++) {
    addFourProducts(job, x, row * band, (r & (block - 1)) == block - 1 || r == band - 1);
    x += row;
  }
  x += 3 * row * band;
  for (let r = band << 2; r < job.rows; r++) {
    addRowProducts(job, x);
    x += row;
  }
  addRestProducts(job, x);
}

/** Four rows, `next` bytes apart, into the accumulators, or with them into the slots. */
export function addFourProducts(job: Job, x: usize, next: usize, folding: bool): void {
  const toDy = job.dy - job.x;
  let record = job.columnRecords;
  const back = overlapOf(job.columns);
  if (folding) {
    let slots = job.columnSlots;
    for (let left = job.columns >> 2; left > 0; --left) {
      foldColumns(x, next, toDy, record, slots);
      x += 16;
      record += recordBytes;
      slots += slotsBytes;
    }
    if (back) foldColumns(x - back, next, toDy, record, slots);
    return;
  }
  let left = job.columns >> 2;
  for (; left >= 2; left -= 2) {
    const x1 = x + next;
    const x2 = x1 + next;
    const x3 = x2 + next;
    const dy = x + toDy;
    const dy1 = dy + next;
    const dy2 = dy1 + next;
    const dy3 = dy2 + next;
    let s = v128.load(record, shiftAt);
    let g0 = v128.load(dy);
    let g1 = v128.load(dy1);
    let g2 = v128.load(dy2);
    let g3 = v128.load(dy3);
    let d0 = f32x4.sub(v128.load(x), s);
    let d1 = f32x4.sub(v128.load(x1), s);
    let d2 = f32x4.sub(v128.load(x2), s);
    let d3 = f32x4.sub(v128.load(x3), s);
    addTo(record, four(g0, g1, g2, g3), fourProducts(g0, d0, g1, d1, g2, d2, g3, d3));
    const neighbour = record + recordBytes;
    s = v128.load(neighbour, shiftAt);
    g0 = v128.load(dy, 16);
    g1 = v128.load(dy1, 16);
    g2 = v128.load(dy2, 16);
    g3 = v128.load(dy3, 16);
    d0 = f32x4.sub(v128.load(x, 16), s);
    d1 = f32x4.sub(v128.load(x1, 16), s);
    d2 = f32x4.sub(v128.load(x2, 16), s);
    d3 = f32x4.sub(v128.load(x3, 16), s);
    addTo(neighbour, four(g0, g1, g2, g3), fourProducts(g0, d0, g1, d1, g2, d2, g3, d3));
    x += 32;
    record += 2 * recordBytes;
  }
  if (left > 0) {
    addColumns(x, next, toDy, record);
    x += 16;
    record += recordBytes;
  }
  if (back) addColumns(x - back, next, toDy, record);
}

@inline
function addTo(record: usize, sum: v128, products: v128): void {
  v128.store(record, f32x4.add(v128.load(record, firstLanesAt), sum), firstLanesAt);
  v128.store(record, f32x4.add(v128.load(record, secondLanesAt), products), secondLanesAt);
}

@inline
function addColumns(x: usize, next: usize, toDy: usize, record: usize): void {
  const s = v128.load(record, shiftAt);
  const dy = x + toDy;
  const g0 = v128.load(dy);
  const g1 = v128.load(dy + next);
  const g2 = v128.load(dy + 2 * next);
  const g3 = v128.load(dy + 3 * next);
  addTo(record, four(g0, g1, g2, g3), productsOf(x, next, s, g0, g1, g2, g3));
}

@inline
function foldColumns(x: usize, next: usize, toDy: usize, record: usize, slots: usize): void {
  const s = v128.load(record, shiftAt);
  const dy = x + toDy;
  const g0 = v128.load(dy);
  const g1 = v128.load(dy + next);
  const g2 = v128.load(dy + 2 * next);
  const g3 = v128.load(dy + 3 * next);
  addLanes(slots, f32x4.add(v128.load(record, firstLanesAt), four(g0, g1, g2, g3)));
  const products = productsOf(x, next, s, g0, g1, g2, g3);
  addLanes(slots + secondAt, f32x4.add(v128.load(record, secondLanesAt), products));
  v128.store(record, zero(), firstLanesAt);
  v128.store(record, zero(), secondLanesAt);
}

@inline
function productsOf(x: usize, next: usize, s: v128, g0: v128, g1: v128, g2: v128, g3: v128): v128 {
  const d0 = f32x4.sub(v128.load(x), s);
  const d1 = f32x4.sub(v128.load(x + next), s);
  const d2 = f32x4.sub(v128.load(x + 2 * next), s);
  const d3 = f32x4.sub(v128.load(x + 3 * next), s);
  return fourProducts(g0, d0, g1, d1, g2, d2, g3, d3);
}

/** One row, straight into the slots. */
export function addRowProducts(job: Job, x: usize): void {
  const toDy = job.dy - job.x;
  let record = job.columnRecords;
  let slots = job.columnSlots;
  for (let left = job.columns >> 2; left > 0; --left) {
    addVector(x, toDy, record, slots);
    x += 16;
    record += recordBytes;
    slots += slotsBytes;
  }
  const back = overlapOf(job.columns);
  if (back) addVector(x - back, toDy, record, slots);
}

@inline
function addVector(x: usize, toDy: usize, record: usize, slots: usize): void {
  const g = v128.load(x + toDy);
  addLanes(slots, g);
  addLanes(slots + secondAt, f32x4.mul(g, f32x4.sub(v128.load(x), v128.load(record, shiftAt))));
}

/** The last, incomplete row of the matrix. */
export function addRestProducts(job: Job, x: usize): void {
  const toDy = job.dy - job.x;
  for (let column: u32 = 0; column < job.rest; column++) {
    const at = x + bytes(column);
    const g = load<f32>(at + toDy) as f64;
    const d = (load<f32>(at) as f64) - (load<f32>(laneOf(job, column >> 2, column & 3), shiftAt) as f64);
    const slot = columnSlotOf(job, column);
    store<f64>(slot, load<f64>(slot) + g);
    store<f64>(slot, load<f64>(slot, secondAt) + g * d, secondAt);
  }
}
