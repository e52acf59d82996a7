import { quantile } from '../measure/distribution.ts';

/*
 * Where the data of an arm comes to lie is drawn when its backend and its plans are opened, and lasts as long as they: which
 * physical pages it has, and which of them compete for the same lines of a cache. Instances of the same code differ by 2 to 3 %
 * by that in calls of microseconds, and no number of rounds shows it. So the arms move: every few rounds they are opened anew.
 */

/** Rounds in one place, at least: the median of a few is worth more than one. */
export const leastRounds = 4;

/** A move may take so many times as long as the rounds after it: more of either would say less in the same time. */
const moveToRounds = 3;

/** Milliseconds of a move above which there are too few places to judge by. */
const dearest = 50;

/** Elements of x above which a case stays where it is: its pages are so many that they average, and moving them takes long. */
const mostElements = 2 ** 22;

/** Whether the arms of a problem of so many elements move at all. */
export function moves(elements: number): boolean {
  return elements <= mostElements;
}

/** Whether moves take so little time that places can be what is counted. */
export function isCheap(milliseconds: number): boolean {
  return milliseconds <= dearest;
}

/** Rounds in one place where moves are cheap, from the milliseconds that a move and a round take. */
export function roundsInOnePlace(move: number, round: number): number {
  return Math.max(leastRounds, Math.ceil(move / (moveToRounds * round)));
}

/**
 * The median ratio in each of the places.
 *
 * @param ratios one a round, in the order of measurement
 * @param places rounds in each of the places, together as many as there are ratios
 */
export function byPlace(ratios: Float64Array, places: readonly number[]): Float64Array {
  let end = 0;
  return Float64Array.from(places, (rounds) => {
    const begin = end;
    end += rounds;
    return quantile(ratios.slice(begin, end).sort(), 0.5);
  });
}
