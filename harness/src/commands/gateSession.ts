import type { Case } from '../cases/case.ts';
import { seedOf, uniformFrom } from '../cases/random.ts';
import type { Runtimes } from '../gate/arms.ts';
import { type Decision, decideCases, type Entry } from '../gate/decideCases.ts';
import { counting, type GateRow, processEntry, ratioOf, together } from '../gate/gateReport.ts';
import type { MarginsOf } from '../gate/margins.ts';
import { NotRun } from '../gate/notRun.ts';
import type { HostLimits } from '../hosts/backendHost.ts';
import type { Runtime } from '../hosts/childProcess.ts';
import type { BackendSource } from '../hosts/protocol.ts';
import { contestOf, type Verified, verifiedOn } from './gateContest.ts';
import { type Compared, compareCorrectness, type Sides } from './gateCorrectness.ts';
import { idOf, openCandidate } from './subjects.ts';

/** One backend under the gate. */
export interface GateSubject {
  /** As it was asked for; it stands in reproduce commands. */
  readonly asked: string;
  readonly base: BackendSource;
  readonly head: BackendSource;
}

/** What a gate needs to know. */
export interface GatePlan {
  readonly cases: readonly Case[];
  isTimed(row: Case): boolean;
  readonly seed: number;
  readonly marginsOf: MarginsOf;
  readonly alpha: number;
  /** Milliseconds of rounds of one case in one process. */
  readonly budget: number;
  /** Milliseconds for one request. */
  readonly limit: number;
  /** Of a process of one backend; that of all three gets three times the memory. */
  readonly hosts: HostLimits;
  /** Where each side runs, when they cannot share a process. */
  readonly apart?: Runtimes;
  readonly signal: AbortSignal;
  /** The command that repeats the gate on one case. */
  reproduce(asked: string, row: Case): string;
  onRow(row: GateRow): void;
  onProgress(label: string): void;
  onLeftOut(backend: string): void;
}

/** A case that is right on both sides, and is to be timed. */
interface Timed extends Verified {
  readonly grade: NonNullable<GateRow['grade']>;
}

/** Why a decision is no pass, or is better than one. */
function reasonOf({ conclusion, wrong, reason, heats }: Decision): string | undefined {
  if (conclusion === 'wrong') return `${wrong === 'head' ? 'head' : 'base'}: ${reason}`;
  if (reason !== undefined) return reason;
  switch (conclusion) {
    case 'fail':
      return `slower than base, in ${heats.filter(({ outcome }) => outcome === 'slower').length} processes`;
    case 'invalid':
      return 'two instances of base differ from one another in every process, so that nothing can be said of head';
    case 'inconclusive':
      return heats.some(({ look }) => !Number.isFinite(look.head.high))
        ? 'the budget was over before there were rounds enough to say anything; give more with --budget'
        : `neither slower nor not slower with confidence, in ${heats.length} processes`;
    case 'pass':
      return undefined;
  }
}

function verdictOfDecision({ conclusion, wrong }: Decision): GateRow['verdict'] {
  if (conclusion !== 'wrong') return conclusion;
  return wrong === 'head' ? 'fail' : 'not-run';
}

/** Verifies and times one backend's base and head; rows come as they are settled. */
export class GateSession {
  readonly #subject: GateSubject;
  readonly #plan: GatePlan;
  #backend: string;
  #software = false;

  constructor(subject: GateSubject, plan: GatePlan) {
    this.#subject = subject;
    this.#plan = plan;
    this.#backend = subject.asked;
  }

  /**
   * @returns the id under which the rows stand
   * @throws {NotRun} when base cannot be opened, {UsageError} when head cannot
   */
  async run(): Promise<string> {
    const timed = await this.#correctness();
    if (timed.length > 0 && !this.#plan.signal.aborted) await this.#time(timed);
    return this.#backend;
  }

  async #correctness(): Promise<readonly Timed[]> {
    const { cases, signal, isTimed, onProgress, onLeftOut } = this.#plan;
    const sides = await this.#open();
    const kill = (): void => [sides.base, sides.head].forEach(({ host }) => void host.kill());
    signal.addEventListener('abort', kill);
    try {
      const timed: Timed[] = [];
      for (const row of cases) {
        onProgress(`${this.#backend} ${row.id}`);
        const compared = await compareCorrectness(sides, row, this.#plan.seed, { request: this.#plan.limit });
        if (signal.aborted) break;
        if (compared.kind === 'on-neither') onLeftOut(this.#backend);
        else if (compared.kind === 'right' && isTimed(row)) {
          timed.push({ grade: compared.grade, ...(await verifiedOn(sides, row, this.#plan.limit)) });
        } else this.#settle(row, compared);
      }
      return timed;
    } finally {
      signal.removeEventListener('abort', kill);
      // Before anything is timed: nothing of it runs beside the arms.
      await Promise.all([sides.base.host.close(), sides.head.host.close()]);
    }
  }

  async #open(): Promise<Sides> {
    const { asked, base: baseSource, head: headSource } = this.#subject;
    const { hosts, apart } = this.#plan;
    const at = (runtime: Runtime | undefined): HostLimits => ({ ...hosts, ...(runtime && { runtime }) });
    const head = await openCandidate(asked, at(apart?.head), headSource);
    try {
      const base = await openCandidate(asked, at(apart?.base), baseSource);
      this.#backend = idOf(head.opened ? head : base);
      this.#software = (head.opened ?? base.opened)?.device?.software ?? false;
      return { base, head };
    } catch (error) {
      head.host.kill();
      throw new NotRun(`on base: ${(error as Error).message}`);
    }
  }

  /** A case that nothing more is asked about. */
  #settle(row: Case, compared: Exclude<Compared, { kind: 'on-neither' }> & { readonly reproduce: string }): void {
    const { kind, reproduce } = compared;
    const verdict = kind === 'right' ? 'pass' : kind === 'worse' ? 'fail' : 'not-run';
    this.#plan.onRow({
      backend: this.#backend,
      case: row.id,
      verdict,
      ...(kind !== 'right' && { reason: compared.reason }),
      improved: false,
      ...('grade' in compared && compared.grade && { grade: compared.grade }),
      reproduce,
    });
  }

  #time(timed: readonly Timed[]): Promise<void> {
    const { seed, marginsOf, alpha, budget, limit, hosts, signal } = this.#plan;
    const { base, head } = this.#subject;
    const entries = timed.map(
      (of): Entry<Timed> => ({
        of,
        margins: marginsOf(this.#backend, of.row.id),
        contest: () => {
          this.#plan.onProgress(`${this.#backend} ${of.row.id}`);
          return contestOf(of, seed);
        },
      }),
    );
    return decideCases(entries, {
      sources: [
        { source: base, extraWork: 0 },
        { source: head, extraWork: 0 },
        { source: base, extraWork: 0 },
      ],
      settings: { alpha, budget, limit },
      memory: hosts.memory,
      ...(this.#plan.apart && { apart: this.#plan.apart }),
      uniform: uniformFrom(seedOf('gate', seed, this.#backend)),
      signal,
      onDecision: (of, decision) => this.#plan.onRow(this.#rowOf(of, decision)),
    });
  }

  #rowOf({ row, grade }: Timed, decision: Decision): GateRow {
    const margins = this.#plan.marginsOf(this.#backend, row.id);
    const reason = reasonOf(decision);
    const heats = counting(decision.heats);
    const head = together(heats.map(({ look }) => look.head));
    const improved = decision.conclusion === 'pass' && heats.length > 0 && head.high < 1 / margins.fail;
    return {
      backend: this.#backend,
      case: row.id,
      verdict: verdictOfDecision(decision),
      ...(reason !== undefined && { reason }),
      improved,
      grade,
      ...(heats.length > 0 && {
        timing: {
          head: ratioOf(head),
          control: ratioOf(together(heats.map(({ look }) => look.control))),
          margins,
          processes: decision.heats.map(processEntry),
          seconds: decision.heats.reduce((sum, { seconds }) => sum + seconds, 0),
          software: this.#software,
        },
      }),
      reproduce: this.#plan.reproduce(this.#subject.asked, row),
    };
  }
}
