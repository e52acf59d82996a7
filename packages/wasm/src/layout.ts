import { elementsOf, inputsOf, outputsOf, type Problem, type TensorName } from '@normgauge/contract';
import { columnsAreChannels, type Geometry, geometryOf, type Share, sharesOf } from './geometry.ts';
import { type Addresses, type AddressField, jobBytes } from './job.ts';
import type { Kernels } from './kernels.ts';
import { roundUp } from './memory.ts';

/** A tensor in memory. batchesTracked is none of the kernels': it becomes the momentum. */
type Field = AddressField | 'batchesTracked';

/** The fields of the job that hold the addresses of the tensors, by what the contract calls them. */
export const inputFields: { readonly [name in TensorName]?: Field } = {
  x: 'x',
  dy: 'dy',
  gamma: 'gamma',
  beta: 'beta',
  mean: 'mean',
  invStd: 'invStd',
  runningMean: 'runningMean',
  runningVar: 'runningVar',
  batchesTracked: 'batchesTracked',
};

export const outputFields: { readonly [name in TensorName]?: Field } = {
  y: 'out',
  dx: 'out',
  mean: 'mean',
  invStd: 'invStd',
  runningMean: 'nextMean',
  runningVar: 'nextVar',
  dGamma: 'dGamma',
  dBeta: 'dBeta',
};

/** What one thread is told: fields of its Job, addresses among them. */
export type JobFields = Geometry & Share & Addresses & { readonly threads: number };

/** Where a plan keeps what it needs, from the start of its block of memory on. */
export interface Layout {
  /** With the slack that `startIn` needs. */
  readonly bytes: number;
  /** The Jobs lie one behind the other, `jobStride` bytes apart, one a share. */
  readonly jobs: number;
  readonly shares: readonly Share[];
  readonly geometry: Geometry;
  readonly tensors: { readonly [field in Field]?: number };
  readonly scratch: readonly Addresses[];
}

/** Bytes from one Job to the next. */
export const jobStride: number = roundUp(jobBytes);

/**
 * Large tensors lie one behind the other, each a third of a page further into its page than the one before it: the
 * kernels walk them side by side, and lines at the same place of a page fight for one set of the L1 cache.
 *
 * The first begins so far into its page that none lies near a page's beginning, where the caller's own large arrays
 * begin: on some processors a copy whose target is less than 512 bytes further into its page than its source takes 3 to
 * 15 times as long.
 */
const page = 4096;
const stagger = 1344;
const intoPage = 640;

/** Blocks of memory from this size on are worth a page of slack. */
const largeBlock = 16 * page;

/** Where a layout begins in a block of memory that begins at `block`. */
export function startIn(block: number, bytes: number): number {
  return bytes < largeBlock ? block : Math.ceil((block - intoPage) / page) * page + intoPage;
}

function staggered(bytes: number): number {
  return bytes < 4 * page ? roundUp(bytes) : Math.ceil((bytes - stagger) / page) * page + stagger;
}

/** Lays out a problem for at most so many threads. */
export function layoutOf(problem: Problem, sizes: Kernels['sizes'], threads: number): Layout {
  const geometry = geometryOf(problem);
  const shares = sharesOf(geometry, elementsOf(problem.shape), threads);
  let bytes = 0;
  const take = (size: number): number => {
    const at = bytes;
    bytes += roundUp(size);
    return at;
  };

  const tensors: { [field in Field]?: number } = {};
  const slots = [
    ...inputsOf(problem).map(({ name, length }) => ({ field: inputFields[name], length })),
    ...outputsOf(problem).map(({ name, length }) => ({ field: outputFields[name], length })),
  ].sort((a, b) => b.length - a.length);
  for (const { field, length } of slots) if (field !== undefined) tensors[field] = take(staggered(length * 4));

  const jobs = take(shares.length * jobStride);
  const scratch = geometry.byRow ? shares.map(ofRows) : ofColumns();
  return { bytes: bytes < largeBlock ? bytes : bytes + page, jobs, shares, geometry, tensors, scratch };

  /** What is known of so many channels. */
  function ofChannels(count: number, slots?: number): { records: number; slots: number; marks: number } {
    const quads = Math.ceil(count / 4);
    return {
      records: take(quads * sizes.recordBytes),
      slots: slots ?? take(quads * sizes.slotsBytes),
      marks: take(roundUp(count)),
    };
  }

  function ofRows({ first, last }: Share): Addresses {
    return ofChannels(last - first);
  }

  /** Sums of their own for every thread, one behind the other; what is known of channels only once. */
  function ofColumns(): readonly Addresses[] {
    const vectors = Math.ceil(geometry.columns / 4);
    const columnSlots = take(shares.length * vectors * sizes.slotsBytes);
    const together = columnsAreChannels(geometry);
    const channels = ofChannels(geometry.c, together ? columnSlots : undefined);
    const sharedRecords = together ? channels.records : take(vectors * sizes.recordBytes);
    return shares.map((_, thread) => ({
      ...channels,
      sharedRecords,
      columnRecords: thread === 0 ? sharedRecords : take(vectors * sizes.recordBytes),
      columnSlots: columnSlots + thread * vectors * sizes.slotsBytes,
    }));
  }
}

function moved(addresses: Addresses, bytes: number): Addresses {
  const entries = Object.entries(addresses).map(([field, address]) => [field, address + bytes]);
  return Object.fromEntries(entries) as Addresses;
}

/** What each thread is told when the layout begins at `start`. */
export function jobsOf({ shares, geometry, tensors, scratch }: Layout, start: number): readonly JobFields[] {
  return shares.map((share, thread) => {
    const full = moved(tensors, start);
    const before = share.start * geometry.columns * 4;
    const rows = moved(
      Object.fromEntries((['x', 'dy', 'out'] as const).flatMap((name) => (full[name] ? [[name, full[name]]] : []))),
      before,
    );
    return { ...geometry, ...share, threads: shares.length, ...full, ...rows, ...moved(scratch[thread]!, start) };
  });
}
