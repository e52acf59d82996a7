import { describe, expect, it } from 'vitest';
import { caseAt } from '../src/cases/case.ts';
import type { Samples } from '../src/hosts/protocol.ts';
import { implausibility, type Taken } from '../src/measure/timing.ts';

const samples = (...milliseconds: readonly number[]): Samples => ({
  milliseconds: Float64Array.from(milliseconds),
  callsPerSample: 1,
  preempted: new Uint8Array(milliseconds.length),
});

const taken = (resident: number, copies: readonly number[], cores = 1): Taken => ({
  resident: samples(resident, resident, resident),
  copy: samples(...copies),
  endToEnd: samples(1),
  copiedBy: 'harness',
  cores,
});

/** A channel of 1.6 MB, which stays in the last-level cache of most machines and in no other. */
const large = '32x64x112x112/normal/pytorch';

describe('a time', () => {
  it.each<readonly [string, string, Taken]>([
    ['of an inference at the speed of a copy', `inference/nchw/${large}`, taken(1, [1, 1, 1])],
    ['beside copies that were disturbed but for one', `inference/nchw/${large}`, taken(1, [1, 9, 9])],
    ['of a backward that finds its channels in a cache', `backward/nchw/${large}`, taken(1.1, [1, 1, 1])],
    ['of a frozen backward without gamma', 'backward-frozen/nchw/3x5x7x5/no-affine/pytorch', taken(0.7, [1, 1, 1])],
    ['of two busy cores', `inference/nchw/${large}`, taken(0.4, [1, 1, 1], 2)],
    ['of a process that slept', `inference/nchw/${large}`, taken(1, [1, 1, 1], 0.2)],
  ])('%s is believed', (_, address, times) => {
    expect(implausibility(caseAt(address).problem, times)).toBeUndefined();
  });

  it.each<readonly [string, string, Taken, string]>([
    ['of half a copy', `inference/nchw/${large}`, taken(0.5, [1, 1, 1]), '200 % of the bandwidth'],
    ['of a backward that moves three tensors in that of two', `backward/nchw/${large}`, taken(0.9, [1, 1]), '167 %'],
    [
      'of two cores',
      `inference/nchw/${large}`,
      taken(0.3, [1, 1], 2),
      '333 % of the bandwidth of the fastest copy of the same run, by 2.0 cores',
    ],
    [
      'that was never taken',
      `inference/nchw/${large}`,
      { ...taken(1, [1]), resident: samples() },
      'no sample was taken',
    ],
  ])('%s is not', (_, address, times, says) => {
    expect(implausibility(caseAt(address).problem, times)).toContain(says);
  });
});
