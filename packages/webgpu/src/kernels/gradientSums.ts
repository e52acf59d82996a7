import { channelInput, channelOutput } from '../channelTensors.ts';
import type { Kernel } from '../kernel.ts';
import { acrossLanes } from './acrossLanes.ts';
import { arithmetic, deviationShare, inverseStd } from './arithmetic.ts';
import { entry, loadFour, loop, storeFour, type Walk } from './walks.ts';

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
function laneSums(walk: Walk, visit: { four: string; one: string }): string {
  return /* wgsl */ `
  var betaSum = vec4f();
  var gammaSum = vec4f();
  var betaRest = 0.0;
  var gammaRest = 0.0;
  var i = begin + lane;
  ${walk.begin}
  ${loop(
    walk,
    /* wgsl */ `
    let gradients = ${loadFour('dy')};
    betaSum += gradients;
    gammaSum += gradients * ((${loadFour('x')} - mean) * invStd);
    ${visit.four}`,
    /* wgsl */ `
    let gradient = dy[at];
    betaRest += gradient;
    gammaRest += gradient * ((x[at] - mean) * invStd);
    ${visit.one}`,
  )}
  let found = vec2f(
    (betaSum.x + betaSum.y) + (betaSum.z + betaSum.w) + betaRest,
    (gammaSum.x + gammaSum.y) + (gammaSum.z + gammaSum.w) + gammaRest,
  );
`;
}

type BackwardOp = 'backward' | 'backward-frozen';

/** Of (dBeta, dGamma). */
const sumAcrossLanes: string = acrossLanes('vec2f', (a, b) => `${a} + ${b}`);

/** WGSL that declares mean, invStd and gamma of `channel`. */
const constants: Readonly<Record<BackwardOp, string>> = {
  backward: /* wgsl */ `
  let mean = ${channelInput('backward', 'mean')};
  let invStd = ${channelInput('backward', 'invStd')};
  let gamma = ${channelInput('backward', 'gamma')};`,
  'backward-frozen': /* wgsl */ `
  let mean = ${channelInput('backward-frozen', 'runningMean')};
  let invStd = unscaled(inverseStd(Scaled(${channelInput('backward-frozen', 'runningVar')}, 0)));
  let gamma = ${channelInput('backward-frozen', 'gamma')};`,
};

const finish: Readonly<Record<BackwardOp, string>> = {
  backward: /* wgsl */ `
${deviationShare}
fn finish(channel: u32, sums: vec2f) {
  ${channelOutput('backward', 'dBeta')} = sums.x;
  ${channelOutput('backward', 'dGamma')} = sums.y;
  ${constants.backward}
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
  const visit = frozen
    ? {
        four: `let four = gradients * invStd * gamma; ${storeFour('result', 'four')}`,
        one: 'result[at] = gradient * invStd * gamma;',
      }
    : { four: '', one: '' };
  return {
    label: `${op} sums of ${whole ? 'whole channels' : 'parts of channels'}`,
    reads: ['x', 'dy', 'channelsIn'],
    writes: [...(whole ? finishes[op] : (['partials'] as const)), ...(frozen ? (['result'] as const) : [])],
    body: `${arithmetic}${inverseStd}${walk.addressOf}${sumAcrossLanes}${whole ? finish[op] : ''}${entry(
      walk,
      'p.tile',
      whole ? '1u' : 'p.reduceParts',
      /* wgsl */ `
  let begin = ${whole ? '0u' : 'part * p.reduceLength'};
  let end = select(0u, ${whole ? 'p.m' : 'min(begin + p.reduceLength, p.m)'}, inside);
  ${constants[op]}
  ${laneSums(walk, visit)}
  let total = acrossLanes(found, slot, tile);
  if (inside && slot < tile) { ${whole ? 'finish(channel, total)' : 'partials[part * p.c + channel] = vec4f(total, 0.0, 0.0)'}; }
`,
    )}`,
  };
}

export const gradientSumsOfChannels = (op: BackwardOp, walk: Walk): Kernel => sumsOver(op, walk, true);

export const gradientSumsOfParts = (op: BackwardOp, walk: Walk): Kernel => sumsOver(op, walk, false);

/** One workgroup puts the parts of `finishTile` channels together and finishes them. */
export function gradientSumsOfPartials(op: BackwardOp, walk: Walk): Kernel {
  return {
    label: `${op} sums from partial sums`,
    reads: [...(op === 'backward' ? (['channelsIn'] as const) : []), 'partials'],
    writes: finishes[op],
    body: `${arithmetic}${sumAcrossLanes}${finish[op]}${entry(
      walk,
      'p.finishTile',
      '1u',
      /* wgsl */ `
  var found = vec2f();
  for (var part = lane; part < p.reduceParts; part += lanes) { found += partials[part * p.c + channel].xy; }
  let total = acrossLanes(found, slot, tile);
  if (inside && slot < tile) { finish(channel, total); }
`,
    )}`,
  };
}
