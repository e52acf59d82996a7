import type { Case } from '../cases/case.ts';
import { ArmsTogether } from '../gate/armsProcess.ts';
import type { Trial } from '../gate/calibration.ts';
import { type Decision, decideCases } from '../gate/decideCases.ts';
import { partOf, shareIn } from '../gate/extraWork.ts';
import { counting, together } from '../gate/gateReport.ts';
import { type Heat, raceCase } from '../gate/raceCase.ts';
import { shuffled, type Uniform } from '../gate/rounds.ts';
import { alphaFor, type Margins, usualMargins } from '../gate/sequential.ts';
import { type Pilot, shareFor } from '../gate/tuneShare.ts';
import type { HostLimits } from '../hosts/backendHost.ts';
import { quantile } from '../measure/distribution.ts';
import { contestOf, type Verified, verifiedOn } from './gateContest.ts';
import { idOf, openCandidate } from './subjects.ts';

export interface CalibrationPlan {
  readonly cases: readonly Case[];
  /** How much more time is tried, as shares of the time. */
  readonly effects: readonly number[];
  /** Trials of unchanged code. */
  readonly unchanged: number;
  /** Trials of each effect. */
  readonly changed: number;
  readonly seed: number;
  readonly uniform: Uniform;
  /** Milliseconds of rounds of one case in one process. */
  readonly budget: number;
  /** Milliseconds for one request. */
  readonly limit: number;
  readonly hosts: HostLimits;
  readonly signal: AbortSignal;
  onProgress(done: number, total: number): void;
  onLine(line: string): void;
}

/** The trials of one backend, by effect; 0 is unchanged code. */
export interface Calibrated {
  readonly id: string;
  readonly version: string;
  readonly software: boolean;
  readonly trials: ReadonlyMap<number, readonly Trial[]>;
}

/** Margins at which no look decides: all rounds are taken. */
const undeciding: Margins = {
  fail: Number.POSITIVE_INFINITY,
  pass: 0,
  control: Number.POSITIVE_INFINITY,
};
/** Shares that the pilots try, and how often: one pilot may be off by 1 %. */
const pilotShares = [0.02, 0.12] as const;
const pilotsEach = 3;

/** How far the time may be from the one that is wanted, as a share of it, and how often a share is put right. */
const near = 0.1;
const corrections = 2;

class Calibrating {
  readonly #asked: Awaited<ReturnType<typeof openCandidate>>;
  readonly #plan: CalibrationPlan;
  readonly trials: Map<number, Trial[]> = new Map();
  #done = 0;

  constructor(asked: Awaited<ReturnType<typeof openCandidate>>, plan: CalibrationPlan) {
    this.#asked = asked;
    this.#plan = plan;
  }

  get #settings(): { readonly alpha: number; readonly budget: number; readonly limit: number } {
    const { budget, limit } = this.#plan;
    return { alpha: alphaFor(1), budget, limit };
  }

  #sources(extraWork: number) {
    const { source } = this.#asked.host;
    const honest = { source, extraWork: 0 };
    return [honest, { source, extraWork }, honest] as const;
  }

  /** Decides cases as a gate does, and counts what came of them. */
  async #decide(effect: number, extraWork: number, cases: readonly Verified[]): Promise<void> {
    const { seed, uniform, signal, hosts } = this.#plan;
    await decideCases(
      cases.map((of) => ({ of, margins: usualMargins, contest: () => contestOf(of, seed) })),
      {
        sources: this.#sources(extraWork),
        settings: this.#settings,
        memory: hosts.memory,
        uniform,
        signal,
        onDecision: (of, decision) => this.#count(effect, of, decision),
      },
    );
  }

  #count(effect: number, { row }: Verified, { conclusion, reason, heats }: Decision): void {
    const { changed, unchanged, effects, onProgress, onLine } = this.#plan;
    if (conclusion === 'wrong') throw new Error(`${row.id}: ${reason}`);
    const valid = counting(heats);
    const { median } = together(valid.map(({ look }) => look.head));
    const trial = { conclusion, ratio: median, seconds: heats.reduce((sum, { seconds }) => sum + seconds, 0) };
    this.trials.set(effect, [...(this.trials.get(effect) ?? []), trial]);
    const wanted = effect === 0 ? 'pass' : 'fail';
    if (conclusion !== wanted) {
      onLine(`${row.id}, ${effect === 0 ? 'unchanged' : `+${effect * 100} %`}: ${conclusion} (${median.toFixed(3)}×)`);
    }
    onProgress(++this.#done, unchanged + changed * effects.length);
  }

  async unchanged(cases: readonly Verified[]): Promise<void> {
    for (let left = this.#plan.unchanged; left > 0 && !this.#plan.signal.aborted; left -= cases.length) {
      await this.#decide(0, 0, cases.slice(0, left));
    }
  }

  async changed(cases: readonly Verified[]): Promise<void> {
    const { effects, changed, signal, onLine } = this.#plan;
    const tuned: { readonly of: Verified; readonly shares: ReadonlyMap<number, number> }[] = [];
    for (const of of cases) {
      if (signal.aborted) return;
      const shares = await this.#tune(of);
      if (shares.size > 0) tuned.push({ of, shares });
      else onLine(`${of.row.id}: too small to be made a little slower by doing a part of it again`);
    }
    for (const effect of effects) {
      const able = tuned.filter(({ shares }) => shares.has(effect));
      for (let k = 0; k < changed && able.length > 0 && !signal.aborted; k++) {
        const { of, shares } = able[k % able.length]!;
        await this.#decide(effect, shares.get(effect)!, [of]);
      }
    }
  }

  /** The share of work to repeat for each effect, found by trying. */
  async #tune(of: Verified): Promise<ReadonlyMap<number, number>> {
    const [low, high] = [await this.#pilot(of, pilotShares[0]), await this.#pilot(of, pilotShares[1])];
    const shares = new Map<number, number>();
    for (const effect of this.#plan.effects) {
      // A part of another size is another problem, so that the line between the pilots only leads near.
      const share = await this.#corrected(of, effect, shareFor(effect, low, high));
      if (share !== undefined) shares.set(effect, share);
    }
    return shares;
  }

  async #corrected(of: Verified, effect: number, share: number | undefined): Promise<number | undefined> {
    if (share === undefined) return undefined;
    let pilot = await this.#pilot(of, share);
    for (let k = 0; k < corrections && Math.abs(pilot.seen - effect) > near * effect; k++) {
      if (!(pilot.seen > 0)) return undefined;
      pilot = await this.#pilot(of, Math.min(1, pilot.share * (effect / pilot.seen)));
    }
    return pilot.share;
  }

  async #pilot({ row, ...rest }: Verified, wanted: number): Promise<Pilot> {
    const share = shareIn(row.problem, partOf(row.problem, wanted));
    const seen: number[] = [];
    for (let k = 0; k < pilotsEach; k++) seen.push(await this.#seen({ row, ...rest }, share));
    return { share, seen: quantile(Float64Array.from(seen).sort(), 0.5) };
  }

  /** How much longer it takes with so much more work, over all rounds of a look. */
  async #seen(of: Verified, extraWork: number): Promise<number> {
    const { hosts, uniform, seed } = this.#plan;
    const racing = await ArmsTogether.open(this.#sources(extraWork), shuffled(uniform), 3 * hosts.memory);
    try {
      const heat: Heat | { readonly wrong: string; readonly cause: string } = await raceCase(
        racing,
        contestOf(of, seed),
        { ...this.#settings, margins: undeciding, movable: true },
        uniform,
      );
      if ('wrong' in heat) throw new Error(`${of.row.id}: ${heat.cause}`);
      return heat.look.head.median - 1;
    } finally {
      racing.kill();
    }
  }
}

/**
 * Lets the gate decide cases of which the right answer is known.
 * @returns undefined where the backend cannot run here, or supports none of the cases
 */
export async function calibrateBackend(name: string, plan: CalibrationPlan): Promise<Calibrated | undefined> {
  const candidate = await openCandidate(name, plan.hosts);
  try {
    if (!candidate.opened) {
      plan.onLine(`${name}: ${candidate.unavailable ?? candidate.lost?.message}`);
      return undefined;
    }
    const { version, device } = candidate.opened;
    const cases: Verified[] = [];
    for (const row of plan.cases) {
      const { supported } = await candidate.host.call('supports', { problem: row.problem }, plan.limit);
      if (supported === true) cases.push(await verifiedOn({ base: candidate, head: candidate }, row, plan.limit));
    }
    await candidate.host.close();
    if (cases.length === 0) {
      plan.onLine(`${name}: supports none of the cases`);
      return undefined;
    }
    const calibrating = new Calibrating(candidate, plan);
    await calibrating.unchanged(cases);
    await calibrating.changed(cases);
    return { id: idOf(candidate), version, software: device?.software ?? false, trials: calibrating.trials };
  } finally {
    await candidate.host.close();
  }
}
