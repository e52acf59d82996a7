import { elementsOf } from '@normgauge/contract';
import type { Result } from '@normgauge/reports';
import type { Case } from '../cases/case.ts';
import { LostProcess, type RemoteError } from '../hosts/childProcess.ts';
import { type RowState, spend } from '../measure/budget.ts';
import type { Taken } from '../measure/timing.ts';
import type { Prepared, PreparedSet } from '../verify/prepare.ts';
import { endedBy } from './judge.ts';
import { type Candidate, idOf, subjectOf, type TimeLimits } from './subjects.ts';
import { failedWhenTimed, rowOf, type TimingBudget, timeCase } from './timeCase.ts';

/** The two sets of data of a case. */
export interface CaseSets {
  readonly prepared: Prepared;
  readonly second: PreparedSet;
}

/** What the rounds need to know of the run. */
export interface RoundsPlan {
  /** When the last visit is to be over, by `performance.now()`. */
  readonly deadline: number;
  readonly limits: TimeLimits;
  readonly signal: AbortSignal;
  readonly candidates: readonly Candidate[];
  /** The last case, which what goes wrong at the close counts for. */
  readonly last: Case;
  /** Makes the sets of a case anew. */
  prepare(row: Case): CaseSets;
  /** The row as the report has it so far; undefined when there is none. */
  resultOf(candidate: Candidate, row: Case): Result | undefined;
  /** Puts another result in its place. */
  replace(candidate: Candidate, row: Case, result: Result): void;
  onVisit(label: string): void;
}

/** Milliseconds a visit. */
const visitBudget: TimingBudget = { resident: 160, endToEnd: 20, places: 4 };
/** Elements of x, all cases together, whose data is kept between visits; that of others is made anew for each. */
const elementsKept = 2 ** 24;

/**
 * Visits that say how far apart visits are. Below that a row is visited before any that was visited more often, and one whose
 * times cannot be true gets no more: by then they were not disturbed for a moment.
 */
const tellingVisits = 4;

interface TimedRow {
  readonly candidate: Candidate;
  readonly row: Case;
  /** What it was before it was timed. */
  readonly verified: Result;
  readonly software: boolean;
  taken: Taken;
  visits: number;
  /** What its next visit will take, milliseconds. */
  cost: number;
}

/** A result whose measurement came to nothing. */
function withoutTiming({ timing: _, ...result }: Result): Result {
  return result;
}

/** The rows of a run that were timed once, and the visits that follow until its time is spent. */
export class BenchRounds {
  readonly #plan: RoundsPlan;
  readonly #rows: TimedRow[] = [];
  readonly #sets = new Map<Case, CaseSets>();
  #elements = 0;

  constructor(plan: RoundsPlan) {
    this.#plan = plan;
  }

  /**
   * A row that was timed once.
   * @param verified the row as it was before
   * @param milliseconds what the timing took
   */
  keep(candidate: Candidate, verified: Result, sets: CaseSets, taken: Taken, milliseconds: number): void {
    const { row } = sets.prepared;
    const software = candidate.opened?.device?.software ?? false;
    this.#rows.push({
      candidate,
      row,
      verified,
      software,
      taken,
      visits: 1,
      cost: milliseconds + visitBudget.resident,
    });
    if (!this.#sets.has(row)) this.#keepSets(row, sets);
  }

  #keepSets(row: Case, sets: CaseSets): void {
    const elements = elementsOf(row.problem.shape);
    if (this.#elements + elements > elementsKept) return;
    this.#elements += elements;
    this.#sets.set(row, sets);
  }

  /** Visits rows until the time is spent, then closes the backends. */
  async spend(): Promise<void> {
    const { deadline, signal, candidates, last } = this.#plan;
    await spend({
      rows: this.#rows,
      stateOf: (row) => this.#stateOf(row),
      visit: (row) => this.#visit(row),
      left: () => (signal.aborted ? Number.NEGATIVE_INFINITY : deadline - performance.now()),
    });
    for (const candidate of candidates) {
      const lost = await candidate.host.close();
      if (lost) this.#end(candidate, last, lost, 'when it was closed');
    }
  }

  #stateOf({ candidate, row, software, visits, cost }: TimedRow): RowState | undefined {
    const { status, timing } = this.#plan.resultOf(candidate, row)!;
    // Times of an emulation are compared with nothing: more of them would help nobody.
    if (software || !(timing || status === 'invalid')) return undefined;
    const missing = tellingVisits - visits;
    // In whole medians, which is more than any that was visited often enough has.
    if (missing > 0) return { uncertainty: missing, cost };
    const { median, interval } = timing?.resident ?? {};
    if (!interval || !median) return undefined;
    return { uncertainty: (interval.high - interval.low) / 2 / median, cost };
  }

  async #visit(timed: TimedRow): Promise<void> {
    const { candidate, row, verified, software } = timed;
    const { prepare, limits, signal, resultOf, replace, onVisit } = this.#plan;
    onVisit(`${idOf(candidate)} ${row.id}`);
    const began = performance.now();
    const { prepared, second } = this.#sets.get(row) ?? prepare(row);
    const subject = subjectOf(candidate, limits);
    try {
      // Elsewhere in memory than at the visit before.
      await candidate.host.move();
      const outcome = await timeCase(prepared, second, subject, visitBudget, software, timed.taken).catch(
        failedWhenTimed,
      );
      if (signal.aborted) return;
      if (outcome.status !== 'failed') timed.taken = outcome.taken;
      timed.visits++;
      replace(candidate, row, rowOf({ ...verified, seconds: resultOf(candidate, row)!.seconds }, outcome));
      const aftermath = await candidate.host.settle();
      if (aftermath) this.#end(candidate, row, aftermath, 'when it was timed again');
    } catch (error) {
      if (!(error instanceof LostProcess)) throw error;
      this.#end(candidate, row, error, 'when it was timed again');
    }
    timed.cost = performance.now() - began;
  }

  /** A backend that is lost counts for the case in flight, unless it was ended by Ctrl-C. */
  #end(candidate: Candidate, row: Case, lost: LostProcess | RemoteError, when: string): void {
    const { signal, resultOf, replace } = this.#plan;
    if (signal.aborted) return;
    const result = withoutTiming(resultOf(candidate, row)!);
    replace(candidate, row, { ...result, ...endedBy(lost, when, result) });
  }
}
