import { instantiate } from '../kernels.ts';
import { jobStride } from '../layout.ts';
import { cells, jobsIn, line, patience, quit, steps, takeJob, type Welcome } from './control.ts';

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

/** Returns when there may be a Job to take: looks for a while, then sleeps. */
function awaitJobs(control: Int32Array, thread: number): void {
  for (let look = 0; look < patience; look++) {
    if (jobsIn(Atomics.load(control, cells.left)) > 0) return;
  }
  const asleep = cells.asleep + line * thread;
  Atomics.store(control, asleep, 1);
  const left = Atomics.load(control, cells.left);
  // Returns at once when a step has begun before the first thread could see that this one sleeps.
  if (jobsIn(left) === 0) Atomics.wait(control, cells.left, left);
  Atomics.store(control, asleep, 0);
}

function work(control: Int32Array, thread: number, kernels: readonly ((job: number) => void)[]): void {
  for (;;) {
    awaitJobs(control, thread);
    for (let job = takeJob(control); job !== undefined; job = takeJob(control)) {
      const step = Atomics.load(control, cells.step);
      if (step === quit) return;
      try {
        kernels[step]!((Atomics.load(control, cells.job) >>> 0) + job * jobStride);
      } catch {
        Atomics.store(control, cells.failed, 1);
      }
      if (Atomics.sub(control, cells.pending, 1) === 1) Atomics.notify(control, cells.pending);
    }
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
