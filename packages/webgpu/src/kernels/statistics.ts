import { batchesTracked, channelInput, channelOutput } from '../channelTensors.ts';
import { threads } from '../geometry.ts';
import type { Kernel } from '../kernel.ts';
import { acrossLanesOf } from './acrossLanes.ts';
import { arithmetic, inverseStd } from './arithmetic.ts';
import { shiftedSums } from './shiftedSums.ts';
import { entry, type Walk } from './walks.ts';

const op = 'forward-training';

/**
 * Training forward, first half: the statistics of every channel and all that follows from them alone.
 *
 *     mean        = K + S1/m                        K, S1, S2: shiftedSums.ts
 *     variance    = (S2 − S1²/m) / divisor
 *     invStd      = 1/√(variance+eps) or 1/(√variance+eps)
 *     runningMean ← (1−w)·runningMean + w·mean       w = momentum, or 1/(batchesTracked+1)
 *     runningVar  ← (1−w)·runningVar  + w·(S2 − S1²/m)/runningDivisor
 *
 * x [N,C,…] or [N,…,C]; all others [C]. `coefficients` [C] of two vec4: what the elementwise pass needs, with the mean still in
 * two pieces and everything in units of 2^exponent, so that a mean rounded to float32 is stored but never used.
 *
 * Three kernels. A channel that one workgroup can take is finished where it is summed (`statisticsOfChannels`). A longer
 * one is summed in parts (`statisticsOfParts`), which one workgroup puts together (`statisticsOfPartials`). Either way the
 * one that finishes a channel sums it anew when the shift had misled it: rare, slower where the channel is long, right.
 *
 * Ioffe & Szegedy 2015, Algorithm 1, arXiv:1502.03167
 */
const finish: string = /* wgsl */ `
${inverseStd}

fn finish(channel: u32, shift: Shift, sums: vec3f) {
  let r = meanOffset(sums);
  let difference = sums.y - sums.x * r;
  let aboutMean = select(difference, 0.0, difference < 0.0);
  let mean = shift.value + unscaled(Scaled(r, shift.exponent));
  let invStd = inverseStd(Scaled(aboutMean * p.perNormalizeDivisor, 2 * shift.exponent));
  ${channelOutput(op, 'mean')} = mean;
  ${channelOutput(op, 'invStd')} = unscaled(invStd);
  var weightOfNew = p.weightOfNew;
  var weightOfOld = p.weightOfOld;
  if (p.cumulative != 0u) {
    let batches = ${batchesTracked};
    weightOfNew = quotient(1.0, batches + 1.0);
    weightOfOld = batches * weightOfNew;
  }
  let newVariance = unscaled(Scaled(weightOfNew * (aboutMean * p.perRunningDivisor), 2 * shift.exponent));
  ${channelOutput(op, 'runningMean')} = fma(weightOfNew, mean, weightOfOld * ${channelInput(op, 'runningMean')});
  ${channelOutput(op, 'runningVar')} = fma(weightOfOld, ${channelInput(op, 'runningVar')}, newVariance);
  let scale = pow2(-shift.exponent);
  // where σ = 0 every difference is 0 and any finite factor will do; it must not be infinite
  let factor = unscaled(Scaled(invStd.value, min(invStd.exponent + shift.exponent, 126)));
  coefficients[2u * channel] = vec4f(scale, -shift.value * scale, r, factor);
  coefficients[2u * channel + 1u] = vec4f(${channelInput(op, 'gamma')}, ${channelInput(op, 'beta')}, 0.0, 0.0);
}

var<workgroup> sharedAgain: array<u32, ${threads}>;
var<workgroup> anyAgain: u32;
`;

/** The shifts of the tile, for `laneSums`. */
const shareShifts: string = /* wgsl */ `
  if (slot < tile) { sharedShift[slot] = shiftOf(owned); }
  workgroupBarrier();
`;

/** WGSL: the place of this thread's loads in the tile, in channels. */
const placeInTile = ({ channels }: Walk): string => `${channels}u * mine`;

/**
 * Finds the sums of `tile` channels, again where the shift or the unit had misled them, and finishes them. `find` is WGSL that
 * sets `found`, what this lane finds. Channels are repeated one by one: what happens in one moves no bit of its neighbours.
 * The third time is final: the first may show that the unit was wrong, the second that the shift was.
 */
function sumAndFinish(walk: Walk, find: string): string {
  const again = Array.from({ length: walk.channels }, (_, k) => `sharedAgain[${placeInTile(walk)} + ${k}u]`);
  return /* wgsl */ `
  ${shareShifts}
  var unfinished = owns;
  var wanted = inside;
  for (var attempt = 0u; attempt < 3u; attempt++) {
    // a load with no channel that is wanted has no elements
    let end = select(0u, p.m, wanted);
    // an initialiser, since Dawn 0.6.2 zeroes a variable without one only on the first turn of a loop
    var found = array<vec3f, ${walk.channels}>();
    ${find}
    let sums = ${acrossLanesOf('found')};
    if (slot < tile) {
      let shift = sharedShift[slot];
      let repeated = unfinished && attempt < 2u && misled(sums);
      if (unfinished && !repeated) { finish(owned, shift, sums); }
      unfinished = repeated;
      sharedAgain[slot] = u32(repeated);
      sharedShift[slot] = corrected(shift, sums);
    }
    workgroupBarrier();
    if (slot == 0u) {
      var any = 0u;
      for (var other = 0u; other < tile; other++) { any |= sharedAgain[other]; }
      anyAgain = any;
    }
    if (workgroupUniformLoad(&anyAgain) == 0u) { break; }
    wanted = (${again.join(' | ')}) != 0u;
  }
`;
}

const shared = (walk: Walk): string => arithmetic + shiftedSums(walk);

/** One workgroup sums and finishes `tile` channels. */
export function statisticsOfChannels(walk: Walk): Kernel {
  return {
    label: 'statistics of whole channels',
    walk,
    reads: ['x', 'channelsIn'],
    writes: ['channelsOut', 'coefficients'],
    body: `${shared(walk)}${finish}${entry(
      walk,
      'p.tile',
      '1u',
      sumAndFinish(walk, `found = laneSums(channel, ${placeInTile(walk)}, 0u, end, lane, lanes);`),
    )}`,
  };
}

/** One workgroup sums one part of `tile` channels into `partials` [parts, C]. */
export function statisticsOfParts(walk: Walk): Kernel {
  return {
    label: 'statistics of parts of channels',
    walk,
    reads: ['x'],
    writes: ['partials'],
    body: `${shared(walk)}${entry(
      walk,
      'p.tile',
      'p.reduceParts',
      /* wgsl */ `
  ${shareShifts}
  let begin = part * p.reduceLength;
  let end = select(0u, min(begin + p.reduceLength, p.m), inside);
  let total = ${acrossLanesOf(`laneSums(channel, ${placeInTile(walk)}, begin, end, lane, lanes)`)};
  if (owns) { partials[part * p.c + owned] = vec4f(total, 0.0); }
`,
    )}`,
  };
}

/**
 * One workgroup puts the parts of `finishTile` channels together and finishes them.
 * @param walk of single elements: a thread has the parts of one channel
 */
export function statisticsOfPartials(walk: Walk): Kernel {
  return {
    label: 'statistics from partial sums',
    walk,
    reads: ['x', 'channelsIn', 'partials'],
    writes: ['channelsOut', 'coefficients'],
    body: `${shared(walk)}${finish}
fn lanePartials(channel: u32, lane: u32, lanes: u32) -> vec3f {
  var sums = vec3f();
  for (var part = lane; part < p.reduceParts; part += lanes) {
    sums = together(sums, partials[part * p.c + channel].xyz);
  }
  return sums;
}

${entry(
  walk,
  'p.finishTile',
  '1u',
  sumAndFinish(
    walk,
    /* wgsl */ `
    if (attempt == 0u) {
      found[0] = lanePartials(channel, lane, lanes);
    } else {
      for (var begin = 0u; begin < end; begin += p.repeatLength) {
        let next = laneSums(channel, mine, begin, min(begin + p.repeatLength, end), lane, lanes);
        found[0] = together(found[0], next[0]);
      }
    }`,
  ),
)}`,
  };
}
