import type { BackendEntry, Report, Result, Selection } from '@normgauge/reports';
import type { Case } from '../cases/case.ts';
import type { Expectations } from '../cases/expectations.ts';
import { type Prepared, prepare, prepareInputs } from '../verify/prepare.ts';
import { KernelFault } from '../verify/subject.ts';
import { verifyCase } from '../verify/verifyCase.ts';
import { describeEnvironment, toolVersion } from './environment.ts';
import { judge, type Outcome } from './judge.ts';
import { type Candidate, reportedBackend, subjectOf, type TimeLimits } from './subjects.ts';
import { type Timed, type TimingBudget, timeCase } from './timeCase.ts';

/** What a run needs to know. */
export interface SessionPlan {
  readonly selection: Selection;
  readonly cases: readonly Case[];
  readonly candidates: readonly Candidate[];
  /** Absent: nothing is timed. */
  readonly timing?: TimingBudget;
  /** Also times cases that their suite does not. */
  readonly timeAll: boolean;
  readonly limits: TimeLimits;
  readonly signal: AbortSignal;
  readonly expectations: Expectations;
  onResult(result: Result): void;
  onProgress(done: number, total: number, label: string): void;
}

/** A time is worth about this many verifications, for the estimate of the time left. */
const weightOfTiming = 8;
/** Cases that are prepared and not yet judged by every backend. */
const casesAhead = 4;

/** A backend that throws only when it is called often is wrong, like one that throws at once. */
function failedWhenTimed(error: unknown): Timed {
  if (error instanceof KernelFault) return { status: 'failed', cause: `when timed: ${error.message}` };
  throw error;
}

type SecondSet = ReturnType<typeof prepareInputs>;

/** Every case on every backend, case by case so that inputs and reference are made once. */
export class Session {
  readonly #plan: SessionPlan;
  readonly #results: { readonly k: number; readonly result: Result }[] = [];
  readonly #startedAt = new Date();
  readonly #total: number;
  #second: SecondSet | undefined;
  #done = 0;

  constructor(plan: SessionPlan) {
    this.#plan = plan;
    this.#total = plan.cases.reduce((sum, row) => sum + this.#weightOf(row), 0) * plan.candidates.length;
  }

  /** Runs until the end or until the signal; the report holds what was finished. */
  async run(): Promise<Report> {
    const { cases, candidates, signal } = this.#plan;
    // One line of cases a backend, each at its own pace: a slow one holds up the others by a few cases at most.
    const lines = new Map(candidates.map((candidate) => [candidate, Promise.resolve()]));
    const open: Promise<unknown>[] = [];
    for (const [k, row] of cases.entries()) {
      const alone = this.#isTimed(row);
      while (open.length >= (alone ? 1 : casesAhead)) await open.shift();
      if (signal.aborted) break;
      const prepared = candidates.some(({ opened }) => opened) ? prepare(row, this.#plan.selection.seed) : undefined;
      for (const [candidate, line] of lines) {
        const next = line.then(() => this.#finish(candidate, k, prepared));
        lines.set(candidate, next);
        // Nothing runs beside a backend that is timed.
        if (alone) await next;
      }
      const all = Promise.all(lines.values());
      // What is thrown in a line is thrown below; here it must not end the process as nobody's.
      all.catch(() => undefined);
      open.push(all);
    }
    await Promise.all(lines.values());
    return this.#report();
  }

  /** Judges one case on one backend and hands the result on, unless the run was stopped meanwhile. */
  async #finish(candidate: Candidate, k: number, prepared: Prepared | undefined): Promise<void> {
    const { cases, signal, expectations, onResult, onProgress } = this.#plan;
    const row = cases[k]!;
    if (signal.aborted) return;
    const result = expectations.apply(await this.#judge(candidate, row, prepared));
    // A backend that was ended by Ctrl-C has not crashed.
    if (signal.aborted) return;
    this.#results.push({ k, result });
    onResult(result);
    this.#done += this.#weightOf(row);
    onProgress(this.#done, this.#total, `${result.backend} ${row.id}`);
  }

  /** The data that takes turns with the first while a case is timed; made once for all backends. */
  #secondSetOf(row: Case): SecondSet {
    if (this.#second?.row !== row) this.#second = prepareInputs(row, this.#plan.selection.seed + 1);
    return this.#second;
  }

  #weightOf(row: Case): number {
    return this.#isTimed(row) ? weightOfTiming : 1;
  }

  #isTimed(row: Case): boolean {
    return this.#plan.timing !== undefined && (row.timed || this.#plan.timeAll);
  }

  #judge(candidate: Candidate, row: Case, prepared: Prepared | undefined): Promise<Result> {
    const command = this.#isTimed(row) ? 'bench' : 'verify';
    const { seed } = this.#plan.selection;
    const last = row === this.#plan.cases.at(-1);
    return judge(candidate, row, { command, seed, last }, () => this.#verifyAndTime(candidate, row, prepared!));
  }

  async #verifyAndTime(candidate: Candidate, row: Case, prepared: Prepared): Promise<Outcome> {
    const subject = subjectOf(candidate, this.#plan.limits);
    const verdict = await verifyCase(prepared, subject);
    if (!this.#isTimed(row) || (verdict.status !== 'passed' && verdict.status !== 'untrusted')) return verdict;
    const software = candidate.opened?.device?.software ?? false;
    const second = this.#secondSetOf(row);
    const timed = await timeCase(prepared, second, subject, this.#plan.timing!, software).catch(failedWhenTimed);
    return timed.status === 'passed' ? { ...verdict, timing: timed.timing } : { ...verdict, ...timed };
  }

  #report(): Report {
    const { selection, candidates, signal } = this.#plan;
    const entries: readonly BackendEntry[] = candidates.map(reportedBackend);
    return {
      schema: 'https://normgauge.dev/report.schema.json',
      version: 1,
      tool: { name: 'normgauge', version: toolVersion() },
      startedAt: this.#startedAt.toISOString(),
      seconds: (Date.now() - this.#startedAt.getTime()) / 1000,
      interrupted: signal.aborted,
      environment: describeEnvironment(),
      selection,
      backends: entries,
      // In the order of the cases, whichever backend was quicker.
      results: this.#results.toSorted((a, b) => a.k - b.k).map(({ result }) => result),
    };
  }
}
