import { fileURLToPath } from 'node:url';
import { HostProcess, type LostProcess, type Program } from '../hosts/childProcess.ts';
import type { ArmSource, ArmsExchanges, EachArm, Order } from './arms.ts';
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
  readonly arm: 'base' | 'head' | 'control';
  /** The name of the error that it threw. */
  readonly thrown: string;

  constructor({ arm, name, message }: { arm: ArmFault['arm']; name: string; message: string }) {
    super(message);
    this.arm = arm;
    this.thrown = name;
  }
}

type Kind = Exclude<keyof ArmsExchanges, 'close'>;
type Answer<K extends Kind> = Exclude<ArmsExchanges[K]['reply'], { readonly threw: unknown }>;

/** A fresh process with the three arms in it. */
export class ArmsProcess {
  readonly #process: HostProcess<ArmsExchanges>;

  private constructor(memoryLimit: number) {
    this.#process = new HostProcess(program, memoryLimit);
  }

  /**
   * @param memoryLimit MiB
   * @throws {ArmFault} when a module or a backend throws, {LostProcess} when the process ends or is ended first
   */
  static async open(sources: EachArm<ArmSource>, order: Order, memoryLimit: number): Promise<ArmsProcess> {
    const opening = new ArmsProcess(memoryLimit);
    try {
      await opening.ask('open', { arms: sources, order }, openLimit);
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
