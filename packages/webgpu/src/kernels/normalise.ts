import { channelInput } from '../channelTensors.ts';
import type { Kernel } from '../kernel.ts';
import { arithmetic, inverseStd } from './arithmetic.ts';
import { entry, loadFour, loop, storeFour, type Walk } from './walks.ts';

/**
 * The elementwise pass of training forward and of inference: reads x once, writes y once.
 *
 *     training    y = gamma·((x·scale + offset) − r)·factor + beta     from `coefficients`, see statistics.ts
 *     inference   y = gamma·(x − runningMean)·invStd + beta            invStd = 1/√(runningVar+eps) or 1/(√runningVar+eps)
 *
 * x, y [N,C,…] or [N,…,C] float32; gamma, beta, runningMean, runningVar [C]. scale is a power of two, so x·scale + offset
 * is x−K with at most one rounding, in a unit in which neither it nor factor leaves the range of float32.
 *
 * A thread keeps one channel, so that what depends on the channel alone is found once: for inference even invStd, since a
 * dispatch of its own costs more than that.
 *
 * Ioffe & Szegedy 2015, Algorithms 1 and 2, arXiv:1502.03167
 */
function normalise(
  walk: Walk,
  prologue: string,
  xHat: (x: string, broadcast: (value: string) => string) => string,
): string {
  const four = xHat(loadFour('x'), (value) => `vec4f(${value})`);
  const one = xHat('x[at]', (value) => value);
  return entry(
    walk,
    'p.tile',
    'p.mapParts',
    /* wgsl */ `
  ${prologue}
  var i = part * p.mapLength + lane;
  let end = select(0u, min(part * p.mapLength + p.mapLength, p.m), inside);
  ${walk.begin}
  ${loop(
    walk,
    `let four = fma(${four}, vec4f(gamma), vec4f(beta)); ${storeFour('result', 'four')}`,
    `result[at] = fma(${one}, gamma, beta);`,
  )}
`,
  );
}

/** Training forward, second half. */
export function normaliseWithCoefficients(walk: Walk): Kernel {
  return {
    label: 'normalise',
    reads: ['x', 'coefficients'],
    writes: ['result'],
    body:
      walk.addressOf +
      normalise(
        walk,
        /* wgsl */ `
  let centre = coefficients[2u * channel];
  let gamma = coefficients[2u * channel + 1u].x;
  let beta = coefficients[2u * channel + 1u].y;`,
        (x, broadcast) => `(fma(${x}, ${broadcast('centre.x')}, ${broadcast('centre.y')}) - centre.z) * centre.w`,
      ),
  };
}

/** Inference, whole. */
export function normaliseWithRunning(walk: Walk): Kernel {
  return {
    label: 'inference',
    reads: ['x', 'channelsIn'],
    writes: ['result'],
    body:
      arithmetic +
      inverseStd +
      walk.addressOf +
      normalise(
        walk,
        /* wgsl */ `
  let mean = ${channelInput('inference', 'runningMean')};
  let invStd = unscaled(inverseStd(Scaled(${channelInput('inference', 'runningVar')}, 0)));
  let gamma = ${channelInput('inference', 'gamma')};
  let beta = ${channelInput('inference', 'beta')};`,
        (x) => `(${x} - mean) * invStd`,
      ),
  };
}
