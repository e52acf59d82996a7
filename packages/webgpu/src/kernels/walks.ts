import type { DType } from '@normgauge/contract';
import { type Geometry, threads } from '../geometry.ts';
import type { BufferName } from '../kernel.ts';
import { storedOf } from './stored.ts';

/** The addresses of the four loads that a lane's loop makes at once. */
const addresses = ['a0', 'a1', 'a2', 'a3'];

/**
 * How the threads of a workgroup walk over the elements of their channels, as pieces of WGSL.
 *
 * A workgroup has `tile` adjacent channels. Each load of a thread takes one element, or four that lie side by side: four positions
 * of one channel in `planes`, four channels of one position in `rows`. Load i of a channel, 0 ≤ i < m / elements, is in sample
 * i / run at place i mod run, where a run has positions / elements loads; a lane takes every lanes-th. Adjacent threads touch
 * adjacent memory: in `planes` they are lanes of one channel, in `rows` the same lane of adjacent channels. The only
 * divisions are at the start; from then on an address is carried along.
 */
export interface Walk {
  /** One element of x, dy and result, or four, as float32; addresses count these. */
  readonly load: 'f32' | 'vec4f';
  /** What they are stored in, see stored.ts. */
  readonly dtype: DType;
  /** Channels that one load holds. */
  readonly channels: 1 | 4;
  /** Elements of each of these channels that one load holds. */
  readonly elements: 1 | 4;
  /** Whether the lanes of a channel that are in one subgroup are put together there. */
  readonly subgroups: boolean;
  /** `fn addressOf(channel, i) -> u32` of load i, which is that of the first channel of the load. */
  readonly addressOf: string;
  /**
   * Which tile and part this workgroup has, and which of its lanes and, in loads, channels this thread: declares `tileIndex`, `part`,
   * `mine`, `lane`, and how many threads a lane is from the next, `apart`. In scope are `group`, `parts`, `t`, `tile`, `side`, `lanes`.
   */
  readonly place: string;
  /** Declares `at` and what a step needs; `channel`, `i`, `lanes` are in scope. */
  readonly begin: string;
  /** Moves `i` and `at` to this lane's next load. */
  readonly step: string;
}

/** What walks differ in beside their geometry. */
export type Loads = Pick<Walk, 'load' | 'subgroups' | 'dtype'>;

function planes({ load, subgroups, dtype }: Loads): Walk {
  const elements = load === 'vec4f' ? 4 : 1;
  const run = `(p.positions / ${elements}u)`;
  return {
    load,
    dtype,
    channels: 1,
    elements,
    subgroups,
    addressOf: /* wgsl */ `
fn addressOf(channel: u32, i: u32) -> u32 { return (i / ${run} * p.c + channel) * ${run} + i % ${run}; }
`,
    place: /* wgsl */ `
  let tileIndex = group / parts;
  let part = group % parts;
  let mine = t / lanes;
  let lane = t % lanes;
  let apart = 1u;
`,
    begin: /* wgsl */ `
  var at = addressOf(channel, i);
  let run = ${run};
  var position = i % run;
  let planeRest = lanes % run;
  let planeStep = lanes / run * p.c * run + planeRest;
  let planeJump = (p.c - 1u) * run;
`,
    step: /* wgsl */ `i += lanes; at += planeStep; position += planeRest;
    if (position >= run) { position -= run; at += planeJump; }`,
  };
}

function rows({ load, subgroups, dtype }: Loads): Walk {
  const channels = load === 'vec4f' ? 4 : 1;
  return {
    load,
    dtype,
    channels,
    elements: 1,
    subgroups,
    addressOf: /* wgsl */ `
fn addressOf(channel: u32, i: u32) -> u32 { return i * (p.c / ${channels}u) + channel / ${channels}u; }
`,
    place: /* wgsl */ `
  let tiles = (p.c + tile - 1u) / tile;
  let tileIndex = group % tiles;
  let part = group / tiles;
  let mine = t % side;
  let lane = t / side;
  let apart = side;
`,
    begin: /* wgsl */ `
  var at = addressOf(channel, i);
  let rowStep = lanes * (p.c / ${channels}u);
`,
    step: 'i += lanes; at += rowStep;',
  };
}

/**
 * The walk of a geometry, with these loads: as wide as it allows or of one element, with subgroups where the device has some whose threads are
 * adjacent, see subgroups.ts.
 */
export function walkOf({ walk }: Geometry, loads: Loads): Walk {
  return walk === 'planes' ? planes(loads) : rows(loads);
}

/** What a step of the loop has taken from memory. */
export interface Taken {
  /** A vec4f, or one f32 of the few that are left over at the end of a walk of single elements. */
  readonly type: 'f32' | 'vec4f';
  /** The elements of a tensor. */
  readonly of: (tensor: BufferName) => string;
  /** WGSL that stores a value of the type to the same places of `result`. */
  readonly store: (value: string) => string;
}

/**
 * The loop over a lane's loads from `i` to `end`, of these tensors: four at once while there are so many, all before the first is
 * used, then one by one. Four single elements are visited as one vec4f, four vec4f one after the other.
 */
export function loop(walk: Walk, tensors: readonly BufferName[], visit: (taken: Taken) => string): string {
  const { read, rounded, written } = storedOf(walk);
  const single = (address: string): string =>
    visit({
      type: walk.load,
      of: (tensor) => `${tensor}_${address}`,
      store: (value) => `result[${address}] = ${written(rounded(value, walk.load))};`,
    });
  const loadFrom = (address: string): string =>
    tensors.map((tensor) => `let ${tensor}_${address} = ${read(`${tensor}[${address}]`)};`).join(' ');
  const gathered = visit({
    type: 'vec4f',
    of: (tensor) => `vec4f(${addresses.map((address) => `${tensor}_${address}`).join(', ')})`,
    store: (value) =>
      `let four = ${rounded(value, 'vec4f')}; ${addresses.map((address, k) => `result[${address}] = ${written(`four[${k}]`)};`).join(' ')}`,
  });
  return /* wgsl */ `
  while (i + 3u * lanes < end) {
    ${addresses.map((address) => `let ${address} = at; ${walk.step}`).join('\n    ')}
    ${addresses.map(loadFrom).join('\n    ')}
    ${walk.load === 'f32' ? gathered : addresses.map((address) => `{ ${single(address)} }`).join('\n    ')}
  }
  while (i < end) {
    ${loadFrom('at')}
    ${single('at')}
    ${walk.step}
  }
`;
}

/** WGSL: a value a channel of a load, as an f32 where that is one channel and as a vec4f where it is four. */
export function ofEachChannel({ channels }: Walk, value: (k: number) => string): string {
  return channels === 1 ? value(0) : `vec4f(${addresses.map((_, k) => value(k)).join(', ')})`;
}

/** WGSL: `value` of the channels of a load, of which `channel` is the first. */
export function ofEachChannelFrom(walk: Walk, value: (channel: string) => string): string {
  return ofEachChannel(walk, (k) => value(`(channel + ${k}u)`));
}

/** WGSL: an array of what a lane found, one of this type a channel: of the k-th components, or of all where all are one channel's. */
export function foundInLane({ channels }: Walk, type: string, apart: (k: number) => string, whole: string): string {
  return `array<${type}, ${channels}>(${channels === 1 ? whole : addresses.map((_, k) => apart(k)).join(', ')})`;
}

/**
 * The beginning of every kernel: who this thread is. Declares
 *
 * - for loading: `tileIndex`, `part`, `tile`, `lane`, `lanes`, `mine` (which loads of the tile's channels), `channel` (the
 *   first of a load, clamped, so that it may always be read) and `inside` (whether there is such a channel);
 * - for putting lanes together: `slot`, a number of the thread, and `reach`, how many lanes of a channel a subgroup holds;
 * - for finishing a channel: `owned` (clamped) and `owns`; threads with a slot below `tile` have one each.
 */
export function entry(walk: Walk, tile: string, parts: string, body: string): string {
  return /* wgsl */ `
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) t: u32,
  ${walk.subgroups ? '@builtin(subgroup_size) subgroupSize: u32,' : ''}
) {
  let group = id.y * grid.x + id.x;
  let tile = ${tile};
  let parts = ${parts};
  let side = tile / ${walk.channels}u;
  let lanes = ${threads}u / side;
  ${walk.place}
  if (tileIndex * tile >= p.c || part >= parts) { return; }
  let first = tileIndex * tile;
  let inside = first + ${walk.channels}u * mine < p.c;
  let channel = min(first + ${walk.channels}u * mine, p.c - ${walk.channels}u);
  let slot = lane * side + mine;
  let reach = ${walk.subgroups ? 'clamp(subgroupSize / apart, 1u, lanes)' : '1u'};
  let owns = slot < tile && first + slot < p.c;
  let owned = min(first + slot, p.c - 1u);
  ${body}
}
`;
}
