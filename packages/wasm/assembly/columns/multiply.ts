// dx = dy·scale over rows whose channels lie in columns: the gradient with frozen statistics.
//
// dy and dx never overlap. The scales come from the records (records.ts).
//
// Row by row, since the sums of the same rows have just brought them to the L1 cache (backward.ts).

import { recordBytes, scaleAt } from '../channels';
import { bytes, Job } from '../job';
import { laneOf, overlapOf } from './records';

/** Four rows, `next` bytes apart; 0 for one row. `x` is where the row of x is. */
export function multiplyFour(job: Job, x: usize, next: usize): void {
  const toDx = job.out - job.dy;
  let dy = x + (job.dy - job.x);
  let record = job.columnRecords;
  for (let left = job.columns >> 2; left > 0; --left) {
    multiplyVectors(dy, next, toDx, v128.load(record, scaleAt));
    dy += 16;
    record += recordBytes;
  }
  const back = overlapOf(job.columns);
  if (back) multiplyVectors(dy - back, next, toDx, v128.load(record, scaleAt));
}

@inline
function multiplyVectors(dy: usize, next: usize, toDx: usize, a: v128): void {
  v128.store(dy + toDx, f32x4.mul(v128.load(dy), a));
  dy += next;
  v128.store(dy + toDx, f32x4.mul(v128.load(dy), a));
  dy += next;
  v128.store(dy + toDx, f32x4.mul(v128.load(dy), a));
  dy += next;
  v128.store(dy + toDx, f32x4.mul(v128.load(dy), a));
}

/** The last, incomplete row of the matrix. */
export function multiplyRest(job: Job, x: usize): void {
  const toDx = job.out - job.dy;
  for (let column: u32 = 0; column < job.rest; column++) {
    const dy = x + (job.dy - job.x) + bytes(column);
    store<f32>(dy + toDx, load<f32>(dy) * load<f32>(laneOf(job, column >> 2, column & 3), scaleAt));
  }
}
