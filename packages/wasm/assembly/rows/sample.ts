// Σx and Σx² of some of a channel's elements, to guess the shift from (shift.ts). Channels in rows (NCHW).
//
// x [N,C,S], S ≥ 8. The sums are added to the slots (channels.ts), and how many elements they are of is returned.
//
// The ladder: the first row (a first image unlike the rest gives a bad shift); 512 elements from four places (neighbours
// are alike, so they are worth four); a vector from each of 32 places, spread over samples and positions; four places at
// a time for all channels of the block, so that memory is read in the order in which it lies: a third of the time where
// rows are short, and half the places where channels are, since a bad guess costs a short channel little.

import { secondAt, slotOf } from '../channels';
import { bytes, Job } from '../job';
import { addPair, fold, four, fourSquares, zero } from '../lanes';

/** Places, a power of two, and elements of a channel from which on there are as many. */
const mostPlaces: u32 = 32;
const fewestPlaces: u32 = 16;
const long: f64 = 8192;

/** Channels first…last−1. */
export function sampleRows(job: Job, first: u32, last: u32): u32 {
  const places = job.m < long ? fewestPlaces : mostPlaces;
  for (let place: u32 = 0; place < places; place += 4) {
    let x0 = rowOf(job, first, place, places);
    let x1 = rowOf(job, first, place + 1, places);
    let x2 = rowOf(job, first, place + 2, places);
    let x3 = rowOf(job, first, place + 3, places);
    for (let ch = first; ch < last; ch++) {
      const slot = slotOf(job, ch - first);
      const v0 = v128.load(x0);
      const v1 = v128.load(x1);
      const v2 = v128.load(x2);
      const v3 = v128.load(x3);
      addPair(slot, fold(zero(), four(v0, v1, v2, v3)));
      addPair(slot + secondAt, fold(zero(), fourSquares(v0, v1, v2, v3)));
      x0 += bytes(job.s);
      x1 += bytes(job.s);
      x2 += bytes(job.s);
      x3 += bytes(job.s);
    }
  }
  return places * 4;
}

/** Where the vector of a place lies in the row of channel `ch`: 0…S−4 of a sample. */
function rowOf(job: Job, ch: u32, place: u32, places: u32): usize {
  const n = ((place as u64) * job.n) / places;
  const s = ((place as u64) * (job.s - 3)) / places;
  return job.x + bytes(job.s) * ((n as usize) * job.c + ch) + bytes(s as u32);
}
