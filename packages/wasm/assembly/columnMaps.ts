// The elementwise pass over a matrix of float32 whose channels lie in columns (NHWC, N×C, and NCHW with a short S):
// `rows` rows of job.columns ≥ 16, with one coefficient of each kind a column, in the records (columns.ts).
//
//   normaliseColumns   y  = (x−shift)·scale + offset
//   gradientColumns    dx = dy·scale + ((x−shift)·slope + offset)
//   multiplyColumns    dx = dy·scale
//
// The output never overlaps an input. Why centred: rowMaps.ts.
//
// The ladder: a channel at a time touches every line C/16 times; a row at a time reads and writes each line once, but
// loads three or four coefficients for each vector of x, which is what then limits it; two rows at a time load half as
// many, and four rows gain no more. Four vectors a round (normalise) save another fifth in cache. A last vector that
// overlaps the one before it, instead of a scalar tail.

import { laneOf, offsetAt, overlapOf, recordBytes, scaleAt, shiftAt, slopeAt } from './columns';
import { Job } from './job';
import { gradient, normalise } from './rowMaps';

export function normaliseColumns(job: Job, x: usize, y: usize, rows: u32): void {
  const stride = (job.columns as usize) << 2;
  for (; rows >= 2; rows -= 2) {
    normaliseRows(job, x, y, stride);
    x += stride << 1;
    y += stride << 1;
  }
  // A distance of 0 makes the second row the first one again.
  if (rows > 0) normaliseRows(job, x, y, 0);
}

/** Two rows, `next` bytes apart. */
function normaliseRows(job: Job, x0: usize, y0: usize, next: usize): void {
  let x1 = x0 + next;
  let y1 = y0 + next;
  let record = job.records;
  let left = job.columns >> 2;
  for (; left >= 4; left -= 4) {
    let s = v128.load(record, shiftAt);
    let a = v128.load(record, scaleAt);
    let b = v128.load(record, offsetAt);
    v128.store(y0, normalise(v128.load(x0), s, a, b));
    v128.store(y1, normalise(v128.load(x1), s, a, b));
    s = v128.load(record, recordBytes + shiftAt);
    a = v128.load(record, recordBytes + scaleAt);
    b = v128.load(record, recordBytes + offsetAt);
    v128.store(y0, normalise(v128.load(x0, 16), s, a, b), 16);
    v128.store(y1, normalise(v128.load(x1, 16), s, a, b), 16);
    s = v128.load(record, 2 * recordBytes + shiftAt);
    a = v128.load(record, 2 * recordBytes + scaleAt);
    b = v128.load(record, 2 * recordBytes + offsetAt);
    v128.store(y0, normalise(v128.load(x0, 32), s, a, b), 32);
    v128.store(y1, normalise(v128.load(x1, 32), s, a, b), 32);
    s = v128.load(record, 3 * recordBytes + shiftAt);
    a = v128.load(record, 3 * recordBytes + scaleAt);
    b = v128.load(record, 3 * recordBytes + offsetAt);
    v128.store(y0, normalise(v128.load(x0, 48), s, a, b), 48);
    v128.store(y1, normalise(v128.load(x1, 48), s, a, b), 48);
    x0 += 64;
    x1 += 64;
    y0 += 64;
    y1 += 64;
    record += recordBytes << 2;
  }
  for (; left > 0; --left) {
    normaliseTwo(x0, y0, next, record);
    x0 += 16;
    y0 += 16;
    record += recordBytes;
  }
  const back = overlapOf(job.columns);
  if (back) normaliseTwo(x0 - back, y0 - back, next, record);
}

@inline
function normaliseTwo(x: usize, y: usize, next: usize, record: usize): void {
  const s = v128.load(record, shiftAt);
  const a = v128.load(record, scaleAt);
  const b = v128.load(record, offsetAt);
  v128.store(y, normalise(v128.load(x), s, a, b));
  v128.store(y + next, normalise(v128.load(x + next), s, a, b));
}

export function gradientColumns(job: Job, x: usize, dy: usize, dx: usize, rows: u32): void {
  const stride = (job.columns as usize) << 2;
  for (; rows >= 2; rows -= 2) {
    gradientRows(job, x, dy, dx, stride);
    x += stride << 1;
    dy += stride << 1;
    dx += stride << 1;
  }
  if (rows > 0) gradientRows(job, x, dy, dx, 0);
}

/** Two rows, `next` bytes apart. */
function gradientRows(job: Job, x: usize, dy: usize, dx: usize, next: usize): void {
  let record = job.records;
  for (let left = job.columns >> 2; left > 0; --left) {
    gradientTwo(x, dy, dx, next, record);
    x += 16;
    dy += 16;
    dx += 16;
    record += recordBytes;
  }
  const back = overlapOf(job.columns);
  if (back) gradientTwo(x - back, dy - back, dx - back, next, record);
}

@inline
function gradientTwo(x: usize, dy: usize, dx: usize, next: usize, record: usize): void {
  const s = v128.load(record, shiftAt);
  const a = v128.load(record, scaleAt);
  const k = v128.load(record, slopeAt);
  const b = v128.load(record, offsetAt);
  v128.store(dx, gradient(v128.load(x), v128.load(dy), s, a, k, b));
  v128.store(dx + next, gradient(v128.load(x + next), v128.load(dy + next), s, a, k, b));
}

export function multiplyColumns(job: Job, dy: usize, dx: usize, rows: u32): void {
  const back = overlapOf(job.columns);
  for (; rows > 0; --rows) {
    let record = job.records;
    for (let left = job.columns >> 2; left > 0; --left) {
      v128.store(dx, f32x4.mul(v128.load(dy), v128.load(record, scaleAt)));
      dy += 16;
      dx += 16;
      record += recordBytes;
    }
    if (back) {
      dy -= back;
      dx -= back;
      v128.store(dx, f32x4.mul(v128.load(dy), v128.load(record, scaleAt)));
      dy += 16;
      dx += 16;
    }
  }
}

// The last, incomplete row of the matrix, job.rest elements, once a problem.

export function normaliseRest(job: Job, x: usize, y: usize): void {
  for (let column: u32 = 0; column < job.rest; column++) {
    const at = (column as usize) << 2;
    const lane = laneOf(job, column >> 2, column & 3);
    const centred = load<f32>(x + at) - load<f32>(lane, shiftAt);
    store<f32>(y + at, centred * load<f32>(lane, scaleAt) + load<f32>(lane, offsetAt));
  }
}

export function gradientRest(job: Job, x: usize, dy: usize, dx: usize): void {
  for (let column: u32 = 0; column < job.rest; column++) {
    const at = (column as usize) << 2;
    const lane = laneOf(job, column >> 2, column & 3);
    const centred = load<f32>(x + at) - load<f32>(lane, shiftAt);
    const line = centred * load<f32>(lane, slopeAt) + load<f32>(lane, offsetAt);
    store<f32>(dx + at, load<f32>(dy + at) * load<f32>(lane, scaleAt) + line);
  }
}

export function multiplyRest(job: Job, dy: usize, dx: usize): void {
  for (let column: u32 = 0; column < job.rest; column++) {
    const at = (column as usize) << 2;
    store<f32>(dx + at, load<f32>(dy + at) * load<f32>(laneOf(job, column >> 2, column & 3), scaleAt));
  }
}
