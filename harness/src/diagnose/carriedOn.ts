import { divisorOf } from '@normgauge/contract';
import { sum } from '../stepwise/steps.ts';
import { type Hypothesis, type Suspicion, suppose, suspect } from './hypothesis.ts';
import type { Observation } from './observation.ts';

/*
 * Where nothing better is found: the first statistic that is wrong is taken as it came, and all that follows is
 * recomputed. What then agrees was not wrong in itself.
 */

/** It says which step is wrong and not what is wrong with it, which must not count as a cause that was found. */
const mostExplained = 0.85;

function fromMean({ got }: Observation): Hypothesis {
  return suppose(
    'mean taken for another value',
    'the mean is not that of x; variance, y and running statistics follow from it',
    {
      statistics(x, _m, { c }) {
        const mean = got.mean![c]!;
        return { mean, squares: sum(x.map((value) => (value - mean) ** 2)) };
      },
    },
    6,
  );
}

function fromInvStd({ got, problem: { convention } }: Observation): readonly Hypothesis[] {
  const { eps, epsPlacement, normalizeDivisor, singleElement } = convention;
  const cause = 'spread taken for another value';
  return [
    suppose(
      cause,
      'the mean is right and invStd is not that of x; y and the running variance follow from it',
      {
        statistics(x, m, { c }) {
          const invStd = got.invStd![c]!;
          const variance = epsPlacement === 'inside-sqrt' ? invStd ** -2 - eps : (1 / invStd - eps) ** 2;
          return { mean: sum(x) / m, squares: variance * divisorOf(normalizeDivisor, m, singleElement) };
        },
        // As it came: the way there and back again would lose digits where eps is most of it.
        invStd: (_variance, _convention, _op, { c }) => got.invStd![c]!,
      },
      6,
    ),
    suppose(
      cause,
      'the mean and the running variance are right and invStd is not that of x; y follows from it',
      { invStd: (_variance, _convention, _op, { c }) => got.invStd![c]! },
      6,
    ),
  ];
}

/** Which step is the first that is wrong, when all after it follows from what it gave. */
export function carriedOn(seen: Observation): readonly Suspicion[] {
  const { problem, mask, m } = seen;
  if (problem.op !== 'forward-training' || m < 2) return [];
  const isWrong = (name: 'mean' | 'invStd'): boolean => mask[name]!.some((is) => is === 1);
  const hypotheses = isWrong('mean') ? [fromMean(seen)] : isWrong('invStd') ? fromInvStd(seen) : [];
  return hypotheses
    .map((hypothesis) => suspect(seen, hypothesis))
    .map((row) => ({ ...row, explained: Math.min(row.explained, mostExplained) }));
}
