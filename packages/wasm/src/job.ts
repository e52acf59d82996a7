import { divisorOf, elementsPerChannel, type Problem } from '@normgauge/contract';
import type { Geometry, Share } from './geometry.ts';

/** The float64 fields of assembly/job.ts, in its order. */
const numbers = ['eps', 'm', 'divisor', 'runningDivisor', 'momentum'] as const;

/** The 32-bit fields of assembly/job.ts, in its order, behind the float64 ones. Addresses first. */
const words = [
  'x',
  'dy',
  'out',
  'gamma',
  'beta',
  'mean',
  'invStd',
  'runningMean',
  'runningVar',
  'nextMean',
  'nextVar',
  'dGamma',
  'dBeta',
  'records',
  'slots',
  'marks',
  'columnRecords',
  'columnSlots',
  'sharedRecords',
  'outsideSqrt',
  'byRow',
  'n',
  'c',
  's',
  'group',
  'first',
  'last',
  'rows',
  'allRows',
  'columns',
  'rest',
  'period',
  'inner',
  'channelStride',
  'outer',
  'outerStride',
  'run',
  'runStride',
  'threads',
] as const;

export type NumberField = (typeof numbers)[number];
export type AddressField = Exclude<(typeof words)[number], keyof Geometry | keyof Share | 'outsideSqrt' | 'threads'>;
export type Addresses = { readonly [field in AddressField]?: number };

/** Bytes of the record as written here; the compiled module says what it reads, and the two must agree. */
export const jobBytes: number = numbers.length * 8 + words.length * 4;

/** Writes the record that the kernels of one thread read. An address that is absent is 0: no such tensor. */
export function writeJob(
  memory: WebAssembly.Memory,
  at: number,
  problem: Problem,
  fields: Geometry & Share & Addresses & { readonly threads: number },
): void {
  const { convention, shape } = problem;
  const m = elementsPerChannel(shape);
  const divisor = (kind: 'm' | 'm-1') => divisorOf(kind, m, convention.singleElement);
  const numberValues: Record<NumberField, number> = {
    eps: convention.eps,
    m,
    divisor: divisor(convention.normalizeDivisor),
    runningDivisor: divisor(convention.runningDivisor),
    momentum: convention.momentum === 'cumulative' ? Number.NaN : convention.momentum,
  };
  const wordValues: { readonly [field in (typeof words)[number]]?: number } = {
    ...fields,
    outsideSqrt: convention.epsPlacement === 'outside-sqrt' ? 1 : 0,
  };
  new Float64Array(memory.buffer, at, numbers.length).set(numbers.map((field) => numberValues[field]));
  new Uint32Array(memory.buffer, at + numbers.length * 8, words.length).set(
    words.map((field) => wordValues[field] ?? 0),
  );
}

/** Writes the weight of the new batch statistic, which with a cumulative momentum differs from batch to batch. */
export function writeMomentum(memory: WebAssembly.Memory, at: number, weight: number): void {
  new Float64Array(memory.buffer, at, numbers.length)[numbers.indexOf('momentum')] = weight;
}
