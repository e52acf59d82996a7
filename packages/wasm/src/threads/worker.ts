import { instantiate } from '../kernels.ts';
import { jobStride } from '../layout.ts';
import { cells, line, patience, quit, steps, type Welcome } from './control.ts';

/** One of the threads behind the first. Loaded by team.ts as a worker: of Node, or of a page. */

interface Port {
  post(message: string): void;
  receive(handle: (welcome: Welcome) => void): void;
}

async function port(): Promise<Port> {
  if (typeof process === 'undefined' || process.versions?.node === undefined) {
    return {
      post: (message) => globalThis.postMessage(message),
      receive: (handle) => globalThis.addEventListener('message', ({ data }) => handle(data), { once: true }),
    };
  }
  const { parentPort } = await import('node:worker_threads');
  return {
    post: (message) => parentPort!.postMessage(message),
    receive: (handle) => parentPort!.once('message', handle),
  };
}

/** The next generation: looks for a while, then sleeps. */
function nextGeneration(control: Int32Array, thread: number, seen: number): number {
  for (let look = 0; look < patience; look++) {
    const generation = Atomics.load(control, cells.generation);
    if (generation !== seen) return generation;
  }
  const asleep = cells.asleep + line * thread;
  Atomics.store(control, asleep, 1);
  // Returns at once when the generation has changed before the first thread could see that this one sleeps.
  Atomics.wait(control, cells.generation, seen);
  Atomics.store(control, asleep, 0);
  return Atomics.load(control, cells.generation);
}

function work(control: Int32Array, thread: number, kernels: readonly ((job: number) => void)[]): void {
  let seen = 0;
  for (;;) {
    const generation = nextGeneration(control, thread, seen);
    if (generation === seen) continue;
    seen = generation;
    const step = Atomics.load(control, cells.step);
    if (step === quit) return;
    try {
      const job = Atomics.load(control, cells.job) >>> 0;
      if (thread < Atomics.load(control, cells.count)) kernels[step]!(job + thread * jobStride);
    } catch {
      Atomics.store(control, cells.failed, 1);
    }
    if (Atomics.sub(control, cells.pending, 1) === 1) Atomics.notify(control, cells.pending);
  }
}

const { post, receive } = await port();
receive(async ({ module, memory, control, thread }) => {
  const exports = await instantiate(module, memory);
  post('ready');
  work(
    new Int32Array(control),
    thread,
    steps.map((name) => exports[name] as (job: number) => void),
  );
});
