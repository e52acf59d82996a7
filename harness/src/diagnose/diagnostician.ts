import { elementsOf } from '@normgauge/contract';
import type { Diagnosis, Finding } from '@normgauge/reports';
import type { Prepared } from '../verify/prepare.ts';
import type { Subject } from '../verify/subject.ts';
import { type Verdict, verifyCase, type Witnessed } from '../verify/verifyCase.ts';
import { behaviourIn, brokenRules } from './behaviour.ts';
import type { Cause } from './causes.ts';
import { followed } from './conventions.ts';
import { experiment } from './experiments.ts';
import { fits, type Suspicion } from './hypothesis.ts';
import { type Failure, type Observation, observe } from './observation.ts';
import { better, hypothesesFor, ranked } from './suspicions.ts';
import { tracesIn } from './traces.ts';

/** Elements that are recomputed for one backend at most, over all its failures: about half a minute's worth. */
const mostRecomputed = 3e8;

/** Failures after which a cause that accounts for all of them is no accident. */
const enough = 3;
/** Findings that a report keeps. */
const kept = 4;

/** What a backend's failures come down to. */
export interface Conclusion {
  readonly cause: Cause;
  /** Failures that it accounts for, of so many. */
  readonly accountsFor: number;
  readonly failures: number;
  /** It alone accounts for every one of several. */
  readonly certain: boolean;
}

/** What a diagnostician has learned, as plain data: another one that is given it goes on as this one would have. */
export interface Experience {
  readonly failures: number;
  readonly recomputed: number;
  /** Counts by cause. */
  readonly accounts: { readonly [cause: string]: number };
  readonly first: { readonly [cause: string]: number };
}

const inexperienced: Experience = { failures: 0, recomputed: 0, accounts: {}, first: {} };

function counts(byCause: { readonly [cause: string]: number }): Map<Cause, number> {
  return new Map(Object.entries(byCause) as [Cause, number][]);
}

/**
 * Looks for the cause of one backend's failures: recomputes each case with every mistake that can be supposed, and reads
 * the traces of what cannot be recomputed. It learns: a cause that accounted for earlier failures is tried first, and
 * named first where several fit.
 */
export class Diagnostician {
  #failures: number;
  #recomputed: number;
  /** How many failures each cause accounts for. */
  readonly #accounts: Map<Cause, number>;
  /** How often each was the best. */
  readonly #first: Map<Cause, number>;

  constructor({ failures, recomputed, accounts, first }: Experience = inexperienced) {
    this.#failures = failures;
    this.#recomputed = recomputed;
    this.#accounts = counts(accounts);
    this.#first = counts(first);
  }

  get experience(): Experience {
    return {
      failures: this.#failures,
      recomputed: this.#recomputed,
      accounts: Object.fromEntries(this.#accounts),
      first: Object.fromEntries(this.#first),
    };
  }

  /** Verifies a case, and says what would explain it if it fails. */
  async verify(prepared: Prepared, subject: Subject): Promise<Verdict & { readonly diagnosis?: Diagnosis }> {
    let witnessed: Witnessed | undefined;
    const verdict = await verifyCase(prepared, subject, (seen) => {
      witnessed = seen;
    });
    if (verdict.status !== 'failed') return verdict;
    const { checks } = verdict;
    return {
      ...verdict,
      diagnosis: await this.diagnose({ prepared, checks, subject, ...(witnessed && { witnessed }) }),
    };
  }

  async diagnose(failure: Failure): Promise<Diagnosis> {
    if (!failure.witnessed)
      return this.#conclude(
        brokenRules(failure.checks),
        { tested: 0, follows: [] },
        () => 'the outputs were not looked at any further',
      );
    const seen = observe(failure, failure.witnessed);
    const found = [...tracesIn(seen), ...behaviourIn(seen), ...(await experiment(failure, seen))];
    const hypotheses = hypothesesFor(seen);
    const leading = hypotheses.filter(({ cause }) => this.#leads(cause));
    const quick = ranked(seen, leading, found);
    const known = this.#failures >= enough && quick.some((row) => fits(row) && this.#leads(row.cause));
    const cost = hypotheses.length * elementsOf(seen.problem.shape);
    const isQuick = known || this.#recomputed + cost > mostRecomputed;
    if (!isQuick) this.#recomputed += cost;
    const rows = isQuick ? quick : ranked(seen, hypotheses, found);
    const tested = isQuick ? leading.length : hypotheses.length;
    return this.#conclude(rows, { tested, follows: followed(seen) }, (row) => evidenceOf(seen, row));
  }

  #conclude(
    rows: readonly Suspicion[],
    about: Pick<Diagnosis, 'tested' | 'follows'>,
    evidence: (row: Suspicion) => string,
  ): Diagnosis {
    this.#failures++;
    for (const row of rows.filter(fits)) this.#accounts.set(row.cause, this.#count(row.cause) + 1);
    const ordered = rows.toSorted((a, b) => this.#order(a, b));
    const [first] = ordered;
    if (first && fits(first)) this.#first.set(first.cause, this.#namedFirst(first.cause) + 1);
    const findings = ordered.slice(0, kept).map((row) => ({
      cause: row.cause,
      says: row.says,
      certainty: this.#certaintyOf(row),
      evidence: evidence(row),
    }));
    return { ...about, findings };
  }

  /** The cause that accounts for most of the failures so far; of several the one that was named first. */
  get conclusion(): Conclusion | undefined {
    const best = [...this.#accounts].toSorted(
      ([a, i], [b, k]) => k - i || this.#namedFirst(b) - this.#namedFirst(a),
    )[0];
    if (!best) return undefined;
    const [cause, accountsFor] = best;
    return { cause, accountsFor, failures: this.#failures, certain: this.#isCertain(cause) };
  }

  #namedFirst(cause: Cause): number {
    return this.#first.get(cause) ?? 0;
  }

  #count(cause: Cause): number {
    return this.#accounts.get(cause) ?? 0;
  }

  /** Accounts for nearly all failures so far. */
  #leads(cause: Cause): boolean {
    return this.#failures > 0 && this.#count(cause) >= 0.8 * this.#failures;
  }

  /** What fits comes first, and of that what fitted the other failures, too. */
  #order(a: Suspicion, b: Suspicion): number {
    if (!fits(a) || !fits(b)) return better(a, b);
    return this.#count(b.cause) - this.#count(a.cause) || better(a, b);
  }

  /** Certain is what alone accounts for every failure so far, and for several. */
  #certaintyOf(row: Suspicion): Finding['certainty'] {
    if (!fits(row)) return 'possible';
    return !row.inPart && this.#isCertain(row.cause) ? 'certain' : 'likely';
  }

  /** Another convention is several mistakes at once, and may be a name for one of them. */
  #isCertain(cause: Cause): boolean {
    const every = [...this.#accounts].filter(([, count]) => count === this.#failures);
    const isMistake = cause !== 'follows another convention';
    return isMistake && every.length === 1 && every[0]![0] === cause && this.#failures >= enough;
  }
}

function evidenceOf(seen: Observation, { explained, spoiled }: Suspicion): string {
  if (seen.wrong === 0) return 'the results of a single call are right';
  const share = Math.round(explained * seen.wrong);
  const rest = spoiled > 0 ? `, and would make ${spoiled} wrong that are right` : '';
  return `accounts for ${share} of ${seen.wrong} wrong elements${rest}`;
}
