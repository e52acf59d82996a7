import type { BackendEntry, Network, Report, Result, Selection } from '@normgauge/reports';
import type { Case } from '../cases/case.ts';
import type { Expectations } from '../cases/expectations.ts';
import { Diagnostician, type Experience } from '../diagnose/diagnostician.ts';
import { type Prepared, type PreparedSet, prepare, prepareInputs } from '../verify/prepare.ts';
import { BenchRounds } from './benchRounds.ts';
import { describeEnvironment, toolVersion } from './environment.ts';
import { judge, type Outcome } from './judge.ts';
import { type Candidate, idOf, reportedBackend, subjectOf, type TimeLimits } from './subjects.ts';
import { failedWhenTimed, type TimingBudget, timeCase } from './timeCase.ts';
import { type Place, Turns } from './turns.ts';

/** What a run needs to know. */
export interface SessionPlan {
  readonly selection: Selection;
  readonly cases: readonly Case[];
  readonly candidates: readonly Candidate[];
  /** Networks of which some of the cases are layers. */
  readonly networks: readonly Network[];
  /** Absent: nothing is timed. */
  readonly timing?: TimingBudget;
  /** Also times cases that their suite does not. */
  readonly timeAll: boolean;
  readonly limits: TimeLimits;
  /** When the last case is to be over, by `performance.now()`: time that is left by then goes to where times are least sure. */
  readonly deadline?: number;
  readonly signal: AbortSignal;
  readonly expectations: Expectations;
  /** Results of the same run from before it was stopped or killed; these are not tried again. */
  readonly earlier: readonly Result[];
  /** What was learned about each backend in them, by its id: with it the diagnoses go on as they would have. */
  readonly learned: ReadonlyMap<string, Experience>;
  /** When the run began, ISO 8601, and its wall time before it went on, seconds. */
  readonly startedAt: string;
  readonly secondsBefore: number;
  /** @param experience what the diagnosis of this backend's failures has learned up to this one */
  onResult(result: Result, experience?: Experience): void;
  onProgress(done: number, total: number, label: string): void;
}

/** A time is worth about this many verifications, for the estimate of the time left. */
const weightOfTiming = 8;
/** Cases that are prepared and not yet judged by every backend. */
const casesAhead = 4;

/** What names a result within a run. */
function keyOf(backend: string, address: string): string {
  return `${address} ${backend}`;
}

/** Every case on every backend, case by case so that inputs and reference are made once. */
export class Session {
  readonly #plan: SessionPlan;
  readonly #results: Result[];
  /** Those of `earlier`, by `keyOf`. */
  readonly #known: ReadonlySet<string>;
  readonly #began = performance.now();
  readonly #total: number;
  /** Absent: every row is visited once. */
  readonly #rounds: BenchRounds | undefined;
  readonly #diagnosticians: ReadonlyMap<Candidate, Diagnostician>;
  #second: PreparedSet | undefined;
  #done = 0;
  #overrun = 0;

  constructor(plan: SessionPlan) {
    this.#plan = plan;
    this.#diagnosticians = new Map(
      plan.candidates.map((candidate) => [candidate, new Diagnostician(plan.learned.get(idOf(candidate)))]),
    );
    this.#results = [...plan.earlier];
    this.#known = new Set(plan.earlier.map((result) => keyOf(result.backend, result.case)));
    this.#rounds = this.#roundsUntil(plan.deadline);
    const weights = plan.cases.map((row) => this.#weightOf(row) * this.#remaining(row).length);
    this.#total = weights.reduce((sum, weight) => sum + weight, 0);
  }

  /** Runs until the end or until the signal; the report holds what was finished. */
  async run(): Promise<Report> {
    const { cases, candidates, signal } = this.#plan;
    // One line of cases a backend, each at its own pace: a slow one holds up the others by a few cases at most.
    const lines = new Map(candidates.map((candidate) => [candidate, Promise.resolve()]));
    const open: Promise<unknown>[] = [];
    for (const row of cases) {
      const remaining = this.#remaining(row);
      if (remaining.length === 0) continue;
      while (open.length >= casesAhead) await open.shift();
      if (signal.aborted) break;
      const prepared = remaining.some(({ opened }) => opened) ? prepare(row, this.#plan.selection.seed) : undefined;
      const turns = new Turns();
      for (const [candidate, place] of remaining.map((candidate) => [candidate, turns.place()] as const)) {
        const finish = () => this.#finish(candidate, row, prepared, place).finally(() => place.leave());
        lines.set(candidate, lines.get(candidate)!.then(finish));
      }
      const all = Promise.all(lines.values());
      // What is thrown in a line is thrown below; here it must not end the process as nobody's.
      all.catch(() => undefined);
      open.push(all);
      // Nothing runs beside a backend that is timed: those before have ended when the turns begin, those after wait.
      if (this.#isTimed(row)) await all;
    }
    await Promise.all(lines.values());
    this.#overrun = Math.max(0, performance.now() - (this.#plan.deadline ?? Number.POSITIVE_INFINITY));
    await this.#rounds?.spend();
    return this.#report();
  }

  /** Milliseconds by which what had to be done took longer than there was time; 0 when it did not, or when none was set. */
  get overrun(): number {
    return this.#overrun;
  }

  #roundsUntil(deadline: number | undefined): BenchRounds | undefined {
    if (deadline === undefined) return undefined;
    const { selection, cases, candidates, limits, signal, expectations, onProgress } = this.#plan;
    const isOf = (result: Result, candidate: Candidate, row: Case): boolean =>
      result.case === row.id && result.backend === idOf(candidate);
    return new BenchRounds({
      deadline,
      limits,
      signal,
      candidates,
      last: cases.at(-1)!,
      prepare: (row) => ({
        prepared: prepare(row, selection.seed),
        second: prepareInputs(row, selection.seed + 1),
      }),
      resultOf: (candidate, row) => this.#results.find((result) => isOf(result, candidate, row)),
      replace: (candidate, row, result) => {
        const at = this.#results.findIndex((earlier) => isOf(earlier, candidate, row));
        this.#results[at] = expectations.apply(result);
      },
      onVisit: (label) => onProgress(this.#total, this.#total, label),
    });
  }

  /** Judges one case on one backend and hands the result on, unless the run was stopped meanwhile. */
  async #finish(candidate: Candidate, row: Case, prepared: Prepared | undefined, place: Place): Promise<void> {
    const { signal, expectations, onResult, onProgress } = this.#plan;
    if (signal.aborted) return;
    const result = expectations.apply(await this.#judge(candidate, row, prepared, place));
    // A backend that was ended by Ctrl-C has not crashed.
    if (signal.aborted) return;
    this.#results.push(result);
    onResult(result, result.diagnosis && this.#diagnosticians.get(candidate)!.experience);
    this.#done += this.#weightOf(row);
    onProgress(this.#done, this.#total, `${result.backend} ${row.id}`);
  }

  /** The backends that have still to be tried on a case. */
  #remaining(row: Case): readonly Candidate[] {
    return this.#plan.candidates.filter((candidate) => !this.#known.has(keyOf(idOf(candidate), row.id)));
  }

  /** In the order of the cases and then of the backends, whichever came first. */
  #sortedResults(): readonly Result[] {
    const byKey = new Map(this.#results.map((result) => [keyOf(result.backend, result.case), result]));
    return this.#plan.cases.flatMap((row) =>
      this.#plan.candidates.flatMap((candidate) => byKey.get(keyOf(idOf(candidate), row.id)) ?? []),
    );
  }

  /** The data that takes turns with the first while a case is timed; made once for all backends. */
  #secondSetOf(row: Case): PreparedSet {
    if (this.#second?.row !== row) this.#second = prepareInputs(row, this.#plan.selection.seed + 1);
    return this.#second;
  }

  #weightOf(row: Case): number {
    return this.#isTimed(row) ? weightOfTiming : 1;
  }

  #isTimed(row: Case): boolean {
    return this.#plan.timing !== undefined && (row.timed || this.#plan.timeAll);
  }

  #judge(candidate: Candidate, row: Case, prepared: Prepared | undefined, place: Place): Promise<Result> {
    const command = this.#isTimed(row) ? 'bench' : 'verify';
    const { seed } = this.#plan.selection;
    const last = this.#rounds === undefined && row === this.#plan.cases.at(-1);
    return judge(candidate, row, { command, seed, last }, () => this.#verifyAndTime(candidate, row, prepared!, place));
  }

  async #verifyAndTime(candidate: Candidate, row: Case, prepared: Prepared, place: Place): Promise<Outcome> {
    const subject = subjectOf(candidate, this.#plan.limits);
    const verdict = await this.#diagnosticians.get(candidate)!.verify(prepared, subject);
    if (!this.#isTimed(row) || (verdict.status !== 'passed' && verdict.status !== 'untrusted')) return verdict;
    const software = candidate.opened?.device?.software ?? false;
    const second = this.#secondSetOf(row);
    const { timed, took } = await place.take(async () => {
      const began = performance.now();
      const outcome = await timeCase(prepared, second, subject, this.#plan.timing!, software).catch(failedWhenTimed);
      return { timed: outcome, took: performance.now() - began };
    });
    if (timed.status !== 'passed') return { ...verdict, ...timed };
    this.#rounds?.keep(candidate, { prepared, second }, timed.taken, took);
    return { ...verdict, timing: timed.timing };
  }

  #report(): Report {
    const { selection, candidates, networks, signal, startedAt, secondsBefore } = this.#plan;
    const entries: readonly BackendEntry[] = candidates.map(reportedBackend);
    return {
      schema: 'https://normgauge.dev/report.schema.json',
      version: 1,
      tool: { name: 'normgauge', version: toolVersion() },
      startedAt,
      seconds: secondsBefore + (performance.now() - this.#began) / 1000,
      interrupted: signal.aborted,
      environment: describeEnvironment(),
      selection,
      backends: entries,
      results: this.#sortedResults(),
      ...(networks.length > 0 && { networks }),
    };
  }
}
