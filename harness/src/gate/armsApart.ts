import type { LostProcess } from '../hosts/childProcess.ts';
import type { Samples } from '../hosts/protocol.ts';
import {
  type ArmOutputs,
  type ArmSource,
  type Arms,
  arms,
  type EachArm,
  type Order,
  type RaceConditions,
  type Runtimes,
} from './arms.ts';
import { ArmsProcess, named } from './armsProcess.ts';

/** Samples of an arm while it has its turn, after one that is dropped: the first call after a switch takes 1.4 times as long. */
const samplesOfTurn = 4;

/** A turn as it is asked of a process: the only arm that it has, so many times. */
const turn = new Uint8Array(1 + samplesOfTurn);

/** What one arm's turns have given so far. */
interface Taken {
  readonly milliseconds: number[];
  readonly preempted: number[];
  callsPerSample: number;
}

/**
 * Every arm in a fresh process of its own, for what cannot share one: another Node, or other flags for it. They take turns, and of
 * a turn its fastest sample counts, since whatever a process is disturbed by makes it slower.
 */
export class ArmsApart implements Arms {
  readonly #processes: EachArm<ArmsProcess>;

  private constructor(processes: EachArm<ArmsProcess>) {
    this.#processes = processes;
  }

  /**
   * @param memoryLimit MiB of each process
   * @throws {ArmFault} when a module or a backend throws, {LostProcess} when a process ends or is ended first
   */
  static async open(
    sources: EachArm<ArmSource>,
    order: Order,
    memoryLimit: number,
    { base, head }: Runtimes,
  ): Promise<ArmsApart> {
    const runtimes = [base, head, base] as const;
    const opened: ArmsProcess[] = [];
    try {
      for (const k of order) {
        opened[k] = await ArmsProcess.open([named(sources)[k]!], [0], memoryLimit, runtimes[k]);
      }
      return new ArmsApart([opened[0]!, opened[1]!, opened[2]!]);
    } catch (error) {
      for (const process of opened) process?.kill();
      throw error;
    }
  }

  get lost(): LostProcess | undefined {
    return this.#processes.find(({ lost }) => lost)?.lost;
  }

  async ready(request: RaceConditions, limit: number): Promise<EachArm<ArmOutputs>> {
    const outputs: ArmOutputs[] = [];
    for (const k of request.order) {
      outputs[k] = (await this.#processes[k]!.ask('ready', { ...request, order: [0] }, limit)).outputs[0]!;
    }
    return [outputs[0]!, outputs[1]!, outputs[2]!];
  }

  async race(order: Uint8Array, milliseconds: number, limit: number): Promise<EachArm<Samples>> {
    const until = performance.now() + milliseconds;
    const taken = arms.map((): Taken => ({ milliseconds: [], preempted: [], callsPerSample: 0 }));
    for (let at = 0; at < order.length && (at === 0 || performance.now() < until); at += arms.length) {
      for (const arm of order.subarray(at, at + arms.length)) await this.#turn(arm, taken[arm]!, limit);
    }
    const [base, head, control] = taken.map(
      (each): Samples => ({
        callsPerSample: each.callsPerSample,
        milliseconds: Float64Array.from(each.milliseconds),
        preempted: Uint8Array.from(each.preempted),
      }),
    );
    return [base!, head!, control!];
  }

  async #turn(arm: number, taken: Taken, limit: number): Promise<void> {
    // No time is set to a turn, but to the race; a process that hangs is ended at the limit.
    const request = { arms: 1, order: turn, milliseconds: limit };
    const { samples } = await this.#processes[arm]!.ask('race', request, 2 * limit);
    const { milliseconds, preempted, callsPerSample } = samples[0]!;
    // Where there was time for one only, that one counts.
    const from = milliseconds.length > 1 ? 1 : 0;
    let fastest = from;
    for (let k = from; k < milliseconds.length; k++) if (milliseconds[k]! < milliseconds[fastest]!) fastest = k;
    taken.milliseconds.push(milliseconds[fastest]!);
    taken.preempted.push(preempted[fastest]!);
    taken.callsPerSample = callsPerSample;
  }

  async move(order: Order, limit: number): Promise<void> {
    for (const k of order) await this.#processes[k]!.ask('move', { order: [0] }, limit);
  }

  async finish({ problem, inputSets, order }: RaceConditions, limit: number): Promise<EachArm<ArmOutputs>> {
    const outputs: ArmOutputs[] = [];
    for (const k of order) {
      outputs[k] = (await this.#processes[k]!.ask('finish', { problem, inputSets, order: [0] }, limit)).outputs[0]!;
    }
    return [outputs[0]!, outputs[1]!, outputs[2]!];
  }

  async close(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.close()));
  }

  kill(): void {
    for (const process of this.#processes) process.kill();
  }
}
