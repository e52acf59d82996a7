// What is known of the channels while a problem is being solved: four channels side by side, so that the O(C) steps
// work on two of them at a time in float64x2 (shift.ts, convention.ts), and a column kernel reads four at once.
//
//   a record, four float32x4   shift · sums · more sums · scale           while summing (columns/records.ts)
//                              shift · offset · slope · scale             while mapping
//   slots, eight float64       two numbers a channel: four first ones, then four second ones
//                              forward    Σx−shift, Σ(x−shift)²  →  mean, Σ(x−mean)²  →  mean, invStd
//                              backward   Σdy, Σdy·(x−mean)      →  dBeta, dGamma     →  dBeta/m, dGamma/(d·q)
//   a mark, one byte           1 for a channel whose elements wide.ts has to write
//
// Row problems hold a block of channels at a time; `ch` counts from the first of them. Column problems hold all. The
// lanes behind the last channel are there and their contents mean nothing.

import { bytes, Job } from './job';

/** Bytes for four channels. */
export const recordBytes: usize = 64;
export const slotsBytes: usize = 64;

export const shiftAt: usize = 0;
export const offsetAt: usize = 16;
export const slopeAt: usize = 32;
export const scaleAt: usize = 48;

/** The second numbers in slots. */
export const secondAt: usize = 32;

/** Where the coefficients of a channel lie: one float32 in each field of its record. */
@inline
export function recordOf(job: Job, ch: u32): usize {
  return job.records + ((ch >> 2) as usize) * recordBytes + bytes(ch & 3);
}

/** Where the two float64 of a channel lie: the first here, the second `secondAt` bytes on. */
@inline
export function slotOf(job: Job, ch: u32): usize {
  return job.slots + ((ch >> 2) as usize) * slotsBytes + (((ch & 3) as usize) << 3);
}

@inline
export function markOf(job: Job, ch: u32): usize {
  return job.marks + ch;
}

/** Two float64 of a pair of [C] float32, from channel `ch` on. */
@inline
export function loadPair(tensor: usize, ch: u32): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(tensor + bytes(ch)));
}

/** The same, or a constant where the problem has no such tensor. */
@inline
export function loadPairOr(tensor: usize, ch: u32, absent: f64): v128 {
  return tensor ? loadPair(tensor, ch) : f64x2.splat(absent);
}

/** Stores a pair of float64 as float32; the second only where `both` says that there is such a channel. */
@inline
export function storePair(tensor: usize, ch: u32, pair: v128, both: bool): void {
  const floats = f32x4.demote_f64x2_zero(pair);
  if (both) v128.store64_lane(tensor + bytes(ch), floats, 0);
  else v128.store32_lane(tensor + bytes(ch), floats, 0);
}

/** A pair of float64 into one field of two records side by side, as float32. */
@inline
export function setPair(record: usize, field: usize, pair: v128): void {
  v128.store64_lane(record + field, f32x4.demote_f64x2_zero(pair), 0);
}

/** A pair of float64 from one field of two records side by side. */
@inline
export function pairIn(record: usize, field: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(record + field));
}

/** Which of the pair ch, ch + 1 there are: bit 0 and bit 1. */
@inline
export function lanesOf(ch: u32, count: u32): u32 {
  return count - ch == 1 ? 1 : 3;
}

/** Clears the sums of `count` channels. */
export function clearSlots(job: Job, count: u32): void {
  memory.fill(job.slots, 0, (((count + 3) >> 2) as usize) * slotsBytes);
}

@inline
export function isMarked(job: Job, ch: u32): bool {
  return load<u8>(markOf(job, ch)) != 0;
}

/** The first marked channel from `ch` on, or `count`. Marks lie in whole words of eight. */
export function nextMarked(job: Job, ch: u32, count: u32): u32 {
  while (ch < count) {
    if ((ch & 7) == 0 && load<u64>(markOf(job, ch)) == 0) ch += 8;
    else if (isMarked(job, ch)) return ch;
    else ch++;
  }
  return count;
}

/** Marks a pair of channels: bit 0 of `mask` for the first, bit 1 for the second. */
@inline
export function markPair(job: Job, ch: u32, mask: u32): void {
  store<u16>(markOf(job, ch), (mask & 1) | ((mask & 2) << 7));
}
