import { f16round } from '@petamoriken/float16';
import { bfloat16, cutToFloat16 } from '../../stepwise/float32.ts';
import { computeWith } from '../../stepwise/kernel.ts';
import { accumulating, loading, storing } from '../../stepwise/rounding.ts';
import { correct, twoPass } from '../../stepwise/steps.ts';
import { backendOf } from '../conduct.ts';
import { because, halfKernel, type Mutant } from '../mutant.ts';

/* Kernels of dtype f16, where x, y, dy and dx are float16 and nothing else may be. */

const full = ['y', 'dx'];

export const halfMutants: readonly Mutant[] = [
  ...because(
    'numerics',
    'float16 inside',
    halfKernel('half-sums', 'sums are kept in float16', accumulating(f16round)),
    halfKernel('half-squares', 'squares are float16 before they are summed', {
      statistics(x, m) {
        const { mean } = twoPass(x, m);
        return { mean, squares: x.reduce((total, value) => total + f16round((value - mean) ** 2), 0) };
      },
    }),
    halfKernel('half-mean', 'the mean that is subtracted is float16', {
      normalise: (x, { mean, invStd }, affine) => correct.normalise(x, { mean: f16round(mean), invStd }, affine),
    }),
    halfKernel('half-xhat', 'x̂ is float16 before gamma and beta', {
      normalise: (x, { mean, invStd }, { gamma, beta }) => gamma * f16round((x - mean) * invStd) + beta,
    }),
    halfKernel('half-affine', 'gamma and beta are float16', loading(f16round, ['gamma', 'beta'])),
    halfKernel('half-saved', 'saved statistics are float16', storing(f16round, ['mean', 'invStd'])),
    halfKernel('half-running', 'running statistics are float16', storing(f16round, ['runningMean', 'runningVar'])),
    halfKernel('half-gradients', 'dGamma and dBeta are float16', storing(f16round, ['dGamma', 'dBeta'])),
    halfKernel('half-folded', 'y = a·x + b with a and b in float16', {
      normalise(x, { mean, invStd }, { gamma, beta }) {
        const a = f16round(gamma * invStd);
        return a * x + f16round(beta - mean * a);
      },
    }),
  ),
  ...because(
    'numerics',
    'divides by another count',
    halfKernel('half-count', 'm is a float16, which has no odd numbers past 2,048', { count: (_, m) => f16round(m) }),
  ),
  ...because(
    'numerics',
    'stored in another format',
    {
      id: 'half-not-stored',
      does: 'y and dx stay float32',
      stateless: true,
      dtype: 'f16',
      open: backendOf(
        'half-not-stored',
        (inputs, problem) => computeWith({})(inputs, { ...problem, dtype: 'f32' }),
        {},
        {},
        ['f16'],
      ),
    },
    halfKernel('half-truncated', 'y and dx are cut instead of rounded', storing(cutToFloat16, full)),
  ),
  ...because(
    'numerics',
    'bfloat16 inside',
    halfKernel('half-bfloat16', 'y and dx are bfloat16', storing(bfloat16, full)),
  ),
  ...because(
    'numerics',
    'values clamped',
    halfKernel(
      'half-saturated',
      'y and dx end at 2',
      storing((value) => Math.max(-2, Math.min(2, value)), full),
    ),
  ),
];
