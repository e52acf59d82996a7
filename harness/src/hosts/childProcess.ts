import { type ChildProcess, spawn } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { Channel } from './channel.ts';
import { replyFault } from './checkReply.ts';
import { countdown } from './countdown.ts';
import type { Answer, Exchanges, ExchangesOf, RemoteFault } from './protocol.ts';

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

/** What a process runs, and how its answers are looked at. */
export interface Program<E extends ExchangesOf<E>> {
  /** Path of the script. */
  readonly script: string;
  /** What is wrong with an answer, in words; undefined when it can be used. */
  replyFault<K extends keyof E>(kind: K, request: E[K]['request'], reply: unknown): string | undefined;
}

/** What runs a process: a Node, and flags for it that are its user's. */
export interface Runtime {
  /** Path of the program. */
  readonly node: string;
  readonly flags: readonly string[];
}

/** The Node that runs this. */
export const thisNode: Runtime = { node: process.execPath, flags: [] };

/** The process of one backend; the script as built: from src and from dist this is the same file. */
export const backendProgram: Program<Exchanges> = {
  script: fileURLToPath(new URL('../../dist/hosts/process/main.js', import.meta.url)),
  replyFault,
};

/** What the process of a backend may see of the environment: what finds programs, drivers and temporary files. */
const passedOn =
  /^(PATH|HOME|TMPDIR|LANG|LC_ALL|LD_LIBRARY_PATH|XDG_.*|DISPLAY|WAYLAND_DISPLAY|VK_.*|NORMGAUGE_.*|SystemRoot|TEMP|TMP)$/;

/** Characters of its error output that are kept to explain a crash, and of what it says of an error. */
const keptOutput = 4000;
const keptMessage = 2000;
/** Milliseconds for the last of its output to come after it ended. */
const lastOutput = 200;
/** Milliseconds for its end to come after its channel was closed. */
const leaving = 1_000;
/** A process group of its own holds what the backend starts, too; Windows has none. */
const grouped = process.platform !== 'win32';

/** Every process that may still run. */
const running = new Set<{ kill(): void }>();
// Whatever ends the harness in an orderly way. When it is killed, the thread beside the backend notices.
process.on('exit', () => {
  for (const each of running) each.kill();
});

interface Pending<E> {
  readonly kind: keyof E;
  readonly request: unknown;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
}

function isAnswer(message: unknown): message is Answer {
  if (typeof message !== 'object' || message === null || !('serial' in message)) return false;
  if (!('fault' in message)) return true;
  const { name, message: text } = (message.fault ?? {}) as Partial<RemoteFault>;
  return typeof name === 'string' && typeof text === 'string';
}

/** The line of an error output that says most: the last that speaks of an error and is no line of a stack. */
function tellingLine(output: string): string | undefined {
  return output
    .split('\n')
    .map((line) => line.trim().slice(0, 300))
    .filter((line) => /error|fatal|abort/i.test(line) && !/^(at|node:|\d+:)/.test(line))
    .at(-1);
}

/** A process that backends run in. It is never reused after it was lost. */
export class HostProcess<E extends ExchangesOf<E>> {
  readonly #program: Program<E>;
  readonly #child: ChildProcess;
  readonly #channel: Channel;
  readonly #memoryLimit: number;
  readonly #pending = new Map<number, Pending<E>>();
  #serial = 0;
  #errorOutput = '';
  #lastWords = '';
  #lost: LostProcess | undefined;

  /** @param memoryLimit MiB that the process may use, of which all may be JavaScript heap */
  constructor(program: Program<E>, memoryLimit: number, { node, flags }: Runtime = thisNode) {
    this.#program = program;
    this.#memoryLimit = memoryLimit;
    const options = [`--max-old-space-size=${memoryLimit}`, ...flags];
    this.#child = spawn(node, [...options, program.script, String(process.pid), String(memoryLimit)], {
      stdio: ['ignore', 'pipe', 'pipe', 'overlapped', 'pipe'],
      detached: grouped,
      windowsHide: true,
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => passedOn.test(name))),
    });
    running.add(this);
    const { stdio, stdout, stderr } = this.#child;
    // Its noise must not fill the pipe, nor reach the harness's own output.
    stdout?.resume();
    stderr?.on('data', (chunk: Buffer) => {
      this.#errorOutput = (this.#errorOutput + chunk.toString('utf8')).slice(-keptOutput);
    });
    (stdio[4] as Readable).on('data', (chunk: Buffer) => {
      this.#lastWords = (this.#lastWords + chunk.toString('utf8')).slice(0, keptMessage);
    });
    this.#channel = new Channel(
      stdio[3] as Duplex,
      { onMessage: (message) => this.#settle(message), onEnd: (why) => this.#channelEnded(why) },
      memoryLimit * 2 ** 20,
    );
    this.#child.on('exit', (code, signal) => this.#exited(code, signal));
    this.#child.on('error', (error) => this.#end(new LostProcess('crashed', error.message)));
  }

  /** Why the process is no longer there; undefined as long as it is. */
  get lost(): LostProcess | undefined {
    return this.#lost;
  }

  /** @throws {LostProcess} when the process ends or is ended first, {RemoteError} when the backend throws */
  call<K extends keyof E>(kind: K, request: E[K]['request'], limit: number): Promise<E[K]['reply']> {
    if (this.#lost) return Promise.reject(this.#lost);
    const serial = ++this.#serial;
    return new Promise<E[K]['reply']>((resolve, reject) => {
      const stop = countdown(limit, () => {
        const seconds = Number((limit / 1000).toPrecision(3));
        this.#end(new LostProcess('timed-out', `no answer within ${seconds} s; the process was ended`));
      });
      const finish = (): void => {
        stop();
        this.#pending.delete(serial);
      };
      this.#pending.set(serial, {
        kind,
        request,
        resolve: (reply) => {
          finish();
          resolve(reply as E[K]['reply']);
        },
        reject: (error) => {
          finish();
          reject(error);
        },
      });
      this.#channel.send({ serial, kind, request });
    });
  }

  /** Ends the process, and what it started, at once. */
  kill(): void {
    this.#end(new LostProcess('crashed', 'the run was stopped'));
  }

  /** Resolves when the process has ended. One that has closed its channel is not waited for long. */
  async gone(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    await new Promise<void>((resolve) => this.#child.once('exit', () => resolve()));
  }

  #settle(message: unknown): void {
    const answer = isAnswer(message) ? message : undefined;
    const pending = answer && this.#pending.get(answer.serial);
    if (!pending) {
      this.#refuse('one that nobody asked for');
      return;
    }
    if ('fault' in answer) {
      const { name, message: text, rule } = answer.fault;
      const fault = { name, message: text.slice(0, keptMessage), ...(typeof rule === 'string' && { rule }) };
      pending.reject(new RemoteError(fault));
      return;
    }
    const fault = this.#program.replyFault(pending.kind, pending.request as never, answer.reply);
    if (fault === undefined) pending.resolve(answer.reply);
    else this.#refuse(`to ${String(pending.kind)}: ${fault}`);
  }

  #refuse(what: string): void {
    this.#end(new LostProcess('crashed', `the process sent an answer that is none, ${what}; it was ended`));
  }

  #channelEnded(why: string | undefined): void {
    if (why !== undefined) {
      this.#refuse(why);
      return;
    }
    // It comes just before the end of the process, which says more.
    setTimeout(() => {
      this.#end(new LostProcess('crashed', 'the process closed its channel to the harness; it was ended'));
    }, leaving).unref();
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    this.#sweep();
    const conclude = (): void => this.#end(new LostProcess('crashed', this.#howItEnded(code, signal)));
    // What it started may hold its output open for ever.
    const limit = setTimeout(conclude, lastOutput);
    this.#child.once('close', () => {
      clearTimeout(limit);
      conclude();
    });
  }

  #howItEnded(code: number | null, signal: NodeJS.Signals | null): string {
    if (this.#lastWords !== '') return this.#lastWords;
    if (/heap out of memory|heap limit/i.test(this.#errorOutput)) {
      return `the process ran out of JavaScript heap: more than ${this.#memoryLimit} MiB (--memory-limit)`;
    }
    const how = signal ? `was ended by ${signal}` : `ended with exit status ${code}`;
    const line = tellingLine(this.#errorOutput);
    return `the process ${how}${line ? `: ${line}` : ''}`;
  }

  /** Ends what is left of the process and of what it started; the first reason stands. */
  #end(why: LostProcess): void {
    if (this.#lost) return;
    this.#lost = why;
    running.delete(this);
    this.#sweep();
    this.#channel.close();
    for (const stream of this.#child.stdio) stream?.destroy();
    for (const { reject } of [...this.#pending.values()]) reject(why);
  }

  #sweep(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(grouped ? -pid : pid, 'SIGKILL');
    } catch {
      // All of them are gone.
    }
  }
}
