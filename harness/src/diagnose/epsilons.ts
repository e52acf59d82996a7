import type { Convention } from '@normgauge/contract';
import { f16round } from '@petamoriken/float16';

import type { Replaced } from '../stepwise/kernel.ts';
import { invStdOf, mix, type Place } from '../stepwise/steps.ts';
import type { Cause } from './causes.ts';
import { type Hypothesis, suppose } from './hypothesis.ts';
import type { Observation } from './observation.ts';

/* Suppositions about eps: which number, and where it stands. */

const reading = (change: (convention: Convention, place: Place) => Partial<Convention>): Replaced => ({
  invStd: (variance, convention, _op, place) => invStdOf(variance, { ...convention, ...change(convention, place) }),
});

const usual: readonly number[] = [1e-12, 1e-8, 1e-7, 2 ** -23, 1e-6, 1e-5, 1.001e-5, 1e-4, 1e-3, 1e-2, 0.1, 1];

/** The eps that gives the invStd that came. */
function fitted({ problem, got, inputs, m, expected }: Observation): number | undefined {
  const { convention, op } = problem;
  if (op !== 'forward-training' || m < 2) return undefined;
  const { eps, epsPlacement } = convention;
  const estimates = [...got.invStd!].map((invStd, c) => {
    const truth = expected.invStd![c]!;
    return epsPlacement === 'inside-sqrt' ? eps + 1 / invStd ** 2 - 1 / truth ** 2 : eps + 1 / invStd - 1 / truth;
  });
  const finite = estimates.filter(Number.isFinite).toSorted((a, b) => a - b);
  const median = finite[finite.length >> 1];
  return median !== undefined && median > 0 && inputs.x ? Number(median.toPrecision(4)) : undefined;
}

export function ofEpsilons(seen: Observation): readonly Hypothesis[] {
  const { eps, epsPlacement } = seen.problem.convention;
  const valued = (cause: Cause, says: string, value: (m: number) => number, weight = 1): Hypothesis =>
    suppose(
      cause,
      says,
      reading((_, { m }) => ({ eps: value(m) })),
      weight,
    );
  const estimate = fitted(seen);
  return [
    valued('eps missing', 'eps is not added', () => 0),
    suppose('eps missing', 'σ² is raised to eps instead of adding it', {
      invStd: (variance, convention) => invStdOf(Math.max(variance, convention.eps), { ...convention, eps: 0 }),
    }),
    suppose('eps missing', 'eps is added only where σ² is 0', {
      invStd: (variance, convention) => invStdOf(variance, variance === 0 ? convention : { ...convention, eps: 0 }),
    }),
    valued('eps added twice', 'eps is added twice', () => 2 * eps),
    suppose('eps added twice', 'the running variance is of σ² + eps', {
      runningVar: (old, { runningVariance }, weight) => mix(old, runningVariance + eps, weight),
    }),
    ...usual
      .filter((value) => value !== eps)
      .map((value) => valued('another eps', `eps is ${value} instead of ${eps}`, () => value)),
    ...[10, 100, 0.1, 0.01, 0.5].map((factor) =>
      valued('another eps', `eps is ${factor}·${eps}`, () => factor * eps, 1.5),
    ),
    valued('another eps', `eps is squared`, () => eps ** 2),
    valued('another eps', `eps is its square root`, () => Math.sqrt(eps)),
    valued('another eps', 'eps is divided by m: it is added to Σ(x−μ)²', (m) => eps / m),
    valued('another eps', 'eps is multiplied by m', (m) => eps * m),
    valued('another eps', 'eps went through float16', () => f16round(eps), 1.5),
    ...(estimate !== undefined && Math.abs(estimate / eps - 1) > 1e-3
      ? [valued('another eps', `eps is about ${estimate} instead of ${eps}`, () => estimate, 2)]
      : []),
    ...(epsPlacement === 'inside-sqrt'
      ? [
          suppose(
            'eps outside the root',
            'invStd is 1/(√σ² + eps)',
            reading(() => ({ epsPlacement: 'outside-sqrt' })),
          ),
          suppose('eps outside the root', 'invStd is 1/√σ² + eps', {
            invStd: (variance) => 1 / Math.sqrt(variance) + eps,
          }),
        ]
      : [
          suppose(
            'eps inside the root',
            'invStd is 1/√(σ² + eps)',
            reading(() => ({ epsPlacement: 'inside-sqrt' })),
          ),
        ]),
    suppose('values clamped', 'σ² is kept from falling below 1e-7', {
      invStd: (variance, convention) => invStdOf(Math.max(variance, 1e-7), convention),
    }),
  ];
}
