// y = (x−shift)·scale + offset for channels whose elements lie in rows (NCHW); scale = gamma·invStd.
//
// x, y [N,C,S], S ≥ 8; they never overlap. The coefficients come from the records (channels.ts), float32.
//
// Centred, not folded into x·scale + b: where |mean| ≫ σ the folded form loses log₂(|mean|/σ) bits. The shift is the
// float32 next to the mean, and what it misses of the mean is in the offset, so that the mean is applied as a float64.
//
// The ladder: scalar; four lanes; several vectors a round, so that loads, arithmetic and stores overlap; for the last
// S mod 4 elements one vector that ends with the row and overlaps the one before it, computed from unchanged inputs,
// instead of a scalar tail; the rows of four samples side by side, as four streams of reads and four of writes, which
// wait for memory together (deviations.ts).

import { offsetAt, recordOf, scaleAt, shiftAt } from '../channels';
import { bytes, Job } from '../job';
import { multiplyAdd } from '../lanes';

/** Channels first…last−1. */
export function normaliseRows(job: Job, first: u32, last: u32): void {
  const row = bytes(job.s);
  const sample = row * job.c;
  const toY = job.out - job.x;
  // A row as four quarters, each ending where the next but three elements has begun; a short one four times over.
  const quarter = job.s < 16 ? 0 : job.s >> 2;
  const length = job.s - 3 * quarter;
  let n = job.n;
  let start = job.x + row * first;
  for (; n >= 4; n -= 4) {
    let at = start;
    for (let ch = first; ch < last; ch++) {
      normaliseFour(at, sample, toY, job.s, recordOf(job, ch - first));
      at += row;
    }
    start += sample << 2;
  }
  for (; n > 0; --n) {
    let at = start;
    for (let ch = first; ch < last; ch++) {
      normaliseFour(at, bytes(quarter), toY, length, recordOf(job, ch - first));
      at += row;
    }
    start += sample;
  }
}

/** (x−shift)·scale + offset, four elements, from x to x + toY. */
@inline
function normalise(x: usize, toY: usize, shift: v128, scale: v128, offset: v128): void {
  v128.store(x + toY, multiplyAdd(f32x4.sub(v128.load(x), shift), scale, offset));
}

/** Four rows, `next` bytes apart. */
function normaliseFour(x: usize, next: usize, toY: usize, length: u32, record: usize): void {
  const s = v128.load32_splat(record + shiftAt);
  const a = v128.load32_splat(record + scaleAt);
  const b = v128.load32_splat(record + offsetAt);
  let left = length;
  for (; left >= 16; left -= 16) {
    let at = x;
    normaliseLine(at, at + toY, s, a, b);
    at += next;
    normaliseLine(at, at + toY, s, a, b);
    at += next;
    normaliseLine(at, at + toY, s, a, b);
    at += next;
    normaliseLine(at, at + toY, s, a, b);
    x += 64;
  }
  for (; left >= 4; left -= 4) {
    normaliseVectors(x, next, toY, s, a, b);
    x += 16;
  }
  if (left > 0) normaliseVectors(x + bytes(left) - 16, next, toY, s, a, b);
}

/** Four elements of each row. */
@inline
function normaliseVectors(x: usize, next: usize, toY: usize, s: v128, a: v128, b: v128): void {
  normalise(x, toY, s, a, b);
  x += next;
  normalise(x, toY, s, a, b);
  x += next;
  normalise(x, toY, s, a, b);
  x += next;
  normalise(x, toY, s, a, b);
}

/** A cache line of a row. */
@inline
function normaliseLine(x: usize, y: usize, s: v128, a: v128, b: v128): void {
  v128.store(y, multiplyAdd(f32x4.sub(v128.load(x), s), a, b));
  v128.store(y, multiplyAdd(f32x4.sub(v128.load(x, 16), s), a, b), 16);
  v128.store(y, multiplyAdd(f32x4.sub(v128.load(x, 32), s), a, b), 32);
  v128.store(y, multiplyAdd(f32x4.sub(v128.load(x, 48), s), a, b), 48);
}
