import { type Geometry, threads } from '../geometry.ts';

/** The four addresses that a lane's loop takes at once. */
const addresses = ['a0', 'a1', 'a2', 'a3'];

/**
 * How the threads of a workgroup walk over the elements of their channels, as pieces of WGSL.
 *
 * A workgroup has `tile` adjacent channels and 64/tile lanes a channel. Element i of a channel, 0 ≤ i < m, is sample
 * i / positions at position i mod positions; a lane takes every lanes-th. Adjacent threads touch adjacent memory: in `planes` they are
 * lanes of one channel, in `rows` the same lane of adjacent channels. The only divisions are at the start; from then on an
 * address is carried along.
 */
export interface Walk {
  /** `fn addressOf(channel, i) -> u32`. */
  readonly addressOf: string;
  /**
   * Which tile and part this workgroup has, and which of its channels and lanes this thread: declares `tileIndex`, `part`,
   * `mine`, `lane`. In scope are `group`, `parts`, `t`, `tile`, `lanes`.
   */
  readonly place: string;
  /** Declares `at` and what a step needs; `channel`, `i`, `lanes` are in scope. */
  readonly begin: string;
  /** Moves `i` and `at` to this lane's next element. */
  readonly step: string;
}

export const walks: Readonly<Record<Geometry['walk'], Walk>> = {
  planes: {
    addressOf: /* wgsl */ `
fn addressOf(channel: u32, i: u32) -> u32 {
  return (i / p.positions * p.c + channel) * p.positions + i % p.positions;
}
`,
    place: /* wgsl */ `
  let tileIndex = group / parts;
  let part = group % parts;
  let mine = t / lanes;
  let lane = t % lanes;
`,
    begin: /* wgsl */ `
  var at = addressOf(channel, i);
  var position = i % p.positions;
  let positions = p.positions;
  let planeStep = p.planeStep;
  let planeRest = p.planeRest;
  let planeJump = p.planeJump;
`,
    step: /* wgsl */ `i += lanes; at += planeStep; position += planeRest;
    if (position >= positions) { position -= positions; at += planeJump; }`,
  },
  rows: {
    addressOf: /* wgsl */ `
fn addressOf(channel: u32, i: u32) -> u32 { return i * p.c + channel; }
`,
    place: /* wgsl */ `
  let tiles = (p.c + tile - 1u) / tile;
  let tileIndex = group % tiles;
  let part = group / tiles;
  let mine = t % tile;
  let lane = t / tile;
`,
    begin: /* wgsl */ `
  var at = addressOf(channel, i);
  let rowStep = lanes * p.c;
`,
    step: 'i += lanes; at += rowStep;',
  },
};

/**
 * The loop over a lane's elements from `i` to `end`: `four` runs with the addresses of four of them in a0…a3 while there are
 * so many, `one` with a single address in `at`.
 */
export function loop(walk: Walk, four: string, one: string): string {
  return /* wgsl */ `
  while (i + 3u * lanes < end) {
    ${addresses.map((address) => `let ${address} = at; ${walk.step}`).join('\n    ')}
    ${four}
  }
  while (i < end) {
    ${one}
    ${walk.step}
  }
`;
}

/** Four elements of a tensor, by the addresses that `loop` gives. */
export function loadFour(tensor: string): string {
  return `vec4f(${addresses.map((address) => `${tensor}[${address}]`).join(', ')})`;
}

/** Stores the components of a vec4 by the same addresses. */
export function storeFour(tensor: string, vector: string): string {
  return addresses.map((address, k) => `${tensor}[${address}] = ${vector}[${k}];`).join(' ');
}

/**
 * The beginning of every kernel: who this thread is. Declares `tileIndex`, `part`, `tile`, `lane`, `lanes`, `mine` (which of the
 * tile's channels), `channel` (clamped, so that it may always be read), `inside` (whether there is such a channel) and
 * `slot` (a number of the thread by which a channel's lanes are `tile` apart; slots below `tile` are lane 0).
 */
export function entry(walk: Walk, tile: string, parts: string, body: string): string {
  return /* wgsl */ `
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) t: u32,
) {
  let group = id.y * grid.x + id.x;
  let tile = ${tile};
  let parts = ${parts};
  let lanes = ${threads}u / tile;
  ${walk.place}
  if (tileIndex * tile >= p.c || part >= parts) { return; }
  let slot = lane * tile + mine;
  let inside = tileIndex * tile + mine < p.c;
  let channel = min(tileIndex * tile + mine, p.c - 1u);
  ${body}
}
`;
}
