import { channelInput, channelOutput } from '../channelTensors.ts';
import type { Kernel } from '../kernel.ts';
import { acrossLanes, acrossLanesOf } from './acrossLanes.ts';
import { arithmetic, deviationShare, inverseStd } from './arithmetic.ts';
import { entry, foundInLane, loop, ofEachChannelFrom, type Walk } from './walks.ts';

/**
 * The sums of both backward passes, and all that follows from them alone.
 *
 *     x̂      = (x − mean)·invStd
 *     dBeta  = Σdy          dGamma = Σdy·x̂
 *
 * x, dy [N,C,…] or [N,…,C] float32; mean, invStd, dGamma, dBeta [C]. In `backward` mean and invStd are the saved ones, in
 * `backward-frozen` they come from the running statistics, and dx = gamma·invStd·dy needs no sum: it is written on the way, so
 * that x and dy are read once.
 *
 * `backward` leaves `coefficients` [C] of two vec4 for the pass that writes dx:
 * (mean, invStd, gamma, ·) and (dBeta/m, dGamma/(divisor·q), ·, ·) with q = σ·invStd, see `deviationShare`.
 *
 * As in statistics.ts a channel is summed by one workgroup, or in parts that one workgroup puts together.
 * Four running sums a lane; a tree across the workgroup.
 *
 * Ioffe & Szegedy 2015, section 3 (the chain rule through the batch statistics), arXiv:1502.03167
 */
function laneSums(walk: Walk, writesResult: boolean): string {
  return /* wgsl */ `
  var betaSum = vec4f();
  var gammaSum = vec4f();
  var betaRest = 0.0;
  var gammaRest = 0.0;
  var i = begin / ${walk.elements}u + lane;
  let end = until / ${walk.elements}u;
  ${walk.begin}
  ${loop(walk, ['x', 'dy'], ({ type, of, store }) => {
    const [beta, gamma] = type === 'vec4f' ? ['betaSum', 'gammaSum'] : ['betaRest', 'gammaRest'];
    return /* wgsl */ `
    let gradient = ${of('dy')};
    ${beta} += gradient;
    ${gamma} += gradient * ((${of('x')} - mean) * invStd);
    ${writesResult ? store('gradient * invStd * gamma') : ''}`;
  })}
  let found = ${foundInLane(
    walk,
    'vec2f',
    (k) => `vec2f(betaSum[${k}], gammaSum[${k}])`,
    /* wgsl */ `vec2f(
    (betaSum.x + betaSum.y) + (betaSum.z + betaSum.w) + betaRest,
    (gammaSum.x + gammaSum.y) + (gammaSum.z + gammaSum.w) + gammaRest,
  )`,
  )};
`;
}

type BackwardOp = 'backward' | 'backward-frozen';

/** Of (dBeta, dGamma). */
const sumAcrossLanes = (walk: Walk): string => acrossLanes(walk, 'vec2f', (a, b) => `${a} + ${b}`);

/** WGSL that declares mean, invStd and gamma; `of` makes them values of the channels of a load, or of one. */
function constants(op: BackwardOp, of: (value: (channel: string) => string) => string): string {
  const input = (name: 'mean' | 'invStd' | 'gamma' | 'runningMean' | 'runningVar') => (channel: string) =>
    channelInput(op, name, channel);
  const runningInvStd = (channel: string): string => `unscaled(inverseStd(Scaled(${input('runningVar')(channel)}, 0)))`;
  const [mean, invStd] = op === 'backward' ? [input('mean'), input('invStd')] : [input('runningMean'), runningInvStd];
  return /* wgsl */ `
  let mean = ${of(mean)};
  let invStd = ${of(invStd)};
  let gamma = ${of(input('gamma'))};`;
}

const finish: Readonly<Record<BackwardOp, string>> = {
  backward: /* wgsl */ `
${deviationShare}
fn finish(channel: u32, sums: vec2f) {
  ${channelOutput('backward', 'dBeta')} = sums.x;
  ${channelOutput('backward', 'dGamma')} = sums.y;
  ${constants('backward', (value) => value('channel'))}
  let q = deviationShare(invStd);
  // where q vanishes the derivative does not exist; the contract's value is the limit without the variance term
  let varianceTerm = select(quotient(sums.y * p.perNormalizeDivisor, q), 0.0, q <= ${2 ** -23}f);
  coefficients[2u * channel] = vec4f(mean, invStd, gamma, 0.0);
  coefficients[2u * channel + 1u] = vec4f(sums.x * p.perCount, varianceTerm, 0.0, 0.0);
}
`,
  'backward-frozen': /* wgsl */ `
fn finish(channel: u32, sums: vec2f) {
  ${channelOutput('backward-frozen', 'dBeta')} = sums.x;
  ${channelOutput('backward-frozen', 'dGamma')} = sums.y;
}
`,
};

/** What `finish` writes. */
const finishes: Readonly<Record<BackwardOp, Kernel['writes']>> = {
  backward: ['channelsOut', 'coefficients'],
  'backward-frozen': ['channelsOut'],
};

/** A pass over x and dy; `whole` channels are finished in it, parts leave `partials` [parts, C]. */
function sumsOver(op: BackwardOp, walk: Walk, whole: boolean): Kernel {
  const frozen = op === 'backward-frozen';
  return {
    label: `${op} sums of ${whole ? 'whole channels' : 'parts of channels'}`,
    walk,
    reads: ['x', 'dy', 'channelsIn'],
    writes: [...(whole ? finishes[op] : (['partials'] as const)), ...(frozen ? (['result'] as const) : [])],
    body: `${arithmetic}${inverseStd}${walk.addressOf}${sumAcrossLanes(walk)}${whole ? finish[op] : ''}${entry(
      walk,
      'p.tile',
      whole ? '1u' : 'p.reduceParts',
      /* wgsl */ `
  let begin = ${whole ? '0u' : 'part * p.reduceLength'};
  let until = select(0u, ${whole ? 'p.m' : 'min(begin + p.reduceLength, p.m)'}, inside);
  ${constants(op, (value) => ofEachChannelFrom(walk, value))}
  ${laneSums(walk, frozen)}
  let total = ${acrossLanesOf('found')};
  if (owns) { ${whole ? 'finish(owned, total)' : 'partials[part * p.c + owned] = vec4f(total, 0.0, 0.0)'}; }
`,
    )}`,
  };
}

export const gradientSumsOfChannels = (op: BackwardOp, walk: Walk): Kernel => sumsOver(op, walk, true);

export const gradientSumsOfParts = (op: BackwardOp, walk: Walk): Kernel => sumsOver(op, walk, false);

/**
 * One workgroup puts the parts of `finishTile` channels together and finishes them.
 * @param walk of single elements: a thread has the parts of one channel
 */
export function gradientSumsOfPartials(op: BackwardOp, walk: Walk): Kernel {
  return {
    label: `${op} sums from partial sums`,
    walk,
    reads: [...(op === 'backward' ? (['channelsIn'] as const) : []), 'partials'],
    writes: finishes[op],
    body: `${arithmetic}${sumAcrossLanes(walk)}${finish[op]}${entry(
      walk,
      'p.finishTile',
      '1u',
      /* wgsl */ `
  var sums = vec2f();
  for (var part = lane; part < p.reduceParts; part += lanes) { sums += partials[part * p.c + channel].xy; }
  let total = ${acrossLanesOf('array<vec2f, 1>(sums)')};
  if (owns) { finish(owned, total); }
`,
    )}`,
  };
}
