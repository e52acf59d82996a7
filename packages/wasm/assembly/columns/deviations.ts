// Σ(x−shift) and Σ(x−shift)² down the columns of a matrix of float32 (NHWC, N×C, and NCHW with a short S): `rows` rows
// of `columns` ≥ 16 and an incomplete one.
//
// The shifts come from the records, the sums are added to the float64 slots (records.ts).
//
// The ladder:
//   1. a channel at a time, stride C: one element of every cache line, 16 times the traffic
//   2. a strip of columns at a time: whole lines, but a jump of a row for each; 2 to 3 times slower than
//   3. whole rows, each added to an accumulator a column in the L1 cache: traffic optimal, but a load and a store of
//      every accumulator for each element
//   4. tiles of 16 rows by 16 columns in registers: fewest instructions, but 16 or 32 streams that the prefetcher
//      loses, and rows that lie a multiple of 4 KiB apart fight for one set of the L1 cache; up to 2 times slower
//      than 3 outside of L2
//   5. four whole rows at a time, a tree of four into the accumulators, folded to float64 every 16 rows: a load and a
//      store of an accumulator for every four elements
//   6. those four rows from the four quarters of the matrix: four streams that wait for memory together, as in
//      rows/deviations.ts; and the fold together with the last four rows of the sixteen, which saves their way through
//      the accumulators. This is what stands here.
//
// Depth of the float32 additions: the tree (2) and three more trees before a fold (3): 5.
//
// Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., ch. 4.2 (blocked summation)
// Chan, Golub & LeVeque 1983, doi:10.1080/00031305.1983.10483115 (sums of x−shift)

import { recordBytes, secondAt, shiftAt, slotsBytes } from '../channels';
import { bytes, Job } from '../job';
import { addLanes, four, fourSquares, zero } from '../lanes';
import { columnSlotOf, firstLanesAt, laneOf, overlapOf, secondLanesAt } from './records';

/** Fours of rows between two folds to float64. */
const block: u32 = 4;

/** Elements of a channel that are enough of a sample (shift.ts). */
const sampled: u32 = 128;

/** All of the matrix. */
export function addColumnDeviations(job: Job): void {
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
  addRest(job, x);
}

/**
 * Some fours of rows, spread over the matrix of all threads, with a shift of 0. How many elements of a channel these
 * were.
 */
export function sampleColumns(job: Job): u32 {
  const row = bytes(job.columns);
  const band = job.allRows >> 2;
  const perFour = 4 * (job.columns / job.period) * job.inner;
  const fours = min(band, max(sampled / perFour, 8));
  const step = row * (band / fours);
  let x = job.x;
  for (let r: u32 = 0; r < fours; r++) {
    addFour(job, x, row * band, (r & (block - 1)) == block - 1 || r == fours - 1);
    x += step;
  }
  return fours * perFour;
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
  const s = v128.load(record, shiftAt);
  const d0 = f32x4.sub(x0, s);
  const d1 = f32x4.sub(x1, s);
  const d2 = f32x4.sub(x2, s);
  const d3 = f32x4.sub(x3, s);
  v128.store(record, f32x4.add(v128.load(record, firstLanesAt), four(d0, d1, d2, d3)), firstLanesAt);
  v128.store(record, f32x4.add(v128.load(record, secondLanesAt), fourSquares(d0, d1, d2, d3)), secondLanesAt);
}

@inline
function foldColumns(x: usize, next: usize, record: usize, slots: usize): void {
  const s = v128.load(record, shiftAt);
  const d0 = f32x4.sub(v128.load(x), s);
  const d1 = f32x4.sub(v128.load(x + next), s);
  const d2 = f32x4.sub(v128.load(x + 2 * next), s);
  const d3 = f32x4.sub(v128.load(x + 3 * next), s);
  addLanes(slots, f32x4.add(v128.load(record, firstLanesAt), four(d0, d1, d2, d3)));
  addLanes(slots + secondAt, f32x4.add(v128.load(record, secondLanesAt), fourSquares(d0, d1, d2, d3)));
  v128.store(record, zero(), firstLanesAt);
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
  addLanes(slots, d);
  addLanes(slots + secondAt, f32x4.mul(d, d));
}

/** The last, incomplete row of the matrix. */
function addRest(job: Job, x: usize): void {
  for (let column: u32 = 0; column < job.rest; column++) {
    const d = (load<f32>(x + bytes(column)) as f64) - (load<f32>(laneOf(job, column >> 2, column & 3), shiftAt) as f64);
    const slot = columnSlotOf(job, column);
    store<f64>(slot, load<f64>(slot) + d);
    store<f64>(slot, load<f64>(slot, secondAt) + d * d, secondAt);
  }
}
