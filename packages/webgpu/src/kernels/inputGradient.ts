import { channelInput } from '../channelTensors.ts';
import type { Kernel } from '../kernel.ts';
import { arithmetic, inverseStd } from './arithmetic.ts';
import { entry, loadFour, loop, storeFour, type Walk } from './walks.ts';

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
function mapGradient(walk: Walk, prologue: string, dx: (load: (tensor: string) => string) => string): string {
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
    `let four = ${dx(loadFour)}; ${storeFour('result', 'four')}`,
    `result[at] = ${dx((tensor) => `${tensor}[at]`)};`,
  )}
`,
  );
}

/** Backward, second half. */
export function inputGradient(walk: Walk): Kernel {
  return {
    label: 'input gradient',
    reads: ['x', 'dy', 'coefficients'],
    writes: ['result'],
    body:
      walk.addressOf +
      mapGradient(
        walk,
        /* wgsl */ `
  let mean = coefficients[2u * channel].x;
  let invStd = coefficients[2u * channel].y;
  let gamma = coefficients[2u * channel].z;
  let meanTerm = coefficients[2u * channel + 1u].x;
  let varianceTerm = coefficients[2u * channel + 1u].y;`,
        (load) => `((${load('dy')} - meanTerm - (${load('x')} - mean) * invStd * varianceTerm) * invStd) * gamma`,
      ),
  };
}

/** Backward with frozen statistics and no gamma, whole. */
export function frozenInputGradient(walk: Walk): Kernel {
  return {
    label: 'frozen input gradient',
    reads: ['dy', 'channelsIn'],
    writes: ['result'],
    body:
      arithmetic +
      inverseStd +
      walk.addressOf +
      mapGradient(
        walk,
        `let invStd = unscaled(inverseStd(Scaled(${channelInput('backward-frozen', 'runningVar')}, 0)));`,
        (load) => `${load('dy')} * invStd`,
      ),
  };
}
