import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Answer, BackendSource, ExchangeKind, Exchanges, Opened, RemoteFault } from './protocol.ts';

/** The process was lost: it ended by itself, or was ended at its time limit. */
export class LostProcess extends Error {
  override readonly name = 'LostProcess';
  readonly status: 'crashed' | 'timed-out';

  constructor(status: LostProcess['status'], message: string) {
    super(message);
    this.status = status;
  }
}

/** The backend threw in its process. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  readonly fault: RemoteFault;

  constructor(fault: RemoteFault) {
    super(fault.message);
    this.fault = fault;
  }
}

/** The script of the process, as built: from src and from dist this is the same file. */
const script = fileURLToPath(new URL('../../dist/hosts/process/main.js', import.meta.url));

/** What the process of a backend may see of the environment: what finds programs, drivers and temporary files. */
const passedOn =
  /^(PATH|HOME|TMPDIR|LANG|LC_ALL|LD_LIBRARY_PATH|XDG_.*|DISPLAY|WAYLAND_DISPLAY|VK_.*|NORMGAUGE_.*|SystemRoot|TEMP|TMP)$/;

/** Megabytes of JavaScript heap that a backend may use; tensors lie outside it. */
const heapLimit = 4096;
/** Characters of its error output that are kept to explain a crash. */
const keptOutput = 2000;

interface Pending {
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** One process of one backend. It is never reused after it was lost. */
class BackendProcess {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  #serial = 0;
  #errorOutput = '';
  #lost: LostProcess | undefined;

  constructor() {
    this.#child = fork(script, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      execArgv: [`--max-old-space-size=${heapLimit}`],
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => passedOn.test(name))),
    });
    // Its noise must not fill the pipe, nor reach the harness's own output.
    this.#child.stdout?.resume();
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#errorOutput = (this.#errorOutput + chunk.toString('utf8')).slice(-keptOutput);
    });
    this.#child.on('message', (answer: Answer) => this.#settle(answer));
    this.#child.on('exit', (code, signal) => this.#end(code, signal));
    this.#child.on('error', (error) => this.#lose(new LostProcess('crashed', error.message)));
  }

  /** True until the process has ended. */
  get alive(): boolean {
    return this.#lost === undefined;
  }

  /** @throws {LostProcess} when the process ends or is ended first, {RemoteError} when the backend throws */
  call<K extends ExchangeKind>(
    kind: K,
    request: Exchanges[K]['request'],
    limit: number,
  ): Promise<Exchanges[K]['reply']> {
    if (this.#lost) return Promise.reject(this.#lost);
    const serial = ++this.#serial;
    return new Promise<Exchanges[K]['reply']>((resolve, reject) => {
      const timer = setTimeout(() => {
        const seconds = limit >= 1000 ? Math.round(limit / 1000) : limit / 1000;
        this.#lose(new LostProcess('timed-out', `no answer within ${seconds} s; the process was ended`));
        this.#child.kill('SIGKILL');
      }, limit);
      const finish = (): void => {
        clearTimeout(timer);
        this.#pending.delete(serial);
      };
      this.#pending.set(serial, {
        resolve: (reply) => {
          finish();
          resolve(reply as Exchanges[K]['reply']);
        },
        reject: (error) => {
          finish();
          reject(error);
        },
      });
      this.#child.send({ serial, kind, request }, (error) => {
        if (error) this.#pending.get(serial)?.reject(new LostProcess('crashed', error.message));
      });
    });
  }

  kill(): void {
    this.#lose(new LostProcess('crashed', 'the run was stopped'));
    this.#child.kill('SIGKILL');
  }

  /** Resolves when the process has ended. */
  async gone(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    await new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
  }

  #settle(answer: Answer): void {
    const pending = this.#pending.get(answer.serial);
    if ('fault' in answer) pending?.reject(new RemoteError(answer.fault));
    else pending?.resolve(answer.reply);
  }

  #end(code: number | null, signal: NodeJS.Signals | null): void {
    const how = signal ? `was ended by ${signal}` : `ended with exit status ${code}`;
    const lastLine = this.#errorOutput
      .trim()
      .split('\n')
      .filter((line) => /error|fatal|abort/i.test(line))
      .at(-1);
    this.#lose(new LostProcess('crashed', `the process ${how}${lastLine ? `: ${lastLine.trim()}` : ''}`));
  }

  #lose(why: LostProcess): void {
    this.#lost ??= why;
    for (const { reject } of [...this.#pending.values()]) reject(this.#lost);
  }
}

/** Milliseconds for what is not one case: loading a module, asking what it supports, closing. */
const openLimit = 60_000;
const closeLimit = 5_000;

/**
 * Keeps a process for one backend: starts it when it is first asked, and anew after it was lost, so that a hang or a
 * crash costs one case and nothing else.
 */
export class BackendHost {
  readonly source: BackendSource;
  #process: BackendProcess | undefined;
  #opened: Opened | undefined;

  constructor(source: BackendSource) {
    this.source = source;
  }

  /** Opens the backend, in a new process when there is none. */
  async open(): Promise<Opened> {
    if (this.#process?.alive && this.#opened) return this.#opened;
    this.#process = new BackendProcess();
    this.#opened = await this.#process.call('open', { source: this.source }, openLimit);
    return this.#opened;
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
    await this.open();
    return this.#process!.call(kind, request, limit);
  }

  /** Ends the process: politely, and after a while not. */
  async close(): Promise<void> {
    const ending = this.#process;
    this.#process = undefined;
    if (!ending?.alive) return;
    const limit = setTimeout(() => ending.kill(), closeLimit);
    await ending.call('close', {}, closeLimit).catch(() => undefined);
    await ending.gone();
    clearTimeout(limit);
  }

  /** Ends the process at once. */
  kill(): void {
    this.#process?.kill();
  }
}
