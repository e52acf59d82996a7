import { channelInput } from '../channelTensors.ts';
import type { BufferName, Kernel } from '../kernel.ts';
import { arithmetic, inverseStd } from './arithmetic.ts';
import { entry, loop, ofEachChannelFrom, type Walk } from './walks.ts';

/**
 * The elementwise pass of the gradients: writes dx.
 *
 *     backward          dx = gamma·invStd·(dy − dBeta/m − x̂·dGamma/(divisor·q))     x̂ = (x − mean)·invStd
 *     backward-frozen   dx = gamma·invStd·dy
 *
 * x, dy, dx [N,C,…] or [N,…,C] float32. `backward` has its factors in `coefficients` [C], see gradientSums.ts. The frozen one stands
 * here only for problems without gamma and beta, where nothing is to be summed and x is not needed.
 *
 * The product with invStd comes before that with gamma, and both after the bracket: each of the two may be far from 1.
 */
function mapGradient(
  walk: Walk,
  tensors: readonly BufferName[],
  prologue: string,
  dx: (of: (tensor: BufferName) => string) => string,
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
  ${loop(walk, tensors, ({ of, store }) => store(dx(of)))}
`,
  );
}

/** Backward, second half. */
export function inputGradient(walk: Walk): Kernel {
  const coefficient = (k: number, component: string): string =>
    ofEachChannelFrom(walk, (channel) => `coefficients[2u * ${channel} + ${k}u].${component}`);
  return {
    label: 'input gradient',
    walk,
    reads: ['x', 'dy', 'coefficients'],
    writes: ['result'],
    body:
      walk.addressOf +
      mapGradient(
        walk,
        ['x', 'dy'],
        /* wgsl */ `
  let mean = ${coefficient(0, 'x')};
  let invStd = ${coefficient(0, 'y')};
  let gamma = ${coefficient(0, 'z')};
  let meanTerm = ${coefficient(1, 'x')};
  let varianceTerm = ${coefficient(1, 'y')};`,
        (of) => `((${of('dy')} - meanTerm - (${of('x')} - mean) * invStd * varianceTerm) * invStd) * gamma`,
      ),
  };
}

/** Backward with frozen statistics and no gamma, whole. */
export function frozenInputGradient(walk: Walk): Kernel {
  const invStd = (channel: string): string =>
    `unscaled(inverseStd(Scaled(${channelInput('backward-frozen', 'runningVar', channel)}, 0)))`;
  return {
    label: 'frozen input gradient',
    walk,
    reads: ['dy', 'channelsIn'],
    writes: ['result'],
    body:
      arithmetic +
      inverseStd +
      walk.addressOf +
      mapGradient(walk, ['dy'], `let invStd = ${ofEachChannelFrom(walk, invStd)};`, (of) => `${of('dy')} * invStd`),
  };
}
