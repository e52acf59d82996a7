import { backendProgram, HostProcess, LostProcess, RemoteError, type Runtime } from './childProcess.ts';
import { isTooDear } from './moving.ts';
import { Patience } from './patience.ts';
import type { BackendSource, ExchangeKind, Exchanges, Opened } from './protocol.ts';

/** What a backend is given, whatever it is asked. */
export interface HostLimits {
  /** Milliseconds to load the module and open the backend. */
  readonly open: number;
  /** Milliseconds to close it, and to end what a case left behind. */
  readonly close: number;
  /** MiB that its process may use. */
  readonly memory: number;
  /** What runs its process; absent: the Node that runs this. */
  readonly runtime?: Runtime;
}

export const usualLimits: HostLimits = { open: 60_000, close: 5_000, memory: 2048 };

/**
 * Keeps a process for one backend: starts it when it is first asked, and anew after it was lost, so that a hang or a
 * crash costs one case and nothing else.
 */
export class BackendHost {
  readonly source: BackendSource;
  readonly #limits: HostLimits;
  readonly #patience = new Patience();
  readonly #patienceToOpen = new Patience();
  #process: HostProcess<Exchanges> | undefined;
  #opened: Opened | undefined;
  #stopped = false;
  /** Undefined while nobody has tried to move the backend. */
  #movable: boolean | undefined;

  constructor(source: BackendSource, limits: HostLimits = usualLimits) {
    this.source = source;
    this.#limits = limits;
  }

  /**
   * Opens the backend, in a new process when there is none.
   * @throws {LostProcess} when the process ends or is ended first, {RemoteError} when the module or the backend throws
   */
  async open(): Promise<Opened> {
    if (this.#process && this.#opened) return this.#opened;
    if (this.#stopped) throw new LostProcess('crashed', 'the run was stopped');
    this.#process = new HostProcess(backendProgram, this.#limits.memory, this.#limits.runtime);
    try {
      const limit = this.#patienceToOpen.limit(this.#limits.open);
      this.#opened = await this.#ask(this.#patienceToOpen, 'open', { source: this.source }, limit);
      this.#patienceToOpen.cameThrough();
      return this.#opened;
    } catch (error) {
      this.#discard();
      if (error instanceof LostProcess) throw new LostProcess(error.status, `when it was opened: ${error.message}`);
      throw error;
    }
  }

  /**
   * @param limit milliseconds, after which the process is ended
   * @throws {LostProcess} when the process ends or is ended first, {RemoteError} when the backend throws
   */
  async call<K extends ExchangeKind>(
    kind: K,
    request: Exchanges[K]['request'],
    limit: number,
  ): Promise<Exchanges[K]['reply']> {
    this.#noticeLoss();
    await this.#openAgain();
    return this.#ask(this.#patience, kind, request, this.#patience.limit(limit));
  }

  /**
   * To be called when a case is done: gives what the backend left behind its turn, so that a promise that nobody awaited
   * and that is rejected counts for the case that did it.
   *
   * @returns what became of the process, when it was lost in this
   */
  async settle(): Promise<LostProcess | undefined> {
    try {
      await this.call('settle', {}, this.#limits.close);
      this.#patience.cameThrough();
      return undefined;
    } catch (error) {
      if (error instanceof LostProcess) return error;
      throw error;
    }
  }

  /**
   * Has the backend closed and opened anew in its process, so that its data comes to lie elsewhere in memory; where it cannot be
   * opened twice or takes too long for it, which nothing asks of it, it stays where it is from then on.
   */
  async move(): Promise<void> {
    if (this.#movable === false) return;
    const began = performance.now();
    try {
      // As long as closing may take, and not as opening may: it is a part of timing, whose time is counted.
      if (this.#process) await this.call('move', {}, this.#limits.close);
      this.#movable = !isTooDear(performance.now() - began);
    } catch (error) {
      if (!(error instanceof LostProcess || error instanceof RemoteError)) throw error;
      // The next call finds a fresh process.
      this.stay('lost');
    }
  }

  /** Whether the backend can be moved in little time; moves it to find out. */
  async isMovable(): Promise<boolean> {
    if (this.#movable === undefined) await this.move();
    return this.#movable!;
  }

  /** Has the backend stay where it is from now on; one that is lost gets a fresh process. */
  stay(why: 'dear' | 'lost'): void {
    this.#movable = false;
    if (why === 'lost') this.#discard();
  }

  /**
   * Ends the process: politely, and after a while not.
   * @returns what went wrong when the backend was closed
   */
  async close(): Promise<LostProcess | RemoteError | undefined> {
    const ending = this.#process;
    if (!ending) return undefined;
    try {
      this.#noticeLoss();
      await ending.call('close', {}, this.#limits.close);
      await ending.gone();
      return undefined;
    } catch (error) {
      if (error instanceof LostProcess || error instanceof RemoteError) return error;
      throw error;
    } finally {
      this.#discard();
    }
  }

  /** Ends the process at once, and starts no other. */
  kill(): void {
    this.#stopped = true;
    this.#discard();
  }

  #discard(): void {
    this.#process?.kill();
    this.#process = undefined;
    this.#opened = undefined;
  }

  /** A process that was lost while nothing was asked of it: said once, and never passed over. */
  #noticeLoss(): void {
    const lost = this.#process?.lost;
    if (!lost) return;
    this.#discard();
    throw new LostProcess(lost.status, `after its last answer: ${lost.message}`);
  }

  async #openAgain(): Promise<void> {
    try {
      await this.open();
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      throw new LostProcess('crashed', `cannot be opened again in a fresh process: ${error.message}`);
    }
  }

  async #ask<K extends ExchangeKind>(
    patience: Patience,
    kind: K,
    request: Exchanges[K]['request'],
    limit: number,
  ): Promise<Exchanges[K]['reply']> {
    const asked = performance.now();
    const answering = this.#process!;
    try {
      const reply = await answering.call(kind, request, limit);
      patience.answered(performance.now() - asked);
      return reply;
    } catch (error) {
      if (error instanceof LostProcess && error.status === 'timed-out') patience.hung();
      if (answering.lost && answering === this.#process) this.#discard();
      throw error;
    }
  }
}
