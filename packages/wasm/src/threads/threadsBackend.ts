import {
  type Backend,
  BackendUnavailableError,
  checkProblem,
  KernelError,
  type Numerics,
  type OpenBackend,
  type OpenOptions,
  type Plan,
  type Problem,
  whyNotStored,
} from '@normgauge/contract';
import { checkBuilt, numerics, whyTooLarge } from '../declared.ts';
import { compileKernels, hasRelaxedSimd, instantiate, type Kernels, kernelsOf, requireSimd } from '../kernels.ts';
import { WasmMemory } from '../memory.ts';
import { WasmPlan } from '../wasmPlan.ts';
import { TeamRunner } from './runner.ts';
import { Team } from './team.ts';

const id = 'wasm-threads';

/** More would only wait for each other. */
const mostThreads = 256;

async function threadsHere(): Promise<number> {
  if (typeof navigator !== 'undefined' && navigator.hardwareConcurrency > 0) return navigator.hardwareConcurrency;
  const { availableParallelism } = await import('node:os');
  return availableParallelism();
}

function checkThreads(threads: number): number {
  if (Number.isInteger(threads) && threads >= 1 && threads <= mostThreads) return threads;
  throw new RangeError(`threads: expected a whole number in 1…${mostThreads}, got ${threads}`);
}

/** @throws {BackendUnavailableError} when this place has no memory that threads can share */
function sharedMemory(): WasmMemory {
  if (typeof SharedArrayBuffer === 'undefined' || globalThis.crossOriginIsolated === false) {
    throw new BackendUnavailableError(
      id,
      'this page has no shared memory; serve it with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp',
    );
  }
  try {
    return new WasmMemory({ shared: true });
  } catch (cause) {
    throw new BackendUnavailableError(id, "this JavaScript engine's WebAssembly has no shared memory", { cause });
  }
}

class ThreadsBackend implements Backend {
  readonly id = id;
  readonly version = '0.1.0';
  readonly numerics: Numerics = numerics;
  readonly #sizes: Kernels['sizes'];
  readonly #runner: TeamRunner;
  readonly #team: Team;
  #memory: WasmMemory | undefined;

  constructor(sizes: Kernels['sizes'], runner: TeamRunner, team: Team, memory: WasmMemory) {
    this.#sizes = sizes;
    this.#runner = runner;
    this.#team = team;
    this.#memory = memory;
  }

  supports(problem: Problem): true | string {
    return whyNotStored(problem) ?? whyTooLarge(problem, this.#sizes, this.#runner.threads) ?? true;
  }

  /**
   * @throws {ProblemError} when the problem has no meaning, or needs more memory than WebAssembly can address
   * @throws {RangeError} when open plans or the machine leave too little memory
   */
  plan(problem: Problem): Plan {
    if (this.#memory === undefined) throw new KernelError('order', 'plan: expected an open backend, got a closed one');
    checkProblem(problem);
    return new WasmPlan(problem, this.#sizes, this.#memory, this.#runner);
  }

  /** Stops the threads. */
  async close(): Promise<void> {
    if (this.#memory === undefined) return;
    this.#memory = undefined;
    await this.#team.close();
  }
}

/**
 * BatchNorm in WebAssembly with 128-bit SIMD on several threads over one shared memory: the thread that calls `run`
 * and `threads` − 1 workers, which wait in a loop for some 25 µs and then sleep. `threads` is the machine's own number
 * when it is not given. The same kernels as `@normgauge/wasm`; where elements of a channel lie in rows (NCHW) also the
 * same bits for any number of threads, elsewhere the same bits for the same number.
 *
 * Works in Node and in a page that is cross-origin isolated. The workers keep no process alive.
 *
 * @throws {BackendUnavailableError} when the engine has no WebAssembly, SIMD, shared memory or workers
 * @throws {RangeError} when `threads` is not a whole number from 1 on
 */
export const openBackend: OpenBackend = async (options?: OpenOptions): Promise<Backend> => {
  const threads = checkThreads(options?.threads ?? (await threadsHere()));
  requireSimd(id);
  const memory = sharedMemory();
  const module = await compileKernels({ shared: true, relaxed: hasRelaxedSimd() });
  const exports = await instantiate(module, memory.memory);
  const { sizes } = kernelsOf(exports);
  checkBuilt(sizes);
  let team: Team;
  try {
    team = await Team.start(threads, module, memory.memory);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BackendUnavailableError(id, `no thread could be started: ${reason}`, { cause });
  }
  return new ThreadsBackend(sizes, new TeamRunner(team, exports), team, memory);
};
