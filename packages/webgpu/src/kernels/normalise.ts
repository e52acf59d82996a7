import { channelInput } from '../channelTensors.ts';
import type { Kernel } from '../kernel.ts';
import { arithmetic, inverseStd } from './arithmetic.ts';
import { entry, loop, ofEachChannelFrom, type Walk } from './walks.ts';

/**
 * The elementwise pass of training forward and of inference: reads x once, writes y once.
 *
 *     training    y = gamma·((x·scale + offset) − r)·factor + beta     from `coefficients`, see statistics.ts
 *     inference   y = gamma·(x − runningMean)·invStd + beta            invStd = 1/√(runningVar+eps) or 1/(√runningVar+eps)
 *
 * x, y [N,C,…] or [N,…,C] float32; gamma, beta, runningMean, runningVar [C]. scale is a power of two, so x·scale + offset
 * is x−K with at most one rounding, in a unit in which neither it nor factor leaves the range of float32.
 *
 * A thread keeps its channel, or the four that it loads together, so that what depends on the channel alone is found once:
 * for inference even invStd, since a dispatch of its own costs more than that.
 *
 * Ioffe & Szegedy 2015, Algorithms 1 and 2, arXiv:1502.03167
 */
function normalise(
  walk: Walk,
  prologue: string,
  xHat: (x: string, broadcast: (value: string) => string) => string,
): string {
  return entry(
    walk,
    'p.tile',
    'p.mapParts',
    /* wgsl */ `
  ${prologue}
  let begin = part * p.mapLength;
  let end = select(0u, min(begin + p.mapLength, p.m), inside) / ${walk.elements}u;
  var i = begin / ${walk.elements}u + lane;
  ${walk.begin}
  ${loop(walk, ['x'], ({ type, of, store }) => {
    const broadcast = (value: string): string => `${type}(${value})`;
    return store(`fma(${xHat(of('x'), broadcast)}, ${broadcast('gamma')}, ${broadcast('beta')})`);
  })}
`,
  );
}

/** Training forward, second half. */
export function normaliseWithCoefficients(walk: Walk): Kernel {
  const coefficient = (k: number, component: string): string =>
    ofEachChannelFrom(walk, (channel) => `coefficients[2u * ${channel} + ${k}u].${component}`);
  return {
    label: 'normalise',
    walk,
    reads: ['x', 'coefficients'],
    writes: ['result'],
    body:
      walk.addressOf +
      normalise(
        walk,
        /* wgsl */ `
  let scale = ${coefficient(0, 'x')};
  let offset = ${coefficient(0, 'y')};
  let r = ${coefficient(0, 'z')};
  let factor = ${coefficient(0, 'w')};
  let gamma = ${coefficient(1, 'x')};
  let beta = ${coefficient(1, 'y')};`,
        (x, broadcast) => `(fma(${x}, ${broadcast('scale')}, ${broadcast('offset')}) - r) * factor`,
      ),
  };
}

/** Inference, whole. */
export function normaliseWithRunning(walk: Walk): Kernel {
  const input = (name: 'runningMean' | 'gamma' | 'beta'): string =>
    ofEachChannelFrom(walk, (channel) => channelInput('inference', name, channel));
  const invStd = (channel: string): string =>
    `unscaled(inverseStd(Scaled(${channelInput('inference', 'runningVar', channel)}, 0)))`;
  return {
    label: 'inference',
    walk,
    reads: ['x', 'channelsIn'],
    writes: ['result'],
    body:
      arithmetic +
      inverseStd +
      walk.addressOf +
      normalise(
        walk,
        /* wgsl */ `
  let mean = ${input('runningMean')};
  let invStd = ${ofEachChannelFrom(walk, invStd)};
  let gamma = ${input('gamma')};
  let beta = ${input('beta')};`,
        (x) => `(${x} - mean) * invStd`,
      ),
  };
}
