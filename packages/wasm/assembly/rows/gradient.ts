// dx = dy·scale + ((x−shift)·slope + offset) for channels whose elements lie in rows (NCHW).
//
// x, dy, dx [N,C,S], S ≥ 8; dx never overlaps the others. The coefficients come from the records (channels.ts),
// float32; convention.ts says what they are. Centred, for the reason in normalise.ts.
//
// The ladder is that of normalise.ts: with four rows side by side twelve streams, 5 % faster than with two and six.
//
// Ioffe & Szegedy 2015, section 3, https://arxiv.org/abs/1502.03167 (the gradient of x)

import { offsetAt, recordOf, scaleAt, shiftAt, slopeAt } from '../channels';
import { bytes, Job } from '../job';
import { multiplyAdd } from '../lanes';

/** Channels first…last−1. */
export function gradientRows(job: Job, first: u32, last: u32): void {
  const row = bytes(job.s);
  const sample = row * job.c;
  const toDy = job.dy - job.x;
  const toDx = job.out - job.x;
  // A row as four quarters, each ending where the next but three elements has begun; a short one four times over.
  const quarter = job.s < 16 ? 0 : job.s >> 2;
  const length = job.s - 3 * quarter;
  let n = job.n;
  let start = job.x + row * first;
  for (; n >= 4; n -= 4) {
    let at = start;
    for (let ch = first; ch < last; ch++) {
      gradientFour(at, sample, toDy, toDx, job.s, recordOf(job, ch - first));
      at += row;
    }
    start += sample << 2;
  }
  for (; n > 0; --n) {
    let at = start;
    for (let ch = first; ch < last; ch++) {
      gradientFour(at, bytes(quarter), toDy, toDx, length, recordOf(job, ch - first));
      at += row;
    }
    start += sample;
  }
}

/** Four rows, `next` bytes apart. */
function gradientFour(x: usize, next: usize, toDy: usize, toDx: usize, length: u32, record: usize): void {
  const s = v128.load32_splat(record + shiftAt);
  const a = v128.load32_splat(record + scaleAt);
  const k = v128.load32_splat(record + slopeAt);
  const b = v128.load32_splat(record + offsetAt);
  let left = length;
  for (; left >= 16; left -= 16) {
    let at = x;
    gradientLine(at, at + toDy, at + toDx, s, a, k, b);
    at += next;
    gradientLine(at, at + toDy, at + toDx, s, a, k, b);
    at += next;
    gradientLine(at, at + toDy, at + toDx, s, a, k, b);
    at += next;
    gradientLine(at, at + toDy, at + toDx, s, a, k, b);
    x += 64;
  }
  for (; left >= 4; left -= 4) {
    gradientVectors(x, next, toDy, toDx, s, a, k, b);
    x += 16;
  }
  if (left > 0) gradientVectors(x + bytes(left) - 16, next, toDy, toDx, s, a, k, b);
}

/** Four elements of each row. */
@inline
function gradientVectors(x: usize, next: usize, toDy: usize, toDx: usize, s: v128, a: v128, k: v128, b: v128): void {
  v128.store(x + toDx, gradient(v128.load(x), v128.load(x + toDy), s, a, k, b));
  x += next;
  v128.store(x + toDx, gradient(v128.load(x), v128.load(x + toDy), s, a, k, b));
  x += next;
  v128.store(x + toDx, gradient(v128.load(x), v128.load(x + toDy), s, a, k, b));
  x += next;
  v128.store(x + toDx, gradient(v128.load(x), v128.load(x + toDy), s, a, k, b));
}

/** dy·scale + ((x−shift)·slope + offset), four elements. */
@inline
function gradient(x: v128, dy: v128, s: v128, a: v128, k: v128, b: v128): v128 {
  return multiplyAdd(dy, a, multiplyAdd(f32x4.sub(x, s), k, b));
}

/** A cache line of a row. */
@inline
function gradientLine(x: usize, dy: usize, dx: usize, s: v128, a: v128, k: v128, b: v128): void {
  v128.store(dx, gradient(v128.load(x), v128.load(dy), s, a, k, b));
  v128.store(dx, gradient(v128.load(x, 16), v128.load(dy, 16), s, a, k, b), 16);
  v128.store(dx, gradient(v128.load(x, 32), v128.load(dy, 32), s, a, k, b), 32);
  v128.store(dx, gradient(v128.load(x, 48), v128.load(dy, 48), s, a, k, b), 48);
}
