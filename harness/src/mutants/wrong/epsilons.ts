import { type Convention, type Op, ops } from '@normgauge/contract';
import { f16round } from '@petamoriken/float16';

import type { Replaced } from '../../stepwise/kernel.ts';
import { invStdOf, mix, type Place } from '../../stepwise/steps.ts';
import { because, kernel, type Mutant } from '../mutant.ts';

/* Kernels with another eps than the convention asks for, or in another place. */

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

export const epsilonMutants: readonly Mutant[] = [
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
      reading(({ eps }) => ({ eps: f16round(eps) })),
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
