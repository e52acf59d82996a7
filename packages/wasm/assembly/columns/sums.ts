// Σx down the columns of a matrix of float32 (NHWC, N×C, and NCHW with a short S), for channels too short to be
// sampled: `rows` rows of `columns` ≥ 16 and an incomplete one.
//
// The sums are added to the first float64 of the slots (records.ts).
//
// The ladder is that of deviations.ts. With one sum and no squares there is little to accumulate: a tree of four rows,
// two roundings deep, goes straight to float64.

import { slotsBytes } from '../channels';
import { bytes, Job } from '../job';
import { addLanes, four } from '../lanes';
import { columnSlotOf, overlapOf } from './records';

/** All of the matrix. */
export function addColumnSums(job: Job): void {
  const row = bytes(job.columns);
  const band = job.rows >> 2;
  let x = job.x;
  for (let r: u32 = 0; r < band; r++) {
    addFour(job, x, row * band);
    x += row;
  }
  x += 3 * row * band;
  for (let r = band << 2; r < job.rows; r++) {
    addRow(job, x);
    x += row;
  }
  for (let column: u32 = 0; column < job.rest; column++) {
    const slot = columnSlotOf(job, column);
    store<f64>(slot, load<f64>(slot) + (load<f32>(x + bytes(column)) as f64));
  }
}

/** Four rows, `next` bytes apart. */
function addFour(job: Job, x: usize, next: usize): void {
  let slots = job.columnSlots;
  for (let left = job.columns >> 2; left > 0; --left) {
    addLanes(slots, sumOf(x, next));
    x += 16;
    slots += slotsBytes;
  }
  const back = overlapOf(job.columns);
  if (back) addLanes(slots, sumOf(x - back, next));
}

@inline
function sumOf(x: usize, next: usize): v128 {
  return four(v128.load(x), v128.load(x + next), v128.load(x + 2 * next), v128.load(x + 3 * next));
}

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
