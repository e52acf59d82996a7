import { batchesTracked, channelInput, channelOutput } from '../channelTensors.ts';
import { threads } from '../geometry.ts';
import type { Kernel } from '../kernel.ts';
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

var<workgroup> sharedShift: array<Shift, ${threads}>;
var<workgroup> sharedAgain: array<u32, ${threads}>;
var<workgroup> anyAgain: u32;
`;

/**
 * Finds the sums of `tile` channels, again where the shift or the unit had misled them, and finishes them. `find` is WGSL that
 * sets `found`, what this lane finds. Channels are repeated one by one: what happens in one moves no bit of its neighbours.
 * The third time is final: the first may show that the unit was wrong, the second that the shift was.
 */
function sumAndFinish(find: string): string {
  return /* wgsl */ `
  var shift = shiftOf(channel);
  var wanted = inside;
  for (var attempt = 0u; attempt < 3u; attempt++) {
    // a channel that is not wanted has no elements
    let end = select(0u, p.m, wanted);
    // an initialiser, since Dawn 0.6.2 zeroes a variable without one only on the first turn of a loop
    var found = vec3f();
    ${find}
    let sums = acrossLanes(found, slot, tile);
    if (slot < tile) {
      let again = wanted && attempt < 2u && misled(sums);
      if (wanted && !again) { finish(channel, shift, sums); }
      sharedAgain[mine] = u32(again);
      sharedShift[mine] = corrected(shift, sums);
    }
    workgroupBarrier();
    if (slot == 0u) {
      var any = 0u;
      for (var other = 0u; other < tile; other++) { any |= sharedAgain[other]; }
      anyAgain = any;
    }
    if (workgroupUniformLoad(&anyAgain) == 0u) { break; }
    wanted = sharedAgain[mine] != 0u;
    shift = sharedShift[mine];
  }
`;
}

const shared = (walk: Walk): string => arithmetic + shiftedSums(walk);

/** One workgroup sums and finishes `tile` channels. */
export function statisticsOfChannels(walk: Walk): Kernel {
  return {
    label: 'statistics of whole channels',
    reads: ['x', 'channelsIn'],
    writes: ['channelsOut', 'coefficients'],
    body: `${shared(walk)}${finish}${entry(
      walk,
      'p.tile',
      '1u',
      sumAndFinish('found = laneSums(channel, shift, 0u, end, lane, lanes);'),
    )}`,
  };
}

/** One workgroup sums one part of `tile` channels into `partials` [parts, C]. */
export function statisticsOfParts(walk: Walk): Kernel {
  return {
    label: 'statistics of parts of channels',
    reads: ['x'],
    writes: ['partials'],
    body: `${shared(walk)}${entry(
      walk,
      'p.tile',
      'p.reduceParts',
      /* wgsl */ `
  let begin = part * p.reduceLength;
  let end = select(0u, min(begin + p.reduceLength, p.m), inside);
  let total = acrossLanes(laneSums(channel, shiftOf(channel), begin, end, lane, lanes), slot, tile);
  if (inside && slot < tile) { partials[part * p.c + channel] = vec4f(total, 0.0); }
`,
    )}`,
  };
}

/** One workgroup puts the parts of `finishTile` channels together and finishes them. */
export function statisticsOfPartials(walk: Walk): Kernel {
  return {
    label: 'statistics from partial sums',
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
  sumAndFinish(/* wgsl */ `
    if (attempt == 0u) {
      found = lanePartials(channel, lane, lanes);
    } else {
      for (var begin = 0u; begin < end; begin += p.repeatLength) {
        found = together(found, laneSums(channel, shift, begin, min(begin + p.repeatLength, end), lane, lanes));
      }
    }`),
)}`,
  };
}
