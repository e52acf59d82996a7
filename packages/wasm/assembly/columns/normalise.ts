// y = (x−shift)·scale + offset over a matrix of float32 whose channels lie in columns (NHWC, N×C, and NCHW with a short
// S): `rows` rows of `columns` ≥ 16 and an incomplete one.
//
// x and y never overlap. The coefficients come from the records (records.ts). Why centred: rows/normalise.ts.
//
// The ladder: a channel at a time touches every line C/16 times; a row at a time reads and writes each line once, but
// loads three coefficients for each vector of x, which is what then limits it; four rows at a time load a quarter as
// many; four rows from the four quarters of the matrix, as four streams of reads and four of writes, wait for memory
// together (deviations.ts). A last vector that overlaps the one before it, instead of a scalar tail.

import { offsetAt, recordBytes, scaleAt, shiftAt } from '../channels';
import { bytes, Job } from '../job';
import { multiplyAdd } from '../lanes';
import { laneOf, overlapOf } from './records';

/** All of the matrix. */
export function normaliseColumns(job: Job): void {
  const row = bytes(job.columns);
  const band = job.rows >> 2;
  let x = job.x;
  for (let r: u32 = 0; r < band; r++) {
    normaliseFour(job, x, row * band);
    x += row;
  }
  x += 3 * row * band;
  // A distance of 0 makes each of the four rows the same one.
  for (let r = band << 2; r < job.rows; r++) {
    normaliseFour(job, x, 0);
    x += row;
  }
  normaliseRest(job, x);
}

/** Four rows, `next` bytes apart. */
function normaliseFour(job: Job, x: usize, next: usize): void {
  const toY = job.out - job.x;
  let record = job.columnRecords;
  let left = job.columns >> 2;
  for (; left >= 2; left -= 2) {
    const s0 = v128.load(record, shiftAt);
    const a0 = v128.load(record, scaleAt);
    const b0 = v128.load(record, offsetAt);
    const s1 = v128.load(record, recordBytes + shiftAt);
    const a1 = v128.load(record, recordBytes + scaleAt);
    const b1 = v128.load(record, recordBytes + offsetAt);
    let at = x;
    normaliseTwo(at, at + toY, s0, a0, b0, s1, a1, b1);
    at += next;
    normaliseTwo(at, at + toY, s0, a0, b0, s1, a1, b1);
    at += next;
    normaliseTwo(at, at + toY, s0, a0, b0, s1, a1, b1);
    at += next;
    normaliseTwo(at, at + toY, s0, a0, b0, s1, a1, b1);
    x += 32;
    record += 2 * recordBytes;
  }
  if (left > 0) {
    normaliseVectors(x, next, toY, record);
    x += 16;
    record += recordBytes;
  }
  const back = overlapOf(job.columns);
  if (back) normaliseVectors(x - back, next, toY, record);
}

/** Two neighbouring vectors of a row. */
@inline
function normaliseTwo(x: usize, y: usize, s0: v128, a0: v128, b0: v128, s1: v128, a1: v128, b1: v128): void {
  v128.store(y, multiplyAdd(f32x4.sub(v128.load(x), s0), a0, b0));
  v128.store(y, multiplyAdd(f32x4.sub(v128.load(x, 16), s1), a1, b1), 16);
}

@inline
function normaliseVectors(x: usize, next: usize, toY: usize, record: usize): void {
  const s = v128.load(record, shiftAt);
  const a = v128.load(record, scaleAt);
  const b = v128.load(record, offsetAt);
  for (let i = 0; i < 4; i++) {
    v128.store(x + toY, multiplyAdd(f32x4.sub(v128.load(x), s), a, b));
    x += next;
  }
}

/** The last, incomplete row of the matrix. */
function normaliseRest(job: Job, x: usize): void {
  const toY = job.out - job.x;
  for (let column: u32 = 0; column < job.rest; column++) {
    const at = x + bytes(column);
    const lane = laneOf(job, column >> 2, column & 3);
    const centred = load<f32>(at) - load<f32>(lane, shiftAt);
    store<f32>(at + toY, centred * load<f32>(lane, scaleAt) + load<f32>(lane, offsetAt));
  }
}
