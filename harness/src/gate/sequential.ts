import { type Estimate, estimateCentre, estimateMedian, exponential } from './median.ts';
import { byPlace } from './placements.ts';

/*
 * The test of one case in one process. Rounds come in, each with the time of base, head and a second instance of base; at a
 * few looks that are settled beforehand it is asked whether they suffice.
 */

/** How much slower head may be, as ratios of head's time to base's. */
export interface Margins {
  /** Fails when head is slower than this with confidence: 1.015. */
  readonly fail: number;
  /** Passes when head is not slower than this with confidence: 1.04. */
  readonly pass: number;
  /** Invalid when the two instances of base differ by more than this with confidence: 1.01, and its inverse. */
  readonly control: number;
}

export const usualMargins: Margins = { fail: 1.015, pass: 1.04, control: 1.01 };

/** Rounds at which a decision is tried, where all of them are in one place or in few. */
export const looks: readonly number[] = [80, 120, 180, 270, 400];

/** Places at which a decision is tried, where they are what counts. */
export const looksAtPlaces: readonly number[] = [20, 30, 45, 68, 100, 150, 225];

/** Whether the arms of a case lay in one place of each process, or in so many that these are what was counted. */
export type Manner = 'staying' | 'moving';

/** Processes that have to call a case slower, when no other calls it "not slower"; one more where one does. */
export const agreeing: Readonly<Record<Manner, number>> = { staying: 4, moving: 3 };
/** Processes that may say something about a case that one of them called slower, which is seldom. */
export const mostSuspecting: Readonly<Record<Manner, number>> = { staying: 6, moving: 5 };
/** Processes that may say something about any other case. */
export const mostProcesses = 3;
/** Processes that may be asked, since in some nothing can be said. */
export const mostAttempts = { suspect: 8, other: 5 } as const;

/** In how many ways three of five can be chosen: more likely by chance than four of six. */
export const waysToAgree = 10;

/** Probability with which a bound may be wrong at one look, where few cases are tested. */
const usualAlpha = 0.0005;
/** Probability with which any case of the whole gate may be failed although none is slower than its margin. */
export const familyAlpha = 0.001;

/**
 * The probability with which a bound may be wrong at one look, so small that over all looks, processes and cases unchanged
 * code is failed with a probability of at most `familyAlpha`.
 *
 * A case is failed when three of at most five processes say so, each at one of seven looks: at most 10·(7·alpha)³. Bonferroni
 * over the cases, and not Holm: looks are taken, and processes end, before the evidence of the other cases is there. Up to
 * two thousand cases nothing has to be given up for it.
 */
export function alphaFor(cases: number): number {
  const perCase = familyAlpha / Math.max(1, cases);
  return Math.min(usualAlpha, (perCase / waysToAgree) ** (1 / agreeing.moving) / looksAtPlaces.length);
}

/** Milliseconds per call, one a round. */
export interface Rounds {
  readonly base: ArrayLike<number>;
  readonly head: ArrayLike<number>;
  /** The second instance of base. */
  readonly control: ArrayLike<number>;
  /** Rounds in each of the places where the arms lay, where these are what is independent of one another; absent: the rounds are. */
  readonly places?: readonly number[];
}

/** What a look sees: how many times base's time head takes, and the second instance of base. */
export interface Look {
  readonly rounds: number;
  readonly head: Estimate;
  readonly control: Estimate;
}

function logRatios(above: ArrayLike<number>, below: ArrayLike<number>): Float64Array {
  return Float64Array.from(above, (value, k) => Math.log(value / below[k]!));
}

/**
 * Medians of the ratios within each round, which what disturbs a whole round does not touch. Of several places the centre of their
 * medians: arms that are alike may change their names, so that the logarithm of such a ratio is as likely above as below.
 */
export function lookAt({ base, head, control, places }: Rounds, alpha: number): Look {
  const estimate = (arm: ArrayLike<number>): Estimate => {
    const ratios = logRatios(arm, base);
    return exponential(places ? estimateCentre(byPlace(ratios, places), alpha) : estimateMedian(ratios, alpha));
  };
  return { rounds: base.length, head: estimate(head), control: estimate(control) };
}

/** What one process says of one case. `undecided` after the last look. */
export type Outcome = 'slower' | 'not-slower' | 'invalid' | 'undecided';

/** What a look decides; undefined where more rounds are needed. A control that is off makes all of it worthless. */
export function decide({ head, control }: Look, margins: Margins): Exclude<Outcome, 'undecided'> | undefined {
  if (control.low > margins.control || control.high < 1 / margins.control) return 'invalid';
  // In this order: what is certainly slower than one margin and certainly faster than the other is slower.
  if (head.low > margins.fail) return 'slower';
  if (head.high < margins.pass) return 'not-slower';
  return undefined;
}

/** What is said of a case in the end. */
export type Conclusion = 'pass' | 'fail' | 'inconclusive' | 'invalid';

/**
 * What the processes that were asked about a case say together; undefined while another one has to be asked.
 *
 * "Not slower" once is a pass. "Slower" has to be said by three processes, or by four where one says otherwise. Where the arms
 * stay in one place it is one more: instances of the same code then differ by 2 or 3 % in a call of microseconds, and with two
 * processes that agree 2 % of unchanged cases of that kind failed; with four it is 0.03 %. Where instances of the same code differ
 * in as many processes as say "slower", it is more likely that of head as well: that is no failure.
 */
export function conclude(outcomes: readonly Outcome[], manner: Manner): Conclusion | undefined {
  const count = (wanted: Outcome): number => outcomes.filter((outcome) => outcome === wanted).length;
  const slower = count('slower');
  const notSlower = count('not-slower');
  const invalid = count('invalid');
  if (slower >= agreeing[manner] + Math.min(notSlower, 1) && slower > invalid) return 'fail';
  if (notSlower > slower && notSlower >= invalid) return 'pass';
  const valid = outcomes.length - invalid;
  const most = slower > 0 ? mostSuspecting[manner] : mostProcesses;
  if (valid < most && outcomes.length < mostAttempts[slower > 0 ? 'suspect' : 'other']) return undefined;
  return valid === 0 ? 'invalid' : 'inconclusive';
}
