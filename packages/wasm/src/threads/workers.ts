import type { Welcome } from './control.ts';

/** A started thread. */
export interface Thread {
  stop(): Promise<void>;
}

/** Where the code of a thread lies beside this file. */
const code: URL = new URL('./worker.js', import.meta.url);

/**
 * Starts a thread and resolves when it waits for its first step. In Node it does not keep the process alive after that.
 * @throws {Error} when it cannot be started
 */
export async function startThread(welcome: Welcome): Promise<Thread> {
  return typeof process !== 'undefined' && process.versions?.node !== undefined
    ? await startInNode(welcome)
    : await startInPage(welcome);
}

async function startInNode(welcome: Welcome): Promise<Thread> {
  const { Worker } = await import('node:worker_threads');
  // The arguments of the process may be for its main module only, as --input-type is.
  const worker = new Worker(code, { name: `normgauge wasm ${welcome.thread}`, execArgv: [] });
  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', reject);
    worker.postMessage(welcome);
  });
  worker.unref();
  return {
    stop: async () => {
      await worker.terminate();
    },
  };
}

async function startInPage(welcome: Welcome): Promise<Thread> {
  const worker = new Worker(code, { type: 'module', name: `normgauge wasm ${welcome.thread}` });
  await new Promise<void>((resolve, reject) => {
    worker.addEventListener('message', () => resolve(), { once: true });
    worker.addEventListener('error', (event) => reject(new Error(event.message || `${code} could not be loaded`)), {
      once: true,
    });
    worker.postMessage(welcome);
  });
  return { stop: async () => worker.terminate() };
}
