import { f16round } from '@petamoriken/float16';
import { bfloat16, significant, tf32 } from '../../stepwise/float32.ts';
import { accumulating, loading, storing } from '../../stepwise/rounding.ts';
import { sum, twoPass } from '../../stepwise/steps.ts';
import { because, kernel, type Mutant } from '../mutant.ts';

/* Kernels that hold something in fewer bits than float32. */

const full = ['x', 'dy'];
export const formatMutants: readonly Mutant[] = [
  ...because(
    'numerics',
    'float16 inside',
    kernel('float16-inputs', 'x and dy are read as float16', loading(f16round, full)),
    kernel('float16-outputs', 'y and dx went through float16', storing(f16round, ['y', 'dx'])),
    kernel('float16-accumulators', 'sums are kept in float16', accumulating(f16round)),
    kernel('float16-affine', 'gamma and beta are kept in float16', loading(f16round, ['gamma', 'beta'])),
    kernel('float16-saved', 'saved statistics went through float16', storing(f16round, ['mean', 'invStd'])),
    kernel(
      'float16-running',
      'running statistics are kept in float16',
      storing(f16round, ['runningMean', 'runningVar']),
    ),
  ),
  ...because(
    'numerics',
    'bfloat16 inside',
    kernel('bfloat16-inputs', 'x and dy are read as bfloat16', loading(bfloat16, full)),
    kernel('bfloat16-outputs', 'y and dx went through bfloat16', storing(bfloat16, ['y', 'dx'])),
    kernel('bfloat16-accumulators', 'sums are kept in bfloat16', accumulating(bfloat16)),
    kernel('bfloat16-affine', 'gamma and beta are kept in bfloat16', loading(bfloat16, ['gamma', 'beta'])),
  ),
  ...because(
    'numerics',
    'tf32 inside',
    kernel('tf32-inputs', 'x and dy are read as tf32', loading(tf32, full)),
    kernel('tf32-dy', 'dy is read as tf32', loading(tf32, ['dy'])),
    kernel('tf32-products', 'what is summed goes through tf32, as on tensor cores', {
      statistics(x, m) {
        const mean = sum(x.map(tf32)) / m;
        return { mean, squares: sum(x.map((value) => tf32(value - mean) ** 2)) };
      },
      sums: (x, dy, { mean, invStd }) => ({
        dBeta: sum(dy.map(tf32)),
        dGamma: sum(x.map((value, k) => tf32(dy[k]!) * tf32((value - mean) * invStd))),
      }),
    }),
    kernel('tf32-xhat', 'x̂ goes through tf32', {
      normalise: (x, { mean, invStd }, { gamma, beta }) => gamma * tf32((x - mean) * invStd) + beta,
    }),
  ),
  ...because(
    'numerics',
    'fixed point inside',
    kernel(
      'fixed-16-bits',
      'y and dx in steps of 2⁻¹⁶',
      storing((value) => Math.round(value * 65_536) / 65_536, ['y', 'dx']),
    ),
    kernel(
      'decimal-6-digits',
      'x went through text of 6 digits',
      loading((value) => Number(value.toPrecision(6)), ['x']),
    ),
    kernel(
      'int8-gamma',
      'gamma is quantised to steps of 1/64',
      loading((value) => Math.round(value * 64) / 64, ['gamma']),
    ),
    kernel('mean-20-bits', 'the mean is cut to 20 bits', {
      statistics(x, m) {
        const { mean, squares } = twoPass(x, m);
        return { mean: significant(mean, 20), squares };
      },
    }),
    kernel(
      'significant-20-bits',
      'y and dx are cut to 20 bits',
      storing((value) => significant(value, 20), ['y', 'dx']),
    ),
  ),
];
