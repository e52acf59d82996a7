// What the column kernels keep for each vector of four columns, and the way between columns and channels, O(columns).
//
// A row of `columns` ≥ 16 elements is ⌈columns/4⌉ vectors; the last one ends with the row and so may overlap the one
// before it. Each vector has
//
//   a record, four float32x4   while summing:   shift · lanes of the first sum · lanes of the second sum · scale
//                              while mapping:   shift · offset                 · slope                   · scale
//   its slots, eight float64   the first sums of its four columns, then the second sums
//
// One address reaches all of a record, which leaves registers for the rows. Of the lanes that overlap, the later ones
// are summed twice and the copy is not collected; when mapping, both copies write the same value.

import { Channel, channelAt, clearSums, Job } from './job';
import { addLanes, zero } from './lanes';

/** Bytes of a record, and of a vector's slots. */
export const recordBytes: usize = 64;
export const slotsBytes: usize = 64;

export const shiftAt: usize = 0;
export const firstLanesAt: usize = 16;
export const secondLanesAt: usize = 32;
export const offsetAt: usize = 16;
export const slopeAt: usize = 32;
export const scaleAt: usize = 48;

/** The second sums of a vector's slots. */
export const secondSlotsAt: usize = 32;

/** Vectors that cover a row. */
@inline
export function vectorsOf(columns: u32): u32 {
  return (columns + 3) >> 2;
}

/** Bytes by which the last vector of a row starts before the end of the one before it. */
@inline
export function overlapOf(columns: u32): usize {
  return (((4 - (columns & 3)) & 3) as usize) << 2;
}

/** Adds the float32 lanes of every record to its float64 slots and clears them. */
export function foldRecords(job: Job): void {
  let record = job.records;
  let slots = job.slots;
  for (let vectors = vectorsOf(job.columns); vectors > 0; --vectors) {
    addLanes(slots, v128.load(record, firstLanesAt));
    addLanes(slots + secondSlotsAt, v128.load(record, secondLanesAt));
    v128.store(record, zero(), firstLanesAt);
    v128.store(record, zero(), secondLanesAt);
    record += recordBytes;
    slots += slotsBytes;
  }
}

/** Clears every lane and slot. */
export function clearColumnSums(job: Job): void {
  const vectors = vectorsOf(job.columns) as usize;
  memory.fill(job.records, 0, vectors * recordBytes);
  memory.fill(job.slots, 0, vectors * slotsBytes);
}

/** Sets each channel's two sums to those of its columns. */
export function collectColumnSums(job: Job): void {
  for (let ch: u32 = 0; ch < job.c; ch++) {
    const channel = channelAt(job, ch);
    clearSums(channel);
    for (let start = ch * job.inner; start < job.columns; start += job.period) {
      for (let column = start; column < start + job.inner; column++) {
        const slot = slotOf(job, column);
        channel.first0 += load<f64>(slot);
        channel.second0 += load<f64>(slot, secondSlotsAt);
      }
    }
  }
}

/** The first sum of a column; the second one is `secondSlotsAt` bytes on. */
@inline
export function slotOf(job: Job, column: u32): usize {
  const whole = column < (job.columns & ~3);
  const vector = whole ? column >> 2 : job.columns >> 2;
  const lane = whole ? column & 3 : column + 4 - job.columns;
  return job.slots + (vector as usize) * slotsBytes + ((lane as usize) << 3);
}

/** Copies each channel's shift to its columns. */
export function spreadShifts(job: Job): void {
  for (let ch: u32 = 0; ch < job.c; ch++) spread(job, ch, shiftAt, channelAt(job, ch).shift);
}

/** Copies each channel's scale to its columns. */
export function spreadScales(job: Job): void {
  for (let ch: u32 = 0; ch < job.c; ch++) spread(job, ch, scaleAt, channelAt(job, ch).scale);
}

/** Copies each channel's four coefficients to its columns. */
export function spreadCoefficients(job: Job): void {
  for (let ch: u32 = 0; ch < job.c; ch++) {
    const channel = channelAt(job, ch);
    spread(job, ch, shiftAt, channel.shift);
    spread(job, ch, scaleAt, channel.scale);
    spread(job, ch, slopeAt, channel.slope);
    spread(job, ch, offsetAt, channel.offset);
  }
}

function spread(job: Job, ch: u32, field: usize, value: f32): void {
  const whole = job.columns & ~3;
  for (let start = ch * job.inner; start < job.columns; start += job.period) {
    for (let column = start; column < start + job.inner; column++) {
      if (column < whole) store<f32>(laneOf(job, column >> 2, column & 3) + field, value);
      if (column + 4 >= job.columns && whole < job.columns) {
        store<f32>(laneOf(job, whole >> 2, column + 4 - job.columns) + field, value);
      }
    }
  }
}

/** A lane of a vector's record: a float32 of each of its four fields. */
@inline
export function laneOf(job: Job, vector: u32, lane: u32): usize {
  return job.records + (vector as usize) * recordBytes + ((lane as usize) << 2);
}
