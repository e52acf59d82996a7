import { elementsPerChannel, type Problem, positionsOf } from '@normgauge/contract';

/** Threads of a workgroup. 64 is two warps or one wavefront; software drivers slow down with more. */
export const threads = 64;

/** Running sums of a thread: it takes so many elements at once. */
const together = 4;

/** Channels side by side in a workgroup where channels are the fastest axis: 32 float32 are one memory transaction. */
const widestTile = 32;

/** How finely a device wants its work cut. */
export interface Parallelism {
  /** Workgroups that keep it busy; fewer channels than this are cut into parts. */
  readonly groups: number;
  /** Elements for which a lane of its own is worth while; shorter channels share a workgroup. */
  readonly elementsPerLane: number;
}

/** A large GPU has over a hundred processors, each of which hides latency behind several workgroups. */
export const hardwareParallelism: Parallelism = { groups: 1024, elementsPerLane: 8 };

/** A GPU emulated on a CPU has a thread a core, and every workgroup that has a barrier is dear. */
export const softwareParallelism: Parallelism = { groups: 1, elementsPerLane: 128 };

/** Partial sums of a channel for which a lane of its own is worth while. */
const partialsPerLane = 8;

/** A thread adds at most this many elements to one running sum; longer channels are split, which bounds the rounding. */
const longestChain = 64;

/** How a channel is cut: `parts` workgroups of `partLength` of its elements each, the last one perhaps shorter. */
interface Split {
  readonly parts: number;
  readonly partLength: number;
}

/**
 * How the tensor is walked. Only memory counts here, so layouts that are the same memory are the same walk:
 *
 * - `planes`: N runs of S elements a channel, C·S apart (NCHW). One channel a workgroup, or several that are short.
 * - `rows`: m rows of C elements (NHWC, and NCHW without positions). `tile` adjacent channels a workgroup.
 */
export interface Geometry {
  readonly walk: 'planes' | 'rows';
  /**
   * What a thread loads at once: four float32 where every run, or every row, starts at a multiple of 16 bytes and is one long.
   * A workgroup takes as many elements in a step either way, in `rows` with four times the lanes a channel.
   */
  readonly load: 'f32' | 'vec4f';
  readonly m: number;
  readonly c: number;
  /** Length of a run in `planes`; not used in `rows`. */
  readonly positions: number;
  /** Adjacent channels in a workgroup, a power of two; each has 64/tile threads, its lanes, of single elements. */
  readonly tile: number;
  /** Workgroups side by side: one a tile. */
  readonly tiles: number;
  /** Cut for passes that reduce. In `planes` only channels are cut that fill a workgroup: parts > 1 means tile = 1. */
  readonly reduce: Split;
  /** Elements that a lane's workgroup adds up before it starts a new sum, where it sums a channel of many parts alone. */
  readonly repeatLength: number;
  /** Adjacent channels in a workgroup that puts the parts together. */
  readonly finishTile: number;
  /** Cut for passes that only map. */
  readonly map: Split;
}

/** @param unit elements of a channel that a workgroup takes in one step */
function split(m: number, wantedParts: number, unit: number, shortest: number, longest: number): Split {
  const wanted = Math.min(wantedParts, Math.ceil(m / (shortest * unit)));
  const parts = Math.max(wanted, Math.ceil(m / (longest * unit)), 1);
  const partLength = Math.ceil(m / parts / unit) * unit;
  return { parts: Math.ceil(m / partLength), partLength };
}

/** The smallest power of two that is not less, and at least 1. */
const powerOfTwo = (value: number): number => 2 ** Math.max(0, Math.ceil(Math.log2(value)));

export function geometryOf({ shape, layout }: Problem, { groups, elementsPerLane }: Parallelism): Geometry {
  const m = elementsPerChannel(shape);
  const { c } = shape;
  const rows = c > 1 && (layout === 'nhwc' || positionsOf(shape) === 1);
  const tile = rows
    ? Math.min(widestTile, powerOfTwo(c))
    : threads / Math.min(threads, powerOfTwo(m / elementsPerLane));
  const tiles = Math.ceil(c / tile);
  const wantedParts = Math.ceil(groups / tiles);
  const unit = (threads / tile) * together;
  const reduce = split(m, wantedParts, unit, 16, longestChain);
  const positions = c === 1 ? m : positionsOf(shape);
  return {
    walk: rows ? 'rows' : 'planes',
    load: (rows ? c : positions) % 4 === 0 ? 'vec4f' : 'f32',
    m,
    c,
    positions,
    tile,
    tiles,
    reduce,
    // as many sums as steps in a sum: the shortest chain
    repeatLength: reduce.partLength * Math.ceil(Math.sqrt(reduce.parts / longestChain)),
    finishTile: Math.min(tile, threads / Math.min(threads, powerOfTwo(reduce.parts / partialsPerLane))),
    map: split(m, wantedParts, unit, 8, 64),
  };
}

/** Workgroups of a pass, as a grid: no dimension of a dispatch may exceed the device's limit. */
export function gridOf(groups: number, mostPerDimension: number): readonly [x: number, y: number] {
  if (groups <= mostPerDimension) return [groups, 1];
  const y = Math.ceil(groups / mostPerDimension);
  return [Math.ceil(groups / y), y];
}

/**
 * The longest chain of float32 additions that an element passes through, over all shapes with m elements a channel:
 * along a thread, across its running sums, across the threads of a workgroup, and across the parts of a channel.
 */
export function additionsDeep(m: number): number {
  const narrowest = (threads / widestTile) * together;
  const alongThread = Math.min(longestChain, Math.ceil(m / together)) + 3;
  const acrossWorkgroup = 7 + 7;
  const parts = Math.max(
    Math.min(hardwareParallelism.groups, Math.ceil(m / (16 * narrowest))),
    Math.ceil(m / (longestChain * narrowest)),
  );
  if (parts === 1) return alongThread + acrossWorkgroup;
  const acrossParts = Math.max(partialsPerLane, Math.ceil(parts / threads)) + acrossWorkgroup;
  // a channel that is summed anew by the workgroup that finishes it, see repeatLength
  const partsAtOnce = Math.ceil(Math.sqrt(parts / longestChain));
  const anew = longestChain * partsAtOnce + 3 + Math.ceil(parts / partsAtOnce);
  return Math.max(alongThread + acrossWorkgroup + acrossParts, anew + acrossWorkgroup);
}
