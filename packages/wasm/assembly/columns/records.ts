// What the column kernels keep for each vector of four columns, and the way between columns and channels.
//
// A row of `columns` ≥ 16 elements is ⌈columns/4⌉ vectors; the last one ends with the row and so may overlap the one
// before it. Each vector has a record and slots, as four channels have (channels.ts):
//
//   a record, four float32x4   while summing:   shift · lanes of the first sum · lanes of the second sum · –
//                              while mapping:   shift · offset                 · slope                   · scale
//   its slots, eight float64   the first sums of its four columns, then the second sums
//
// One address reaches all of a record, which leaves registers for the rows. Where columns are channels, four of them a
// vector (NHWC and N×C with C a multiple of four), these are the records and slots of the channels themselves and
// nothing is copied, or where C is small several copies of them. Otherwise, O(columns): of the lanes that overlap, the
// later ones are summed twice and the copy is not collected; when mapping, both copies write the same value.

import { recordBytes, recordOf, scaleAt, secondAt, shiftAt, slotOf, slotsBytes } from '../channels';
import { bytes, Job } from '../job';

export const firstLanesAt: usize = 16;
export const secondLanesAt: usize = 32;

/** Bytes by which the last vector of a row starts before the end of the one before it. */
@inline
export function overlapOf(columns: u32): usize {
  return bytes((4 - (columns & 3)) & 3);
}

/** Whether the columns' records and slots are those of the channels. */
@inline
function shared(job: Job): bool {
  return job.columnRecords == job.records;
}

@inline
function vectors(job: Job): usize {
  return ((job.columns + 3) >> 2) as usize;
}

/** Clears all there is. */
export function clearColumns(job: Job): void {
  memory.fill(job.columnRecords, 0, vectors(job) * recordBytes);
  clearColumnSlots(job);
}

/** Clears the sums. The lanes are 0 whenever the last rows of a block have been folded. */
export function clearColumnSlots(job: Job): void {
  memory.fill(job.columnSlots, 0, vectors(job) * slotsBytes);
}

/** Gives a thread the coefficients that the first one has found. */
export function takeCoefficients(job: Job): void {
  if (job.columnRecords == job.sharedRecords) return;
  memory.copy(job.columnRecords, job.sharedRecords, vectors(job) * recordBytes);
}

/**
 * Gives a thread the shifts and scales that the first one has found, and sums of zero: the lanes of the first are its
 * own, and it may be adding to them already.
 */
export function takeShifts(job: Job): void {
  if (job.columnRecords == job.sharedRecords) return;
  const end = job.columnRecords + vectors(job) * recordBytes;
  let source = job.sharedRecords;
  for (let record = job.columnRecords; record < end; record += recordBytes) {
    v128.store(record, v128.load(source, shiftAt), shiftAt);
    v128.store(record, v128.load(source, scaleAt), scaleAt);
    v128.store(record, f32x4.splat(0), firstLanesAt);
    v128.store(record, f32x4.splat(0), secondLanesAt);
    source += recordBytes;
  }
}

/** Adds the sums of all other threads to those of the first, in the order of the threads. */
export function gatherColumnSums(job: Job): void {
  const end = job.columnSlots + vectors(job) * slotsBytes;
  let other = end;
  for (let thread: u32 = 1; thread < job.threads; thread++) {
    for (let slots = job.columnSlots; slots < end; slots += 16) {
      v128.store(slots, f64x2.add(v128.load(slots), v128.load(other)));
      other += 16;
    }
  }
}

/** Whether each vector is four channels, and a row several copies of the channels' records. */
@inline
function repeated(job: Job): bool {
  return job.inner == 1 && (job.c & 3) == 0;
}

/** Sets each channel's two sums to those of its columns. */
export function collectColumnSums(job: Job): void {
  if (shared(job)) return;
  if (repeated(job)) {
    collectVectors(job);
    return;
  }
  for (let ch: u32 = 0; ch < job.c; ch++) {
    let first: f64 = 0;
    let second: f64 = 0;
    for (let start = ch * job.inner; start < job.columns; start += job.period) {
      for (let column = start; column < start + job.inner; column++) {
        const slot = columnSlotOf(job, column);
        first += load<f64>(slot);
        second += load<f64>(slot, secondAt);
      }
    }
    store<f64>(slotOf(job, ch), first);
    store<f64>(slotOf(job, ch), second, secondAt);
  }
}

function collectVectors(job: Job): void {
  const copy = bytes(job.c) * (slotsBytes >> 4);
  const end = job.columnSlots + vectors(job) * slotsBytes;
  for (let offset: usize = 0; offset < copy; offset += 16) {
    let sum = f64x2.splat(0);
    for (let slots = job.columnSlots + offset; slots < end; slots += copy) sum = f64x2.add(sum, v128.load(slots));
    v128.store(job.slots + offset, sum);
  }
}

/** The first sum of a column; the second one is `secondAt` bytes on. */
@inline
export function columnSlotOf(job: Job, column: u32): usize {
  const whole = column < (job.columns & ~3);
  const vector = whole ? column >> 2 : job.columns >> 2;
  const lane = whole ? column & 3 : column + 4 - job.columns;
  return job.columnSlots + (vector as usize) * slotsBytes + ((lane as usize) << 3);
}

/** Copies one field of every channel's record to those of its columns. */
export function spread(job: Job, field: usize): void {
  if (shared(job)) return;
  if (repeated(job)) {
    spreadVectors(job, field);
    return;
  }
  const whole = job.columns & ~3;
  for (let ch: u32 = 0; ch < job.c; ch++) {
    const value = load<f32>(recordOf(job, ch) + field);
    for (let start = ch * job.inner; start < job.columns; start += job.period) {
      for (let column = start; column < start + job.inner; column++) {
        if (column < whole) store<f32>(laneOf(job, column >> 2, column & 3) + field, value);
        if (column + 4 >= job.columns && whole < job.columns) {
          store<f32>(laneOf(job, whole >> 2, column + 4 - job.columns) + field, value);
        }
      }
    }
  }
}

function spreadVectors(job: Job, field: usize): void {
  const copy = bytes(job.c) * (recordBytes >> 4);
  const end = job.columnRecords + vectors(job) * recordBytes;
  for (let offset: usize = 0; offset < copy; offset += recordBytes) {
    const value = v128.load(job.records + offset + field);
    for (let record = job.columnRecords + offset; record < end; record += copy) v128.store(record + field, value);
  }
}

/** A lane of a vector's record: a float32 of each of its four fields. */
@inline
export function laneOf(job: Job, vector: u32, lane: u32): usize {
  return job.columnRecords + (vector as usize) * recordBytes + bytes(lane);
}
