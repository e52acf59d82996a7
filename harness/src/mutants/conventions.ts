import { type Convention, type Op, ops } from '@normgauge/contract';
import { float16 } from './float32.ts';
import type { Replaced } from './kernel.ts';
import { because, kernel, type Mutant } from './mutant.ts';
import { correct, type DivisorUse, invStdOf, mix, type Place, sum } from './steps.ts';

/* Kernels that follow another convention than the one asked for: another divisor, another eps. */

type Divisor = (kind: 'm' | 'm-1', m: number, convention: Convention) => number;

function dividing(uses: readonly DivisorUse[], divisor: Divisor): Replaced {
  return {
    divisor: (kind, m, convention, use) => (uses.includes(use) ? divisor : correct.divisor)(kind, m, convention, use),
  };
}

const normalising = (divisor: Divisor): Replaced => dividing(['normalise', 'gradient'], divisor);
const running = (divisor: Divisor): Replaced => dividing(['running'], divisor);

/** Makes invStd as if the convention said otherwise, in some ops or all. */
function reading(change: (convention: Convention, place: Place) => Partial<Convention>, where = ops): Replaced {
  return {
    invStd: (variance, convention, op, place) =>
      invStdOf(variance, where.includes(op) ? { ...convention, ...change(convention, place) } : convention),
  };
}

const training: readonly Op[] = ['forward-training'];
const inference: readonly Op[] = ['inference'];
const frozen: readonly Op[] = ['backward-frozen'];

const divisors: readonly Mutant[] = [
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

const epsilons: readonly Mutant[] = [
  ...because(
    'semantics',
    'another eps',
    kernel(
      'eps-1e-5',
      'eps is 1e-5 whatever is asked for',
      reading(() => ({ eps: 1e-5 })),
    ),
    kernel(
      'eps-1e-3',
      'eps is 1e-3 whatever is asked for',
      reading(() => ({ eps: 1e-3 })),
    ),
    kernel(
      'eps-ten-times',
      'eps is ten times what is asked for',
      reading(({ eps }) => ({ eps: 10 * eps })),
    ),
    kernel(
      'eps-clamped',
      "eps is raised to cuDNN's old least of 1.001e-5",
      reading(({ eps }) => ({ eps: Math.max(eps, 1.001e-5) })),
    ),
    kernel(
      'eps-float16',
      'eps went through float16',
      reading(({ eps }) => ({ eps: float16(eps) })),
    ),
    kernel(
      'eps-squared',
      'eps² is added',
      reading(({ eps }) => ({ eps: eps ** 2 })),
    ),
    kernel(
      'eps-over-m',
      'eps is added to Σ(x−μ)² before it is divided',
      reading(({ eps }, { m }) => ({ eps: eps / m }), training),
    ),
    kernel(
      'eps-1e-3-inference',
      'inference has an eps of its own, 1e-3',
      reading(() => ({ eps: 1e-3 }), inference),
    ),
    kernel(
      'eps-1e-3-frozen',
      'backward-frozen has an eps of its own, 1e-3',
      reading(() => ({ eps: 1e-3 }), frozen),
    ),
  ),
  ...because(
    'semantics',
    'eps missing',
    kernel(
      'eps-missing',
      'no eps anywhere',
      reading(() => ({ eps: 0 })),
    ),
    kernel(
      'eps-missing-training',
      'no eps in training',
      reading(() => ({ eps: 0 }), training),
    ),
    kernel(
      'eps-missing-inference',
      'no eps in inference',
      reading(() => ({ eps: 0 }), inference),
    ),
    kernel(
      'eps-missing-frozen',
      'no eps in backward-frozen',
      reading(() => ({ eps: 0 }), frozen),
    ),
    kernel('eps-maximum', 'max(σ², eps) instead of σ² + eps', {
      invStd: (variance, convention) => invStdOf(Math.max(variance, convention.eps), { ...convention, eps: 0 }),
    }),
    kernel('eps-only-at-zero', 'eps is added only where σ² is 0', {
      invStd: (variance, convention) => invStdOf(variance, variance === 0 ? convention : { ...convention, eps: 0 }),
    }),
  ),
  ...because(
    'semantics',
    'eps added twice',
    kernel(
      'eps-twice',
      'eps is added to σ² and again under the root',
      reading(({ eps }) => ({ eps: 2 * eps })),
    ),
    kernel(
      'eps-twice-training',
      'the saved σ² has eps already when it is used',
      reading(({ eps }) => ({ eps: 2 * eps }), training),
    ),
    kernel('eps-in-running', 'the running variance is of σ² + eps', {
      runningVar: (old, { runningVariance }, weight, { problem }) =>
        mix(old, runningVariance + problem.convention.eps, weight),
    }),
    kernel(
      'eps-in-frozen-running',
      'inference adds eps to a variance that has it',
      reading(({ eps }) => ({ eps: 2 * eps }), [...inference, ...frozen]),
    ),
  ),
  ...because(
    'semantics',
    'eps outside the root',
    kernel(
      'eps-outside',
      '1/(√σ² + eps) under every convention',
      reading(() => ({ epsPlacement: 'outside-sqrt' })),
    ),
    kernel(
      'eps-outside-inference',
      'inference alone has eps outside the root',
      reading(() => ({ epsPlacement: 'outside-sqrt' }), inference),
    ),
    kernel('eps-after', '1/√σ² + eps', { invStd: (variance, { eps }) => 1 / Math.sqrt(variance) + eps }),
  ),
  ...because(
    'semantics',
    'eps inside the root',
    kernel(
      'eps-inside',
      '1/√(σ² + eps) under every convention',
      reading(() => ({ epsPlacement: 'inside-sqrt' })),
    ),
    kernel(
      'eps-inside-frozen',
      'as eps-inside, where statistics are given',
      reading(() => ({ epsPlacement: 'inside-sqrt' }), [...inference, ...frozen]),
    ),
  ),
];

export const conventionMutants: readonly Mutant[] = [...divisors, ...epsilons];
