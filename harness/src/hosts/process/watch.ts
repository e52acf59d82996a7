import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

/*
 * A thread beside the backend, which looks even when the main thread is in an endless loop. It ends the process, and
 * what the backend started, when the harness is gone, even by SIGKILL, and when more memory is in use than allowed:
 * array buffers and WebAssembly memory are bounded by no option of Node.
 */

const { parent, memoryLimit } = workerData as {
  readonly parent: number;
  /** MiB */
  readonly memoryLimit: number;
};

/** Milliseconds between two looks. A quick backend fills some hundred MiB in that time. */
const interval = 100;
/** The pipe on which the harness hears why. */
const lastWords = 4;

function end(): void {
  // The process leads a group of its own where there are groups.
  process.kill(process.platform === 'win32' ? process.pid : -process.pid, 'SIGKILL');
}

setInterval(() => {
  if (process.ppid !== parent) end();
  const used = process.memoryUsage.rss() / 2 ** 20;
  if (used <= memoryLimit) return;
  writeSync(
    lastWords,
    `the process used ${Math.round(used)} MiB of memory, more than the limit of ${memoryLimit} MiB (--memory-limit); it was ended`,
  );
  end();
}, interval);
