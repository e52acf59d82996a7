// dx = dy·scale + ((x−shift)·slope + offset) for channels whose elements lie in rows (NCHW).
//
// x, dy, dx [N,C,S], S ≥ 8; dx never overlaps the others. The coefficients come from the records (channels.ts),
// float32; convention.ts says what they are. Centred, for the reason in normalise.ts.
//
// The ladder is that of normalise.ts; two rows side by side are six streams already.
//
// Ioffe & Szegedy 2015, section 3, https://arxiv.org/abs/1502.03167 (the gradient of x)

import { offsetAt, recordOf, scaleAt, shiftAt, slopeAt } from '../channels';
import { bytes, Job } from '../job';
import { multiplyAdd } from '../lanes';

/** Channels first…last−1. Samples in descending order: those that were summed last are still in cache. */
export function gradientRows(job: Job, first: u32, last: u32): void {
  const row = bytes(job.s);
  const sample = row * job.c;
  const toDy = job.dy - job.x;
  const toDx = job.out - job.x;
  let n = job.n;
  let start = job.x + row * first + sample * n;
  if (n & 1) {
    --n;
    start -= sample;
    let at = start;
    // A row as two halves, which overlap by an element where S is odd.
    const half = job.s >> 1;
    for (let ch = first; ch < last; ch++) {
      gradientTwo(at, bytes(half), toDy, toDx, job.s - half, recordOf(job, ch - first));
      at += row;
    }
  }
  for (; n > 0; n -= 2) {
    start -= sample << 1;
    let at = start;
    for (let ch = first; ch < last; ch++) {
      gradientTwo(at, sample, toDy, toDx, job.s, recordOf(job, ch - first));
      at += row;
    }
  }
}

/** dy·scale + ((x−shift)·slope + offset), four elements. */
@inline
export function gradient(x: usize, toDy: usize, toDx: usize, s: v128, a: v128, k: v128, b: v128): void {
  const line = multiplyAdd(f32x4.sub(v128.load(x), s), k, b);
  v128.store(x + toDx, multiplyAdd(v128.load(x + toDy), a, line));
}

/** Two rows, `next` bytes apart. */
function gradientTwo(x: usize, next: usize, toDy: usize, toDx: usize, length: u32, record: usize): void {
  const s = v128.load32_splat(record + shiftAt);
  const a = v128.load32_splat(record + scaleAt);
  const k = v128.load32_splat(record + slopeAt);
  const b = v128.load32_splat(record + offsetAt);
  let left = length;
  for (; left >= 8; left -= 8) {
    gradientEight(x, toDy, toDx, s, a, k, b);
    gradientEight(x + next, toDy, toDx, s, a, k, b);
    x += 32;
  }
  if (left == 0) return;
  for (let i = 0; i < 2; i++) {
    if (left > 4) gradient(x, toDy, toDx, s, a, k, b);
    gradient(x + bytes(left) - 16, toDy, toDx, s, a, k, b);
    x += next;
  }
}

@inline
function gradientEight(x: usize, toDy: usize, toDx: usize, s: v128, a: v128, k: v128, b: v128): void {
  const dy = x + toDy;
  const dx = x + toDx;
  v128.store(dx, multiplyAdd(v128.load(dy), a, multiplyAdd(f32x4.sub(v128.load(x), s), k, b)));
  v128.store(dx, multiplyAdd(v128.load(dy, 16), a, multiplyAdd(f32x4.sub(v128.load(x, 16), s), k, b)), 16);
}
