import { type Estimate, estimateMedian, exponential } from './median.ts';

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

/** Rounds at which a decision is tried. */
export const looks: readonly number[] = [80, 120, 180, 270, 400];

/** Processes that have to call a case slower, when no other calls it "not slower"; one more where one does. */
export const agreeing = 4;
/** Processes that may say something about one case: many where one called it slower, which is seldom, and few elsewhere. */
export const mostProcesses = { suspect: 6, other: 3 } as const;
/** Processes that may be asked, since in some nothing can be said. */
export const mostAttempts = { suspect: 8, other: 5 } as const;

/** In how many ways four of six can be chosen. */
export const waysToAgree = 15;

/** Probability with which a bound may be wrong at one look, where few cases are tested. */
const usualAlpha = 0.0005;
/** Probability with which any case of the whole gate may be failed although none is slower than its margin. */
export const familyAlpha = 0.001;

/**
 * The probability with which a bound may be wrong at one look, so small that over all looks, processes and cases unchanged
 * code is failed with a probability of at most `familyAlpha`.
 *
 * A case is failed when four of at most six processes say so, each at one of five looks: at most 15·(5·alpha)⁴. Bonferroni
 * over the cases, and not Holm: looks are taken, and processes end, before the evidence of the other cases is there. Up to
 * a million cases nothing has to be given up for it.
 */
export function alphaFor(cases: number): number {
  const perCase = familyAlpha / Math.max(1, cases);
  return Math.min(usualAlpha, (perCase / waysToAgree) ** (1 / agreeing) / looks.length);
}

/** Milliseconds per call, one a round. */
export interface Rounds {
  readonly base: ArrayLike<number>;
  readonly head: ArrayLike<number>;
  /** The second instance of base. */
  readonly control: ArrayLike<number>;
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

/** The medians of the ratios within each round, which what disturbs a whole round does not touch. */
export function lookAt({ base, head, control }: Rounds, alpha: number): Look {
  return {
    rounds: base.length,
    head: exponential(estimateMedian(logRatios(head, base), alpha)),
    control: exponential(estimateMedian(logRatios(control, base), alpha)),
  };
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
 * "Not slower" once is a pass. "Slower" has to be said by four processes, or by five where one says otherwise: instances of the
 * same code differ by where they come to lie, by 2 or 3 % in a call of microseconds, and no number of rounds in one process
 * shows it. With two processes that agree, 2 % of unchanged cases of that kind failed; with four it is 0.03 %, and what is really
 * slower costs more processes, but that is seldom. Where instances of the same code differ in as many processes as say
 * "slower", it is more likely that of head as well: that is no failure.
 */
export function conclude(outcomes: readonly Outcome[]): Conclusion | undefined {
  const count = (wanted: Outcome): number => outcomes.filter((outcome) => outcome === wanted).length;
  const slower = count('slower');
  const notSlower = count('not-slower');
  const invalid = count('invalid');
  if (slower >= agreeing + Math.min(notSlower, 1) && slower > invalid) return 'fail';
  if (notSlower > slower && notSlower >= invalid) return 'pass';
  const valid = outcomes.length - invalid;
  const kind = slower > 0 ? 'suspect' : 'other';
  if (valid < mostProcesses[kind] && outcomes.length < mostAttempts[kind]) return undefined;
  return valid === 0 ? 'invalid' : 'inconclusive';
}
