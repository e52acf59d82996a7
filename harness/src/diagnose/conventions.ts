import { type Convention, conventionNamed, conventions } from '@normgauge/contract';
import { computeWith } from '../stepwise/kernel.ts';
import { type Fit, fitOf, fits, type Hypothesis, suppose } from './hypothesis.ts';
import type { Observation } from './observation.ts';

/* Whether the results are right, of another BatchNorm. */

/** A published convention as a whole, and with the eps and momentum that were asked for. */
interface Other {
  readonly name: string;
  readonly says: string;
  readonly convention: Convention;
}

function othersFor({ problem: { convention, op } }: Observation): readonly Other[] {
  return conventions
    .filter(
      ({ ops, momentum }) => ops.includes(op) && (momentum === 'cumulative') === (convention.momentum === 'cumulative'),
    )
    .flatMap((named) => [
      { name: named.name, says: `these are the results of ${named.name}`, convention: named },
      {
        name: named.name,
        says: `these are the results of ${named.name} with the eps and momentum that were asked for`,
        convention: { ...named, eps: convention.eps, momentum: convention.momentum },
      },
    ])
    .filter((other) => !isSame(other.convention, convention));
}

function isSame(a: Convention, b: Convention): boolean {
  const fields = ['eps', 'epsPlacement', 'normalizeDivisor', 'runningDivisor', 'momentum'] as const;
  return fields.every((field) => a[field] === b[field]);
}

const under = (convention: Convention): Hypothesis['steps'] => ({ reads: (problem) => ({ ...problem, convention }) });

/** Several decisions taken otherwise at once: more than a single mistake, and less than several. */
export function ofConventions(seen: Observation): readonly Hypothesis[] {
  return othersFor(seen).map(({ says, convention }) =>
    suppose('follows another convention', says, under(convention), 2.5),
  );
}

/** The conventions whose results these are. */
export function followed(seen: Observation): readonly string[] {
  if (seen.wrong === 0) return [];
  const names = othersFor(seen)
    .filter(({ convention }) => {
      const fit: Fit = fitOf(seen, computeWith(under(convention))(seen.inputs, seen.problem));
      return fits(fit) && fit.headroom < 0.4 * seen.headroom;
    })
    .map(({ name }) => name);
  return [...new Set(names)].filter((name) => conventionNamed(name) !== undefined);
}
