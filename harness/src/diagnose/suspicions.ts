import { ofAffine } from './affine.ts';
import { ofConventions } from './conventions.ts';
import { ofDivisors } from './divisors.ts';
import { ofEpsilons } from './epsilons.ts';
import { ofFittedNumbers } from './fittedNumbers.ts';
import { ofNumbers } from './formats.ts';
import { ofGradients } from './gradients.ts';
import { fits, type Hypothesis, type Suspicion, suspect } from './hypothesis.ts';
import { ofMerging } from './merging.ts';
import type { Observation } from './observation.ts';
import { ofPlaces } from './places.ts';
import { ofRunning } from './running.ts';
import { whereWrong } from './sighting.ts';
import { ofStatistics } from './statistics.ts';
import { ofSubsets } from './subsets.ts';

/** Everything that can be supposed of a case. */
export function hypothesesFor(seen: Observation): readonly Hypothesis[] {
  if (seen.wrong === 0) return [];
  // A gradient alone is wrong more likely for a mistake of the gradient than for one of the whole kernel.
  const { op } = seen.problem;
  const further = op === 'backward' || op === 'backward-frozen' ? 0.3 : 0;
  const ofForward = [
    ...ofDivisors(seen),
    ...ofEpsilons(seen),
    ...ofRunning(seen),
    ...ofAffine(seen),
    ...ofStatistics(seen),
  ];
  return [
    ...ofForward.map((row) => ({ ...row, weight: row.weight + further })),
    ...ofGradients(seen),
    ...ofPlaces(seen),
    ...ofSubsets(seen),
    ...ofMerging(seen),
    ...ofConventions(seen),
    ...ofNumbers(seen),
    ...ofFittedNumbers(seen),
  ];
}

/** What explains less than this share of a failure is not worth naming. */
const leastExplained = 0.5;

/** A supposed mistake must come this much nearer to the results than the truth does. */
const leastGain = 0.4;

/** The best suspicion of every cause, best first. */
export function ranked(
  seen: Observation,
  hypotheses: readonly Hypothesis[],
  found: readonly Suspicion[],
): readonly Suspicion[] {
  const recomputed = hypotheses
    .map((hypothesis) => suspect(seen, hypothesis))
    .filter(({ headroom, explained }) => explained === 1 || headroom <= leastGain * seen.headroom);
  const careless = recomputed.flatMap((row) => onOnePath(seen, row) ?? []);
  const all = [...recomputed, ...careless, ...found]
    .filter((row) => row.explained >= leastExplained && (fits(row) || row.spoiled * 4 < seen.wrong))
    .toSorted(better);
  return all.filter(({ cause }, k) => all.findIndex((earlier) => earlier.cause === cause) === k);
}

/** Wrong elements that a mistake of one path must account for. */
const leastOnPath = 6;

/**
 * A mistake that accounts for all that is wrong, and would make more wrong than is: a kernel makes it on one of its paths,
 * in the tail of its rows or in some channels.
 */
function onOnePath(seen: Observation, row: Suspicion): Suspicion | undefined {
  if (row.explained < 1 || row.spoiled === 0 || seen.wrong < leastOnPath) return undefined;
  const where = whereWrong(seen);
  if (where === undefined) return undefined;
  return { ...row, says: `${row.says}, ${where}`, spoiled: 0, weight: row.weight + 2, inPart: true };
}

/** Fits before what does not; then what supposes least; then what explains most. */
export function better(a: Suspicion, b: Suspicion): number {
  if (fits(a) !== fits(b)) return fits(a) ? -1 : 1;
  if (fits(a)) return a.weight - b.weight || a.headroom - b.headroom;
  return b.explained - a.explained || a.spoiled - b.spoiled || a.weight - b.weight;
}
