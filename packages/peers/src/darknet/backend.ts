import type { Convention, Kernels, Problem } from '@normgauge/contract';
import { otherConvention } from '../listing.ts';
import { asFloat32, type Reals, single } from '../precision.ts';
import { backward } from './backward.ts';
import { geometryOf } from './channels.ts';
import { forwardTraining, normalize, rolled, type Statistics, scaledAndShifted } from './forward.ts';
import type { Variant } from './variant.ts';

/**
 * The variance that the layer would have saved, from the invStd that the contract saves instead:
 *
 *     inside the root     1/invStd² − eps
 *     outside             (1/invStd − eps)²
 *
 * invStd is a float, so that the variance is good to some 2⁻²³·(variance + eps) inside and 2⁻²³·σ·(σ + eps) outside: where
 * the variance is far below eps nothing of it is left. What comes out negative by rounding is 0.
 */
export function varianceFrom(invStd: number, { eps, epsPlacement }: Convention): number {
  if (epsPlacement === 'inside-sqrt') return Math.max(1 / invStd ** 2 - eps, 0);
  return Math.max(1 / invStd - eps, 0) ** 2;
}

function supports({ convention }: Variant, problem: Problem): true | string {
  if (problem.layout !== 'nchw') return 'is written for nchw';
  if (!problem.affine) return 'always has scales and biases';
  return otherConvention(convention, problem) ?? true;
}

/** dx, dGamma and dBeta of a layer whose updates are still empty: what they hold is what this pass has added. */
function gradients(
  variant: Variant,
  { x, dy, gamma }: { readonly x: Float32Array; readonly dy: Float32Array; readonly gamma?: Float32Array },
  statistics: Statistics,
  xNorm: Reals,
  problem: Problem,
): { dx: Float32Array; dGamma: Float32Array; dBeta: Float32Array } {
  const { c } = problem.shape;
  const updates = { scales: new Float32Array(c), biases: new Float32Array(c) };
  const kept = { x, xNorm, scales: gamma!, ...statistics };
  const dx = backward(variant, dy, kept, updates, geometryOf(problem), single);
  return { dx: asFloat32(dx), dGamma: updates.scales, dBeta: updates.biases };
}

/** The functions of one version of the layer, in float32. Shapes are trusted here: `fromFunctions` has checked them. */
export function darknetKernels(variant: Variant, version: string): Kernels {
  return {
    id: variant.id,
    version,
    supports: (problem) => supports(variant, problem),

    forwardTraining({ x, gamma, beta, runningMean, runningVar }, problem) {
      const inputs = { x, scales: gamma!, biases: beta! };
      const { y, mean, variance } = forwardTraining(variant, inputs, geometryOf(problem), single);
      return {
        y: asFloat32(y),
        mean: asFloat32(mean),
        invStd: asFloat32(variance.map((value) => 1 / variant.forwardDivisor(value, single))),
        runningMean: asFloat32(rolled(variant, runningMean, mean, single)),
        runningVar: asFloat32(rolled(variant, runningVar, variance, single)),
      };
    },

    inference({ x, gamma, beta, runningMean, runningVar }, problem) {
      const geometry = geometryOf(problem);
      const statistics = { mean: runningMean, variance: runningVar };
      const xNorm = normalize(variant, x, statistics, geometry, single);
      return { y: asFloat32(scaledAndShifted(xNorm, gamma!, beta!, geometry, single)) };
    },

    backward(inputs, problem) {
      const variance = inputs.invStd.map((value) => varianceFrom(value, problem.convention));
      const statistics = { mean: inputs.mean, variance };
      const xNorm = normalize(variant, inputs.x, statistics, geometryOf(problem), single);
      return gradients(variant, inputs, statistics, xNorm, problem);
    },
  };
}

/**
 * Test mode of pjreddie's layer, `backward_batchnorm_layer` when the network does not train: the training formula on the
 * rolling statistics. Test mode writes no x_norm, so that the gradient of the scales uses what the last training pass
 * left there; here nothing has trained yet, and a new layer's x_norm is zero (`calloc` in `make_convolutional_layer`).
 */
export function testModeBackward(variant: Variant): Required<Pick<Kernels, 'backwardFrozen'>> {
  return {
    backwardFrozen(inputs, problem) {
      const statistics = { mean: inputs.runningMean, variance: inputs.runningVar };
      return gradients(variant, inputs, statistics, new Float32Array(inputs.x.length), problem);
    },
  };
}
