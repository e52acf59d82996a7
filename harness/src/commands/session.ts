import type { BackendEntry, Report, Result, Selection, Status } from '@normgauge/reports';
import type { Case } from '../cases/case.ts';
import type { Expectations } from '../cases/expectations.ts';
import { LostProcess } from '../hosts/childProcess.ts';
import { type Prepared, prepare } from '../verify/prepare.ts';
import { KernelFault } from '../verify/subject.ts';
import { type Verdict, verifyCase } from '../verify/verifyCase.ts';
import { describeEnvironment, toolVersion } from './environment.ts';
import { quoted } from './shellWords.ts';
import { type Candidate, idOf, reportedBackend, subjectOf, type TimeLimits } from './subjects.ts';
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

function reproduceCommand(command: 'verify' | 'bench', asked: string, row: Case, seed: number): string {
  return `npx normgauge ${command} --backend ${quoted(asked)} --case ${quoted(row.id)} --seed ${seed}`;
}

/** A backend that throws only when it is called often is wrong, like one that throws at once. */
function failedWhenTimed(error: unknown): Timed {
  if (error instanceof KernelFault) return { status: 'failed', cause: `when timed: ${error.message}` };
  throw error;
}

const unjudged = { tensors: [], gradients: [], checks: [] } as const;

/** Every case on every backend, case by case so that inputs and reference are made once. */
export class Session {
  readonly #plan: SessionPlan;
  readonly #results: Result[] = [];
  readonly #startedAt = new Date();

  constructor(plan: SessionPlan) {
    this.#plan = plan;
  }

  /** Runs until the end or until the signal; the report holds what was finished. */
  async run(): Promise<Report> {
    const { cases, candidates, signal, onProgress } = this.#plan;
    const weights = cases.map((row) => (this.#isTimed(row) ? weightOfTiming : 1) * candidates.length);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    let done = 0;
    for (const [k, row] of cases.entries()) {
      if (signal.aborted) break;
      const prepared = candidates.some(({ opened }) => opened) ? prepare(row, this.#plan.selection.seed) : undefined;
      onProgress(done, total, row.id);
      const results = this.#isTimed(row)
        ? await this.#oneByOne(row, prepared)
        : await Promise.all(candidates.map((candidate) => this.#judge(candidate, row, prepared)));
      // A backend that was ended by Ctrl-C has not crashed.
      if (signal.aborted) break;
      for (const result of results.map((judged) => this.#plan.expectations.apply(judged))) {
        this.#results.push(result);
        this.#plan.onResult(result);
      }
      done += weights[k]!;
    }
    return this.#report();
  }

  /** Nothing runs beside a backend that is timed. */
  async #oneByOne(row: Case, prepared: Prepared | undefined): Promise<readonly Result[]> {
    const results: Result[] = [];
    for (const candidate of this.#plan.candidates) results.push(await this.#judge(candidate, row, prepared));
    return results;
  }

  #isTimed(row: Case): boolean {
    return this.#plan.timing !== undefined && (row.timed || this.#plan.timeAll);
  }

  async #judge(candidate: Candidate, row: Case, prepared: Prepared | undefined): Promise<Result> {
    const began = performance.now();
    const outcome = await this.#outcome(candidate, row, prepared);
    const command = this.#isTimed(row) ? 'bench' : 'verify';
    const { op, layout, shape } = row.problem;
    return {
      backend: idOf(candidate),
      case: row.id,
      op,
      layout,
      shape: [shape.n, shape.c, ...shape.spatial],
      fill: row.fill.name,
      convention: row.convention,
      seed: this.#plan.selection.seed,
      catches: row.catches,
      seconds: (performance.now() - began) / 1000,
      ...outcome,
      reproduce: reproduceCommand(command, candidate.asked, row, this.#plan.selection.seed),
    };
  }

  async #outcome(
    candidate: Candidate,
    row: Case,
    prepared: Prepared | undefined,
  ): Promise<Verdict | (Pick<Result, 'cause' | 'timing' | 'tensors' | 'gradients' | 'checks'> & { status: Status })> {
    if (candidate.unavailable !== undefined) return { status: 'skipped', reason: candidate.unavailable, ...unjudged };
    if (candidate.lost) return { status: candidate.lost.status, cause: candidate.lost.message, ...unjudged };
    try {
      const subject = subjectOf(candidate, this.#plan.limits);
      const verdict = await verifyCase(prepared!, subject);
      if (!this.#isTimed(row) || (verdict.status !== 'passed' && verdict.status !== 'untrusted')) return verdict;
      const software = candidate.opened?.device?.software ?? false;
      const timed = await timeCase(prepared!, subject, this.#plan.timing!, software).catch(failedWhenTimed);
      return timed.status === 'passed' ? { ...verdict, timing: timed.timing } : { ...verdict, ...timed };
    } catch (error) {
      if (error instanceof LostProcess) return { status: error.status, cause: error.message, ...unjudged };
      throw error;
    }
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
      results: this.#results,
    };
  }
}
