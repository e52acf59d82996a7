import type { Convention } from '@normgauge/contract';
import type { Replaced } from '../../stepwise/kernel.ts';
import { correct, type DivisorUse, mix, sum } from '../../stepwise/steps.ts';
import { because, kernel, type Mutant } from '../mutant.ts';

/* Kernels that divide by another count than the convention asks for. */

type Divisor = (kind: 'm' | 'm-1', m: number, convention: Convention) => number;

function dividing(uses: readonly DivisorUse[], divisor: Divisor): Replaced {
  return {
    divisor: (kind, m, convention, use) => (uses.includes(use) ? divisor : correct.divisor)(kind, m, convention, use),
  };
}

const normalising = (divisor: Divisor): Replaced => dividing(['normalise', 'gradient'], divisor);
const running = (divisor: Divisor): Replaced => dividing(['running'], divisor);

export const divisorMutants: readonly Mutant[] = [
  ...because(
    'semantics',
    'divides by m−1',
    kernel(
      'divisor-m-1',
      'σ² is Σ/(m−1) under every convention',
      normalising((_, m) => m - 1),
    ),
    kernel(
      'divisor-m-1-forward',
      'as divisor-m-1, with the right gradient',
      dividing(['normalise'], (_, m) => m - 1),
    ),
    kernel(
      'divisor-m-1-guarded',
      'σ² is Σ/max(m−1, 1)',
      normalising((_, m) => Math.max(m - 1, 1)),
    ),
    kernel('divisor-as-running', 'the running divisor serves both uses', {
      divisor: (_, m, convention, use) => correct.divisor(convention.runningDivisor, m, convention, use),
    }),
  ),
  ...because(
    'semantics',
    'divides by m',
    kernel(
      'divisor-m',
      'σ² is Σ/m under every convention',
      normalising((_, m) => m),
    ),
    kernel(
      'divisor-m-forward',
      'as divisor-m, with the right gradient',
      dividing(['normalise'], (_, m) => m),
    ),
  ),
  ...because(
    'semantics',
    'divides by another count',
    kernel(
      'divisor-m+1',
      "σ² is Σ/(m+1), as mathjs' biased variance",
      normalising((_, m) => m + 1),
    ),
    kernel(
      'divisor-m-1.5',
      'σ² is Σ/(m−1.5), nearly unbiased for σ',
      normalising((_, m) => m - 1.5),
    ),
    kernel('count-batch', 'sums are divided by N', { count: ({ problem }) => problem.shape.n }),
    kernel('count-positions', 'sums are divided by the positions of one sample', {
      count: ({ positions }) => positions,
    }),
    kernel('count-plane', 'sums are divided by N times the last two spatial sizes', {
      count: ({ problem: { shape } }) => shape.n * shape.spatial.slice(-2).reduce((a, b) => a * b, 1),
    }),
    kernel('mean-m-1', 'the mean is Σx/(m−1)', {
      statistics(x, m) {
        const mean = sum(x) / Math.max(m - 1, 1);
        return { mean, squares: sum(x.map((value) => (value - mean) ** 2)) };
      },
    }),
  ),
  ...because(
    'semantics',
    'running variance divided by m',
    kernel(
      'running-m',
      'the running variance takes Σ/m under every convention',
      running((_, m) => m),
    ),
    kernel('running-as-normalise', 'the running variance takes the σ² that normalises', {
      divisor: (_, m, convention, use) => correct.divisor(convention.normalizeDivisor, m, convention, use),
    }),
  ),
  ...because(
    'semantics',
    'running variance divided by m−1',
    kernel(
      'running-m-1',
      'the running variance takes Σ/(m−1) under every convention',
      running((_, m) => m - 1),
    ),
    kernel(
      'running-m-1-guarded',
      'the running variance takes Σ/max(m−1, 1)',
      running((_, m) => Math.max(m - 1, 1)),
    ),
  ),
  ...because(
    'semantics',
    'running variance divided by another count',
    kernel(
      'running-m+1',
      'the running variance takes Σ/(m+1)',
      running((_, m) => m + 1),
    ),
    kernel(
      'running-corrected-twice',
      'm/(m−1) is applied to what already has it',
      running((kind, m) => (kind === 'm' ? m : (m - 1) ** 2 / m)),
    ),
    kernel('running-n-1', 'N/(N−1) is applied instead of m/(m−1)', {
      runningVar: (old, { variance, runningVariance }, weight, { problem: { shape, convention } }) =>
        mix(old, convention.runningDivisor === 'm' ? runningVariance : (variance * shape.n) / (shape.n - 1), weight),
    }),
  ),
  ...because(
    'semantics',
    'a single element treated otherwise',
    kernel('single-unguarded', 'm = 1 gives NaN where the convention guards', {
      divisor: (kind, m) => (kind === 'm' ? m : m - 1),
    }),
    kernel('single-guarded', 'm = 1 is guarded where the convention wants NaN', {
      divisor: (kind, m) => (kind === 'm' ? m : Math.max(m - 1, 1)),
    }),
  ),
];
