// dx = dy·scale + ((x−shift)·slope + offset) over a matrix of float32 whose channels lie in columns (NHWC, N×C, and
// NCHW with a short S): `rows` rows of `columns` ≥ 16 and an incomplete one.
//
// dx never overlaps the others. The coefficients come from the records (records.ts); convention.ts says what they are.
//
// The ladder is that of normalise.ts: with four rows at a time twelve streams, 4 to 15 % faster than with two and six.
// That works because x, dy and dx begin at different places of a page (src/layout.ts); otherwise twelve lines would
// fight for one set of the L1 cache.
//
// Ioffe & Szegedy 2015, section 3, https://arxiv.org/abs/1502.03167 (the gradient of x)

import { offsetAt, recordBytes, scaleAt, shiftAt, slopeAt } from '../channels';
import { bytes, Job } from '../job';
import { multiplyAdd } from '../lanes';
import { laneOf, overlapOf } from './records';

/** All of the matrix. */
export function gradientColumns(job: Job): void {
  const row = bytes(job.columns);
  const band = job.rows >> 2;
  let x = job.x;
  for (let r: u32 = 0; r < band; r++) {
    gradientFour(job, x, row * band);
    x += row;
  }
  x += 3 * row * band;
  // A distance of 0 makes each of the four rows the same one.
  for (let r = band << 2; r < job.rows; r++) {
    gradientFour(job, x, 0);
    x += row;
  }
  gradientRest(job, x);
}

/** Four rows, `next` bytes apart. */
function gradientFour(job: Job, x: usize, next: usize): void {
  const toDy = job.dy - job.x;
  const toDx = job.out - job.x;
  let record = job.columnRecords;
  for (let left = job.columns >> 2; left > 0; --left) {
    gradientVectors(x, next, toDy, toDx, record);
    x += 16;
    record += recordBytes;
  }
  const back = overlapOf(job.columns);
  if (back) gradientVectors(x - back, next, toDy, toDx, record);
}

/** dy·scale + ((x−shift)·slope + offset), four elements. */
@inline
function gradient(x: v128, dy: v128, s: v128, a: v128, k: v128, b: v128): v128 {
  return multiplyAdd(dy, a, multiplyAdd(f32x4.sub(x, s), k, b));
}

@inline
function gradientVectors(x: usize, next: usize, toDy: usize, toDx: usize, record: usize): void {
  const s = v128.load(record, shiftAt);
  const a = v128.load(record, scaleAt);
  const k = v128.load(record, slopeAt);
  const b = v128.load(record, offsetAt);
  v128.store(x + toDx, gradient(v128.load(x), v128.load(x + toDy), s, a, k, b));
  x += next;
  v128.store(x + toDx, gradient(v128.load(x), v128.load(x + toDy), s, a, k, b));
  x += next;
  v128.store(x + toDx, gradient(v128.load(x), v128.load(x + toDy), s, a, k, b));
  x += next;
  v128.store(x + toDx, gradient(v128.load(x), v128.load(x + toDy), s, a, k, b));
}

/** The last, incomplete row of the matrix. */
function gradientRest(job: Job, x: usize): void {
  const toDy = job.dy - job.x;
  const toDx = job.out - job.x;
  for (let column: u32 = 0; column < job.rest; column++) {
    const at = x + bytes(column);
    const lane = laneOf(job, column >> 2, column & 3);
    const centred = load<f32>(at) - load<f32>(lane, shiftAt);
    const line = centred * load<f32>(lane, slopeAt) + load<f32>(lane, offsetAt);
    store<f32>(at + toDx, load<f32>(at + toDy) * load<f32>(lane, scaleAt) + line);
  }
}
