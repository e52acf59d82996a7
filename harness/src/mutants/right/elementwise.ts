import type { Problem, Tensors } from '@normgauge/contract';
import { flushed, lanes, quickInverseRoot } from '../../stepwise/float32.ts';
import { computeWith, type Outputs } from '../../stepwise/kernel.ts';
import { correct, sum } from '../../stepwise/steps.ts';
import { computing, kernel, type Variant } from '../mutant.ts';
import { declaring } from './declaring.ts';

/* Kernels that finish each element in another way, all right. */

const f = Math.fround;

/** Outputs of channels with anything that is not finite are NaN throughout. */
function spreadInChannel(inputs: Tensors, problem: Problem): Outputs {
  return computeWith({
    normalise: (x, moments, affine) =>
      Number.isFinite(moments.mean) && Number.isFinite(moments.invStd)
        ? correct.normalise(x, moments, affine)
        : Number.NaN,
  })(inputs, problem);
}

export const elementwiseVariants: readonly Variant[] = [
  declaring(
    'folded',
    'y = a·x + b in float32, declared',
    { affine: 'folded' },
    {
      normalise(x, { mean, invStd }, { gamma, beta }) {
        const a = f(gamma * invStd);
        return f(f(a * x) + f(beta - f(mean * a)));
      },
    },
  ),
  declaring(
    'folded-gradient',
    'dx = a·dy + b·x + c in float32, declared',
    { affine: 'folded' },
    {
      dx(x, dy, { mean, invStd, gamma, m, divisor, dBeta, dGamma }) {
        const a = f(gamma * invStd);
        const b = f(f(-a * invStd) * f(dGamma / divisor));
        const c = f(-f(a * f(dBeta / m)) - f(b * mean));
        return f(f(f(a * dy) + f(b * x)) + c);
      },
    },
  ),
  kernel('folded-float64', 'y = a·x + b in float64, not declared', {
    normalise(x, { mean, invStd }, { gamma, beta }) {
      const a = gamma * invStd;
      return a * x + (beta - mean * a);
    },
  }),
  declaring(
    'scale-first',
    '(x − μ)·(gamma·invStd) + beta',
    {},
    {
      normalise: (x, { mean, invStd }, { gamma, beta }) => f(f(f(x - mean) * f(gamma * invStd)) + beta),
    },
  ),
  declaring(
    'fused-multiply-add',
    'the last product and sum are rounded once',
    {},
    {
      normalise: (x, { mean, invStd }, { gamma, beta }) => f(f(f(x - mean) * invStd) * gamma + beta),
    },
  ),
  declaring(
    'reciprocal',
    'multiplies by 1/m in float32',
    {},
    {
      statistics(x, m) {
        const reciprocal = f(1 / m);
        const mean = f(lanes(8)(x) * reciprocal);
        return { mean, squares: f(lanes(8)(x.map((value) => f(f(value - mean) ** 2))) * reciprocal) * m };
      },
    },
  ),
  declaring(
    'inverse-root-4',
    "the fast inverse root with 4 of Newton's steps",
    { invStdError: 15 },
    {
      invStd: (variance, convention, op, place) => {
        const { eps, epsPlacement } = convention;
        const v = epsPlacement === 'inside-sqrt' ? f(variance + eps) : 0;
        const inRange = v > 1e-30 && v < 1e30;
        return inRange ? quickInverseRoot(v, 4) : f(correct.invStd(variance, convention, op, place));
      },
    },
  ),
  declaring(
    'uncentred-float64',
    'dGamma = (Σdy·x − μ·Σdy)·invStd in float64',
    {},
    {
      sums(x, dy, { mean, invStd }) {
        const dBeta = sum(dy);
        return { dBeta, dGamma: (sum(x.map((value, k) => value * dy[k]!)) - mean * dBeta) * invStd };
      },
    },
  ),
  declaring(
    'sums-not-scaled',
    'dGamma = Σdy·(x−μ), scaled by invStd at the end',
    {},
    {
      sums: (x, dy, { mean, invStd }) => ({
        dBeta: lanes(8)(dy),
        dGamma: f(lanes(8)(x.map((value, k) => f(dy[k]! * f(value - mean)))) * invStd),
      }),
    },
  ),
  declaring(
    'dx-three-terms',
    'dx = a·dy + b·(x−μ) + c, the coefficients made once a channel',
    {},
    {
      dx(x, dy, { mean, invStd, gamma, m, divisor, dBeta, dGamma }) {
        const a = f(gamma * invStd);
        const b = f(f(-a * invStd) * f(dGamma / divisor));
        return f(f(f(a * dy) + f(b * f(x - mean))) + f(-a * f(dBeta / m)));
      },
    },
  ),
  declaring(
    'dx-times-m',
    'dx = (gamma·invStd/m)·(m·dy − dBeta − x̂·dGamma·m/d)',
    {},
    {
      dx(x, dy, { mean, invStd, gamma, m, divisor, dBeta, dGamma }) {
        const xHat = f(f(x - mean) * invStd);
        const inner = f(f(f(m * dy) - dBeta) - f(xHat * f(f(dGamma * m) / divisor)));
        return f(f(f(gamma * invStd) / m) * inner);
      },
    },
  ),
  declaring(
    'running-by-difference',
    'running statistics are old + w·(new − old)',
    {},
    {
      runningMean: (old, { mean }, weight) => f(old + f(f(weight) * f(f(mean) - old))),
      runningVar: (old, { runningVariance }, weight) => f(old + f(f(weight) * f(f(runningVariance) - old))),
    },
  ),
  declaring(
    'inverse-root-by-power',
    'the power −½ in float64, rounded',
    {},
    {
      invStd: (variance, { eps, epsPlacement }) =>
        epsPlacement === 'inside-sqrt' ? f((f(variance) + f(eps)) ** -0.5) : f(1 / (f(variance) ** 0.5 + f(eps))),
    },
  ),
  kernel('flush-to-zero', 'subnormals are 0, declared', { load: flushed, store: flushed }, { flushToZero: true }),
  computing('unspecified-nan', 'whatever is not finite makes its channel NaN, declared', spreadInChannel, {
    nonFinite: 'unspecified',
  }),
  kernel('negative-zero', 'zeros are −0', { store: (value) => (value === 0 ? -0 : value) }),
];
