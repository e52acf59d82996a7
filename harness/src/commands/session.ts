import type { BackendEntry, Network, Report, Result, Selection } from '@normgauge/reports';
import type { Case } from '../cases/case.ts';
import type { Expectations } from '../cases/expectations.ts';
import { Diagnostician, type Experience } from '../diagnose/diagnostician.ts';
import { type Prepared, type PreparedSet, prepare, prepareInputs } from '../verify/prepare.ts';
import { BenchRounds } from './benchRounds.ts';
import { describeEnvironment, toolVersion } from './environment.ts';
import { judge, judgeFurther } from './judge.ts';
import { type Candidate, idOf, reportedBackend, subjectOf, type TimeLimits } from './subjects.ts';
import { failedWhenTimed, rowOf, type TimingBudget, timeCase } from './timeCase.ts';

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

/** A case that was verified on one backend. */
interface Verified {
  readonly candidate: Candidate;
  readonly row: Case;
  /** Absent where no backend is open that it could be verified on. */
  readonly prepared: Prepared | undefined;
  readonly result: Result;
}

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
    const { cases, signal } = this.#plan;
    const verifyOnly: Case[] = [];
    const verifyThese = () => this.#verifySideBySide(verifyOnly.splice(0), (verified) => this.#publish(verified));
    for (const row of cases.filter((each) => this.#remaining(each).length > 0)) {
      if (signal.aborted) break;
      if (this.#isTimed(row)) {
        await verifyThese();
        await this.#timeAlone(row);
      } else verifyOnly.push(row);
    }
    await verifyThese();
    this.#overrun = Math.max(0, performance.now() - (this.#plan.deadline ?? Number.POSITIVE_INFINITY));
    await this.#rounds?.spend();
    return this.#report();
  }

  /** Verifies cases on every backend, each at its own pace: a slow one holds up the others by a few cases at most. */
  async #verifySideBySide(rows: readonly Case[], onVerified: (verified: Verified) => void): Promise<void> {
    const { candidates, signal, selection } = this.#plan;
    const lines = new Map(candidates.map((candidate) => [candidate, Promise.resolve()]));
    const open: Promise<unknown>[] = [];
    for (const row of rows) {
      while (open.length >= casesAhead) await open.shift();
      if (signal.aborted) break;
      const remaining = this.#remaining(row);
      const prepared = remaining.some(({ opened }) => opened) ? prepare(row, selection.seed) : undefined;
      for (const candidate of remaining) {
        const verify = async () => {
          if (signal.aborted) return;
          onVerified({ candidate, row, prepared, result: await this.#verify(candidate, row, prepared) });
        };
        lines.set(candidate, lines.get(candidate)!.then(verify));
      }
      const all = Promise.all(lines.values());
      // What is thrown in a line is thrown below; here it must not end the process as nobody's.
      all.catch(() => undefined);
      open.push(all);
    }
    await Promise.all(lines.values());
  }

  /** Verifies a case on all backends side by side, and then times it, one backend after the other and beside nothing else. */
  async #timeAlone(row: Case): Promise<void> {
    const all: Verified[] = [];
    await this.#verifySideBySide([row], (verified) => all.push(verified));
    for (const verified of all) {
      if (this.#plan.signal.aborted) return;
      this.#publish({ ...verified, result: await this.#time(verified) });
    }
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

  /** Hands a result on, unless the run was stopped meanwhile: a backend that was ended by Ctrl-C has not crashed. */
  #publish({ candidate, row, result: judged }: Verified): void {
    const { signal, expectations, onResult, onProgress } = this.#plan;
    if (signal.aborted) return;
    const result = expectations.apply(judged);
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

  /** Whether the backends are closed as a part of this case. */
  #isLast(row: Case): boolean {
    return this.#rounds === undefined && row === this.#plan.cases.at(-1);
  }

  #verify(candidate: Candidate, row: Case, prepared: Prepared | undefined): Promise<Result> {
    const timed = this.#isTimed(row);
    const { seed } = this.#plan.selection;
    const last = !timed && this.#isLast(row);
    return judge(candidate, row, { command: timed ? 'bench' : 'verify', seed, last }, () =>
      this.#diagnosticians.get(candidate)!.verify(prepared!, subjectOf(candidate, this.#plan.limits)),
    );
  }

  /** What was verified with its times, or as it is where it did not pass. */
  #time({ candidate, row, prepared, result }: Verified): Promise<Result> {
    return judgeFurther(candidate, result, this.#isLast(row), async () => {
      if (result.status !== 'passed' && result.status !== 'untrusted') return {};
      const { timing: budget, limits } = this.#plan;
      const second = this.#secondSetOf(row);
      const software = candidate.opened?.device?.software ?? false;
      const began = performance.now();
      const timed = await timeCase(prepared!, second, subjectOf(candidate, limits), budget!, software).catch(
        failedWhenTimed,
      );
      if (timed.status !== 'failed') {
        const took = performance.now() - began;
        this.#rounds?.keep(candidate, result, { prepared: prepared!, second }, timed.taken, took);
      }
      return rowOf<Partial<Result>>({}, timed);
    });
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
