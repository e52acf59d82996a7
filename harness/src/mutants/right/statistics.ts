import { chan, lanes, merge, onePass, welford } from '../../stepwise/float32.ts';
import { type Statistics, sum, twoPass } from '../../stepwise/steps.ts';
import { kernel, type Variant } from '../mutant.ts';
import { declaring } from './declaring.ts';

/* Kernels that find mean and variance in another way, all right. */

const f = Math.fround;

function floor({ mean, squares }: Statistics): Statistics {
  return { mean, squares: squares < 0 ? 0 : squares };
}

function correctedTwoPass(x: Float64Array, m: number): Statistics {
  const mean = f(lanes(8)(x) / m);
  const residues = x.map((value) => f(value - mean));
  const rest = lanes(8)(residues);
  return floor({ mean, squares: f(lanes(8)(residues.map((value) => f(value * value))) - f(f(rest * rest) / m)) });
}

function threePass(x: Float64Array, m: number): Statistics {
  const rough = f(lanes(8)(x) / m);
  const mean = f(rough + f(lanes(8)(x.map((value) => f(value - rough))) / m));
  return { mean, squares: lanes(8)(x.map((value) => f(f(value - mean) ** 2))) };
}

function shifted(x: Float64Array, m: number, by: number): Statistics {
  if (!Number.isFinite(by)) return twoPass(x, m);
  const { mean, squares } = onePass(lanes(8))(
    x.map((value) => f(value - by)),
    m,
  );
  return floor({ mean: f(mean + by), squares });
}

export const statisticsVariants: readonly Variant[] = [
  declaring('welford', 'Welford in float32', { statistics: 'welford' }, { statistics: (x) => welford(x) }),
  kernel('welford-float64', 'Welford in float64, not declared', { statistics: (x) => welford(x, Number) }),
  declaring(
    'chan-64',
    'blocks of 64 by Welford, merged as a chain',
    { statistics: 'welford' },
    { statistics: (x) => chan(x, 64) },
  ),
  declaring(
    'chan-8',
    'blocks of 8 by Welford, merged as a tree',
    { statistics: 'welford' },
    { statistics: (x) => chan(x, 8, merge, 'tree') },
  ),
  declaring(
    'chan-1',
    'single elements merged as a tree',
    { statistics: 'welford' },
    { statistics: (x) => chan(x, 1, merge, 'tree') },
  ),
  kernel('chan-float64', 'blocks of 64 in float64, not declared', {
    statistics: (x) => chan(x, 64, (a, b) => merge(a, b, Number), 'chain', Number),
  }),
  declaring('two-pass-corrected', 'two passes, less (Σ(x−μ))²/m', {}, { statistics: (x, m) => correctedTwoPass(x, m) }),
  declaring('three-pass', 'the mean once more from what is left over', {}, { statistics: (x, m) => threePass(x, m) }),
  kernel('one-pass-float64', 'Σx² − (Σx)²/m in float64, not declared', {
    statistics: (x, m) => floor(onePass(sum, Number)(x, m)),
  }),
  kernel(
    'one-pass-float64-declared',
    'Σx² − (Σx)²/m in float64, declared as one pass',
    { statistics: (x, m) => floor(onePass(sum, Number)(x, m)) },
    { statistics: 'one-pass' },
  ),
  declaring(
    'one-pass-shifted',
    'one pass around the first element, declared',
    { statistics: 'one-pass' },
    { statistics: (x, m) => shifted(x, m, x[0]!) },
  ),
  declaring(
    'one-pass-shifted-median',
    'one pass around the middle of three elements, declared',
    { statistics: 'one-pass' },
    {
      statistics: (x, m) => shifted(x, m, [x[0]!, x[x.length >> 1]!, x.at(-1)!].sort((a, b) => a - b)[1]!),
    },
  ),
];
