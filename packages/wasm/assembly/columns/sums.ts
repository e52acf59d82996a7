// Σx down the columns of a matrix of float32 (NHWC, N×C, and NCHW with a short S), for channels too short to be
// sampled: `rows` rows of `columns` ≥ 16 and an incomplete one.
//
// The sums are added to the first float64 of the slots (records.ts).
//
// The ladder is that of deviations.ts. With one sum and no squares there is little to accumulate: a tree of eight rows,
// three roundings deep, goes straight to float64.

import { slotsBytes } from '../channels';
import { bytes, Job } from '../job';
import { addLanes, four } from '../lanes';
import { columnSlotOf, overlapOf } from './records';

/** All of the matrix. */
export function addColumnSums(job: Job): void {
  const row = bytes(job.columns);
  const eighth = job.rows >> 3;
  let x = job.x;
  for (let r: u32 = 0; r < eighth; r++) {
    addEight(job, x, row, row * (eighth << 1));
    x += row << 1;
  }
  x += 6 * row * eighth;
  for (let r = eighth << 3; r < job.rows; r++) {
    addRow(job, x);
    x += row;
  }
  for (let column: u32 = 0; column < job.rest; column++) {
    const slot = columnSlotOf(job, column);
    store<f64>(slot, load<f64>(slot) + (load<f32>(x + bytes(column)) as f64));
  }
}

/** Two rows, `next` bytes apart, of each quarter of the matrix. */
function addEight(job: Job, x: usize, next: usize, quarter: usize): void {
  let slots = job.columnSlots;
  for (let left = job.columns >> 2; left > 0; --left) {
    addLanes(slots, sumOf(x, next, quarter));
    x += 16;
    slots += slotsBytes;
  }
  const back = overlapOf(job.columns);
  if (back) addLanes(slots, sumOf(x - back, next, quarter));
}

@inline
function sumOf(x: usize, next: usize, quarter: usize): v128 {
  const x1 = x + quarter;
  const x2 = x1 + quarter;
  const x3 = x2 + quarter;
  const even = four(v128.load(x), v128.load(x1), v128.load(x2), v128.load(x3));
  return f32x4.add(even, four(v128.load(x + next), v128.load(x1 + next), v128.load(x2 + next), v128.load(x3 + next)));
}

/** One row. */
function addRow(job: Job, x: usize): void {
  let slots = job.columnSlots;
  for (let left = job.columns >> 2; left > 0; --left) {
    addLanes(slots, v128.load(x));
    x += 16;
    slots += slotsBytes;
  }
  const back = overlapOf(job.columns);
  if (back) addLanes(slots, v128.load(x - back));
}
