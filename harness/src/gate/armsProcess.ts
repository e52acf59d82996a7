import { fileURLToPath } from 'node:url';
import { HostProcess, type LostProcess, type Program, type Runtime } from '../hosts/childProcess.ts';
import type { Samples } from '../hosts/protocol.ts';
import {
  type Arm,
  type ArmOutputs,
  type ArmSource,
  type Arms,
  type ArmsExchanges,
  arms,
  type EachArm,
  type OpenArm,
  type Order,
  type RaceConditions,
} from './arms.ts';
import { armsFault } from './checkArms.ts';

/** The script as built: from src and from dist this is the same file. */
const program: Program<ArmsExchanges> = {
  script: fileURLToPath(new URL('../../dist/gate/process/main.js', import.meta.url)),
  replyFault: armsFault,
};

/** Milliseconds to load three modules and open their backends, and to close them. */
const openLimit = 120_000;
const closeLimit = 10_000;

/** An arm threw: which, and what. */
export class ArmFault extends Error {
  override readonly name = 'ArmFault';
  readonly arm: Arm;
  /** The name of the error that it threw. */
  readonly thrown: string;

  constructor({ arm, name, message }: { arm: Arm; name: string; message: string }) {
    super(message);
    this.arm = arm;
    this.thrown = name;
  }
}

type Kind = Exclude<keyof ArmsExchanges, 'close'>;
type Answer<K extends Kind> = Exclude<ArmsExchanges[K]['reply'], { readonly threw: unknown }>;

/** A fresh process with one arm in it, or several. */
export class ArmsProcess {
  readonly #process: HostProcess<ArmsExchanges>;

  private constructor(memoryLimit: number, runtime?: Runtime) {
    this.#process = new HostProcess(program, memoryLimit, runtime);
  }

  /**
   * @param memoryLimit MiB
   * @throws {ArmFault} when a module or a backend throws, {LostProcess} when the process ends or is ended first
   */
  static async open(
    inIt: readonly OpenArm[],
    order: readonly number[],
    memoryLimit: number,
    runtime?: Runtime,
  ): Promise<ArmsProcess> {
    const opening = new ArmsProcess(memoryLimit, runtime);
    try {
      await opening.ask('open', { arms: inIt, order }, openLimit);
      return opening;
    } catch (error) {
      opening.kill();
      throw error;
    }
  }

  get lost(): LostProcess | undefined {
    return this.#process.lost;
  }

  /**
   * @param limit milliseconds, after which the process is ended
   * @throws {ArmFault} when an arm throws, {LostProcess} when the process ends or is ended first
   */
  async ask<K extends Kind>(kind: K, request: ArmsExchanges[K]['request'], limit: number): Promise<Answer<K>> {
    const reply: ArmsExchanges[Kind]['reply'] = await this.#process.call(kind, request, limit);
    if ('threw' in reply) throw new ArmFault(reply.threw);
    return reply as Answer<K>;
  }

  /** Ends the process: politely, and after a while not. What a backend does when it is closed is no matter of time. */
  async close(): Promise<void> {
    try {
      await this.#process.call('close', {}, closeLimit);
      await this.#process.gone();
    } catch {
      // It is ended below.
    } finally {
      this.kill();
    }
  }

  kill(): void {
    this.#process.kill();
  }
}

/** Each arm by its name. */
export function named(sources: EachArm<ArmSource>): EachArm<OpenArm> {
  const [base, head, control] = sources;
  return [
    { arm: 'base', ...base },
    { arm: 'head', ...head },
    { arm: 'control', ...control },
  ];
}

/** As many as there are arms; the process was held to that. */
function each<T>(list: readonly T[]): EachArm<T> {
  const [base, head, control] = list;
  return [base!, head!, control!];
}

/** All arms side by side in one fresh process: what disturbs one disturbs the others. */
export class ArmsTogether implements Arms {
  readonly #process: ArmsProcess;

  private constructor(process: ArmsProcess) {
    this.#process = process;
  }

  /**
   * @param memoryLimit MiB
   * @throws {ArmFault} when a module or a backend throws, {LostProcess} when the process ends or is ended first
   */
  static async open(sources: EachArm<ArmSource>, order: Order, memoryLimit: number): Promise<ArmsTogether> {
    return new ArmsTogether(await ArmsProcess.open(named(sources), order, memoryLimit));
  }

  get lost(): LostProcess | undefined {
    return this.#process.lost;
  }

  async ready(request: RaceConditions, limit: number): Promise<EachArm<ArmOutputs>> {
    return each((await this.#process.ask('ready', request, limit)).outputs);
  }

  async race(order: Uint8Array, milliseconds: number, limit: number): Promise<EachArm<Samples>> {
    return each((await this.#process.ask('race', { arms: arms.length, order, milliseconds }, limit)).samples);
  }

  async move(order: Order, limit: number): Promise<void> {
    await this.#process.ask('move', { order }, limit);
  }

  async finish({ problem, inputSets, order }: RaceConditions, limit: number): Promise<EachArm<ArmOutputs>> {
    return each((await this.#process.ask('finish', { problem, inputSets, order }, limit)).outputs);
  }

  close(): Promise<void> {
    return this.#process.close();
  }

  kill(): void {
    this.#process.kill();
  }
}
