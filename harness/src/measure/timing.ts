import { bytesPerElement, elementsOf, elementsPerChannel, type Problem } from '@normgauge/contract';
import type { Timing } from '@normgauge/reports';
import type { CallsPerSample, TimeReply } from '../hosts/protocol.ts';
import { deviceTimingOf, joinDevice } from './deviceTiming.ts';
import { distributionOf, ratioOf, type VisitedSamples } from './distribution.ts';

/** Bytes of one channel of x up to which it stays in a core's second-level cache between two passes. */
const cachedChannel = 2 ** 20;
/** Above this share of what could be moved at most a time cannot be true, with room for the noise of a busy machine. */
const plausible = 1.5;

/** The least that an op must move, in full tensors: every tensor read or written once, twice where two passes must. */
function trafficOf(problem: Problem): { readonly bytes: number; readonly formula: string } {
  const bytes = bytesPerElement(problem);
  const tensor = bytes * elementsOf(problem.shape);
  const resident = bytes * elementsPerChannel(problem.shape) <= cachedChannel;
  switch (problem.op) {
    case 'inference':
      return { bytes: 2 * tensor, formula: '1 read + 1 write' };
    case 'backward-frozen':
      return { bytes: 3 * tensor, formula: '2 reads + 1 write' };
    case 'forward-training':
      return resident
        ? { bytes: 2 * tensor, formula: '1 read + 1 write, a channel stays in cache' }
        : { bytes: 3 * tensor, formula: '2 reads + 1 write' };
    case 'backward':
      return resident
        ? { bytes: 3 * tensor, formula: '2 reads + 1 write, a channel stays in cache' }
        : { bytes: 5 * tensor, formula: '4 reads + 1 write' };
  }
}

/**
 * Full tensors that an op moves at the very least, whatever fits in whichever cache: each is read or written once. What is
 * usual, and the share of the roof, is another matter: a large channel may well stay in a large last-level cache.
 */
function leastTensors({ op, affine }: Problem): number {
  if (op === 'inference' || op === 'forward-training') return 2;
  return op === 'backward-frozen' && !affine ? 2 : 3;
}

/** The samples of one row, of one visit or of several. */
export interface Taken extends Omit<TimeReply, 'outputs' | 'places' | 'stays' | 'resident' | 'copy' | 'endToEnd'> {
  readonly resident: VisitedSamples;
  readonly copy: VisitedSamples;
  readonly endToEnd: VisitedSamples;
}

/** Calls in a sample: more samples that are to stand beside these must hold as many. */
export function callsIn({ resident, copy, endToEnd }: Taken): CallsPerSample {
  return {
    resident: resident.callsPerSample,
    copy: copy.callsPerSample,
    endToEnd: endToEnd.callsPerSample,
  };
}

function joined(a: VisitedSamples, b: VisitedSamples): VisitedSamples {
  const visitsOf = ({ visits, milliseconds }: VisitedSamples): readonly number[] => visits ?? [milliseconds.length];
  return {
    visits: [...visitsOf(a), ...visitsOf(b)],
    milliseconds: Float64Array.from([...a.milliseconds, ...b.milliseconds]),
    callsPerSample: a.callsPerSample,
    preempted: Uint8Array.from([...a.preempted, ...b.preempted]),
  };
}

/** The samples of a visit with how many were taken in each place; of one place there is nothing to tell. */
function inPlaces(samples: VisitedSamples, places: readonly number[]): VisitedSamples {
  return places.length > 1 ? { ...samples, visits: places } : samples;
}

/** The samples of two visits to one row as if it had been one, in the order of measurement. */
export function joinVisits(earlier: Taken | undefined, reply: TimeReply): Taken {
  const { endToEnd, copiedBy, cores, places } = reply;
  const resident = inPlaces(reply.resident, places);
  const copy = inPlaces(reply.copy, places);
  const device = joinDevice(earlier?.device, reply.device);
  if (!earlier) return { resident, copy, endToEnd, copiedBy, cores, ...(device && { device }) };
  return {
    resident: joined(earlier.resident, resident),
    copy: joined(earlier.copy, copy),
    endToEnd: joined(earlier.endToEnd, endToEnd),
    copiedBy,
    cores: Math.max(earlier.cores, cores),
    ...(device && { device }),
  };
}

/** The samples of one row as the report holds them: quoted by the median, beside the copy of the same run. */
export function timingOf(problem: Problem, reply: Taken, software: boolean): Timing {
  const elements = elementsOf(problem.shape);
  const resident = distributionOf(reply.resident);
  const copy = distributionOf(reply.copy);
  const timesCopy = ratioOf(reply.resident, reply.copy);
  const traffic = trafficOf(problem);
  const copyBytes = 2 * bytesPerElement(problem) * elements;
  return {
    resident,
    endToEnd: distributionOf(reply.endToEnd),
    copy,
    elements,
    nsPerElement: (resident.median * 1e6) / elements,
    gigabytesPerSecond: traffic.bytes / (resident.median * 1e6),
    traffic,
    timesCopy: timesCopy.ratio,
    ...(timesCopy.interval && { timesCopyInterval: timesCopy.interval }),
    ofRoof: traffic.bytes / copyBytes / timesCopy.ratio,
    copiedBy: reply.copiedBy,
    software,
    ...(reply.device && { device: deviceTimingOf(reply.device, elements) }),
  };
}

/**
 * Why the times cannot be true, or undefined when they can: what has to be moved would have been moved faster than the fastest
 * copy of the same run, by one core, times the cores that were kept busy.
 */
export function implausibility(problem: Problem, { resident, copy, cores }: Taken): string | undefined {
  if (resident.milliseconds.length === 0) return 'no sample was taken';
  const fastestCopy = distributionOf(copy).min;
  const share = (leastTensors(problem) / 2) * (fastestCopy / distributionOf(resident).median);
  if (share <= plausible * Math.max(1, cores)) return undefined;
  const by = cores > 1.1 ? `, by ${cores.toFixed(1)} cores` : '';
  return `${Math.round(share * 100)} % of the bandwidth of the fastest copy of the same run${by}: faster than memory can be moved`;
}
