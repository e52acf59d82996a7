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

/** Processes that may say something about one case. */
export const mostProcesses = 3;
/** Processes that may be asked, since in some nothing can be said. */
export const mostAttempts = 5;

/** Probability with which a bound may be wrong at one look, where few cases are tested. */
const usualAlpha = 0.0005;
/** Probability with which any case of the whole gate may be failed although none is slower than its margin. */
export const familyAlpha = 0.001;

/**
 * The probability with which a bound may be wrong at one look, so small that over all looks, processes and cases unchanged
 * code is failed with a probability of at most `familyAlpha`.
 *
 * A case is failed when two of at most three processes say so, each at one of five looks: at most 3·(5·alpha)². Bonferroni
 * over the cases, and not Holm: looks are taken, and processes end, before the evidence of the other cases is there. Up to
 * 53 cases nothing has to be given up for it.
 */
export function alphaFor(cases: number): number {
  const perCase = familyAlpha / Math.max(1, cases);
  const pairs = (mostProcesses * (mostProcesses - 1)) / 2;
  return Math.min(usualAlpha, Math.sqrt(perCase / pairs) / looks.length);
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
 * What the processes that were asked about a case say together; undefined while another one has to be asked. A failure is
 * one that a second, fresh process confirms. One that says otherwise makes a third decide. Where instances of the same code
 * differ in as many processes as say "slower", it is more likely that of head as well: that is no failure.
 */
export function conclude(outcomes: readonly Outcome[]): Conclusion | undefined {
  const count = (wanted: Outcome): number => outcomes.filter((outcome) => outcome === wanted).length;
  const slower = count('slower');
  const notSlower = count('not-slower');
  const invalid = count('invalid');
  if (slower >= 2 && slower > invalid) return 'fail';
  if (notSlower > slower && notSlower >= invalid) return 'pass';
  const valid = outcomes.length - invalid;
  if (valid < mostProcesses && outcomes.length < mostAttempts) return undefined;
  return valid === 0 ? 'invalid' : 'inconclusive';
}
