// Σ(x−shift)² down the columns of a matrix of float32 (NHWC, N×C, and NCHW with a short S), where the shift is the mean
// already: the second of two passes, for channels too short to be sampled (sums.ts is the first). `rows` rows of
// `columns` ≥ 16 and an incomplete one.
//
// The shifts come from the records, the sums are added to the second float64 of the slots (records.ts).
//
// The ladder is that of deviations.ts. Both passes together cost as much as that one does with a sample before it,
// since a sample of a short channel is half of it. Depth of the float32 additions: 5, as there.
//
// Chan, Golub & LeVeque 1983, doi:10.1080/00031305.1983.10483115 (the two-pass algorithm)

import { recordBytes, secondAt, shiftAt, slotsBytes } from '../channels';
import { bytes, Job } from '../job';
import { addLanes, fourSquares, zero } from '../lanes';
import { columnSlotOf, laneOf, overlapOf, secondLanesAt } from './records';

/** Fours of rows between two folds to float64. */
const block: u32 = 4;

/** All of the matrix. */
export function addColumnSquares(job: Job): void {
  const row = bytes(job.columns);
  const band = job.rows >> 2;
  let x = job.x;
  for (let r: u32 = 0; r < band; r++) {
    addFour(job, x, row * band, (r & (block - 1)) == block - 1 || r == band - 1);
    x += row;
  }
  x += 3 * row * band;
  for (let r = band << 2; r < job.rows; r++) {
    addRow(job, x);
    x += row;
  }
  for (let column: u32 = 0; column < job.rest; column++) {
    const d = (load<f32>(x + bytes(column)) as f64) - (load<f32>(laneOf(job, column >> 2, column & 3), shiftAt) as f64);
    const slot = columnSlotOf(job, column);
    store<f64>(slot, load<f64>(slot, secondAt) + d * d, secondAt);
  }
}

/** Four rows, `next` bytes apart, into the accumulators, or with them into the slots. */
function addFour(job: Job, x: usize, next: usize, folding: bool): void {
  let record = job.columnRecords;
  const back = overlapOf(job.columns);
  if (folding) {
    let slots = job.columnSlots;
    for (let left = job.columns >> 2; left > 0; --left) {
      foldColumns(x, next, record, slots);
      x += 16;
      record += recordBytes;
      slots += slotsBytes;
    }
    if (back) foldColumns(x - back, next, record, slots);
    return;
  }
  let left = job.columns >> 2;
  for (; left >= 2; left -= 2) {
    const x1 = x + next;
    const x2 = x1 + next;
    const x3 = x2 + next;
    addVectors(record, v128.load(x), v128.load(x1), v128.load(x2), v128.load(x3));
    const neighbour = record + recordBytes;
    addVectors(neighbour, v128.load(x, 16), v128.load(x1, 16), v128.load(x2, 16), v128.load(x3, 16));
    x += 32;
    record += 2 * recordBytes;
  }
  if (left > 0) {
    addColumns(x, next, record);
    x += 16;
    record += recordBytes;
  }
  if (back) addColumns(x - back, next, record);
}

@inline
function addColumns(x: usize, next: usize, record: usize): void {
  addVectors(record, v128.load(x), v128.load(x + next), v128.load(x + 2 * next), v128.load(x + 3 * next));
}

@inline
function addVectors(record: usize, x0: v128, x1: v128, x2: v128, x3: v128): void {
  const squares = squaresOf(record, x0, x1, x2, x3);
  v128.store(record, f32x4.add(v128.load(record, secondLanesAt), squares), secondLanesAt);
}

@inline
function squaresOf(record: usize, x0: v128, x1: v128, x2: v128, x3: v128): v128 {
  const s = v128.load(record, shiftAt);
  return fourSquares(f32x4.sub(x0, s), f32x4.sub(x1, s), f32x4.sub(x2, s), f32x4.sub(x3, s));
}

@inline
function foldColumns(x: usize, next: usize, record: usize, slots: usize): void {
  const x1 = x + next;
  const x2 = x1 + next;
  const squares = squaresOf(record, v128.load(x), v128.load(x1), v128.load(x2), v128.load(x2 + next));
  addLanes(slots + secondAt, f32x4.add(v128.load(record, secondLanesAt), squares));
  v128.store(record, zero(), secondLanesAt);
}

/** One row, straight into the slots. */
function addRow(job: Job, x: usize): void {
  let record = job.columnRecords;
  let slots = job.columnSlots;
  for (let left = job.columns >> 2; left > 0; --left) {
    addVector(x, record, slots);
    x += 16;
    record += recordBytes;
    slots += slotsBytes;
  }
  const back = overlapOf(job.columns);
  if (back) addVector(x - back, record, slots);
}

@inline
function addVector(x: usize, record: usize, slots: usize): void {
  const d = f32x4.sub(v128.load(x), v128.load(record, shiftAt));
  addLanes(slots + secondAt, f32x4.mul(d, d));
}
