// Sums down the columns of a matrix of float32 (NHWC, N×C, and NCHW with a short S): `rows` rows of job.columns ≥ 16.
//
//   addColumnSums         Σx of every column
//   addColumnDeviations   Σ(x−shift), Σ(x−shift)²
//   addColumnProducts     Σdy, Σdy·(x−shift)
//
// The shifts come from the records, the sums go to the float64 slots (columns.ts).
//
// The ladder:
//   1. a channel at a time, stride C: one element of every cache line, 16 times the traffic
//   2. a strip of columns at a time: whole lines, but a jump of a row for each; 2 to 3 times slower than
//   3. whole rows, each added to an accumulator a column in the L1 cache: traffic optimal, but a load and a store of
//      every accumulator for each element
//   4. tiles of 16 rows by 16 columns in registers: fewest instructions, but 16 or 32 streams that the prefetcher
//      loses, and rows that lie a multiple of 4 KiB apart fight for one set of the L1 cache; up to 2 times slower
//      than 3 outside of L2
//   5. four whole rows at a time, a tree of four into the accumulators, folded to float64 every 16 rows: four streams,
//      a load and a store of an accumulator for every four elements. This is what stands here.
//
// Depth of the float32 additions: the tree (2) and three more trees before a fold (3): 5. The last rows, fewer than
// 16, may be three trees and three single rows: 2 + 2 + 3 = 7.
//
// Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., ch. 4.2 (blocked summation)
// Chan, Golub & LeVeque 1983, doi:10.1080/00031305.1983.10483115 (sums of x−shift)

import {
  firstLanesAt,
  foldRecords,
  laneOf,
  overlapOf,
  recordBytes,
  secondLanesAt,
  secondSlotsAt,
  shiftAt,
  slotOf,
} from './columns';
import { Job } from './job';
import { four, square } from './lanes';

/** Rows between two folds to float64. */
export const block: u32 = 16;

@inline
function addTo(record: usize, lanesAt: usize, value: v128): void {
  v128.store(record + lanesAt, f32x4.add(v128.load(record + lanesAt), value));
}

export function addColumnSums(job: Job, x: usize, rows: u32): void {
  const stride = (job.columns as usize) << 2;
  while (rows > 0) {
    let count = min(rows, block);
    rows -= count;
    for (; count >= 4; count -= 4) {
      sumFourRows(job, x);
      x += stride << 2;
    }
    for (; count > 0; --count) {
      sumRow(job, x);
      x += stride;
    }
    foldRecords(job);
  }
}

function sumFourRows(job: Job, a: usize): void {
  const stride = (job.columns as usize) << 2;
  let b = a + stride;
  let c = b + stride;
  let d = c + stride;
  let record = job.records;
  for (let left = job.columns >> 2; left > 0; --left) {
    addTo(record, firstLanesAt, four(v128.load(a), v128.load(b), v128.load(c), v128.load(d)));
    a += 16;
    b += 16;
    c += 16;
    d += 16;
    record += recordBytes;
  }
  const back = overlapOf(job.columns);
  if (back) {
    const sum = four(v128.load(a - back), v128.load(b - back), v128.load(c - back), v128.load(d - back));
    addTo(record, firstLanesAt, sum);
  }
}

function sumRow(job: Job, x: usize): void {
  let record = job.records;
  for (let left = job.columns >> 2; left > 0; --left) {
    addTo(record, firstLanesAt, v128.load(x));
    x += 16;
    record += recordBytes;
  }
  const back = overlapOf(job.columns);
  if (back) addTo(record, firstLanesAt, v128.load(x - back));
}

export function addColumnDeviations(job: Job, x: usize, rows: u32): void {
  const stride = (job.columns as usize) << 2;
  while (rows > 0) {
    let count = min(rows, block);
    rows -= count;
    for (; count >= 4; count -= 4) {
      deviationsOfFourRows(job, x);
      x += stride << 2;
    }
    for (; count > 0; --count) {
      deviationsOfRow(job, x);
      x += stride;
    }
    foldRecords(job);
  }
}

function deviationsOfFourRows(job: Job, a: usize): void {
  const stride = (job.columns as usize) << 2;
  let b = a + stride;
  let c = b + stride;
  let d = c + stride;
  let record = job.records;
  for (let left = job.columns >> 2; left > 0; --left) {
    addFourDeviations(a, b, c, d, record);
    a += 16;
    b += 16;
    c += 16;
    d += 16;
    record += recordBytes;
  }
  const back = overlapOf(job.columns);
  if (back) addFourDeviations(a - back, b - back, c - back, d - back, record);
}

@inline
function addFourDeviations(a: usize, b: usize, c: usize, d: usize, record: usize): void {
  const s = v128.load(record, shiftAt);
  const d0 = f32x4.sub(v128.load(a), s);
  const d1 = f32x4.sub(v128.load(b), s);
  const d2 = f32x4.sub(v128.load(c), s);
  const d3 = f32x4.sub(v128.load(d), s);
  addTo(record, firstLanesAt, four(d0, d1, d2, d3));
  addTo(record, secondLanesAt, four(square(d0), square(d1), square(d2), square(d3)));
}

function deviationsOfRow(job: Job, x: usize): void {
  let record = job.records;
  for (let left = job.columns >> 2; left > 0; --left) {
    addDeviation(x, record);
    x += 16;
    record += recordBytes;
  }
  const back = overlapOf(job.columns);
  if (back) addDeviation(x - back, record);
}

@inline
function addDeviation(x: usize, record: usize): void {
  const d = f32x4.sub(v128.load(x), v128.load(record, shiftAt));
  addTo(record, firstLanesAt, d);
  addTo(record, secondLanesAt, square(d));
}

export function addColumnProducts(job: Job, x: usize, dy: usize, rows: u32): void {
  const stride = (job.columns as usize) << 2;
  while (rows > 0) {
    let count = min(rows, block);
    rows -= count;
    for (; count >= 4; count -= 4) {
      productsOfFourRows(job, x, dy);
      x += stride << 2;
      dy += stride << 2;
    }
    for (; count > 0; --count) {
      productsOfRow(job, x, dy);
      x += stride;
      dy += stride;
    }
    foldRecords(job);
  }
}

function productsOfFourRows(job: Job, x: usize, dy: usize): void {
  const b = (job.columns as usize) << 2;
  const c = b + b;
  const d = c + b;
  let record = job.records;
  for (let left = job.columns >> 2; left > 0; --left) {
    addFourProducts(x, dy, b, c, d, record);
    x += 16;
    dy += 16;
    record += recordBytes;
  }
  const back = overlapOf(job.columns);
  if (back) addFourProducts(x - back, dy - back, b, c, d, record);
}

/** Rows at x and dy, and b, c and d bytes behind them. */
@inline
function addFourProducts(x: usize, dy: usize, b: usize, c: usize, d: usize, record: usize): void {
  const s = v128.load(record, shiftAt);
  const g0 = v128.load(dy);
  const g1 = v128.load(dy + b);
  const g2 = v128.load(dy + c);
  const g3 = v128.load(dy + d);
  addTo(record, firstLanesAt, four(g0, g1, g2, g3));
  const products = four(
    f32x4.mul(g0, f32x4.sub(v128.load(x), s)),
    f32x4.mul(g1, f32x4.sub(v128.load(x + b), s)),
    f32x4.mul(g2, f32x4.sub(v128.load(x + c), s)),
    f32x4.mul(g3, f32x4.sub(v128.load(x + d), s)),
  );
  addTo(record, secondLanesAt, products);
}

function productsOfRow(job: Job, x: usize, dy: usize): void {
  let record = job.records;
  for (let left = job.columns >> 2; left > 0; --left) {
    addProduct(x, dy, record);
    x += 16;
    dy += 16;
    record += recordBytes;
  }
  const back = overlapOf(job.columns);
  if (back) addProduct(x - back, dy - back, record);
}

@inline
function addProduct(x: usize, dy: usize, record: usize): void {
  const g = v128.load(dy);
  addTo(record, firstLanesAt, g);
  addTo(record, secondLanesAt, f32x4.mul(g, f32x4.sub(v128.load(x), v128.load(record, shiftAt))));
}

// The last, incomplete row of the matrix, job.rest elements: once a problem, straight into the float64 slots.

@inline
function addToSlot(slot: usize, value: f64): void {
  store<f64>(slot, load<f64>(slot) + value);
}

@inline
function shiftOf(job: Job, column: u32): f64 {
  return load<f32>(laneOf(job, column >> 2, column & 3), shiftAt) as f64;
}

export function addRestSums(job: Job, x: usize): void {
  for (let column: u32 = 0; column < job.rest; column++) {
    addToSlot(slotOf(job, column), load<f32>(x + ((column as usize) << 2)) as f64);
  }
}

export function addRestDeviations(job: Job, x: usize): void {
  for (let column: u32 = 0; column < job.rest; column++) {
    const d = (load<f32>(x + ((column as usize) << 2)) as f64) - shiftOf(job, column);
    addToSlot(slotOf(job, column), d);
    addToSlot(slotOf(job, column) + secondSlotsAt, d * d);
  }
}

export function addRestProducts(job: Job, x: usize, dy: usize): void {
  for (let column: u32 = 0; column < job.rest; column++) {
    const at = (column as usize) << 2;
    const g = load<f32>(dy + at) as f64;
    addToSlot(slotOf(job, column), g);
    addToSlot(slotOf(job, column) + secondSlotsAt, g * ((load<f32>(x + at) as f64) - shiftOf(job, column)));
  }
}
