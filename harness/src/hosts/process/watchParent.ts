import { workerData } from 'node:worker_threads';

/*
 * A thread beside the backend. When the harness is gone, even by SIGKILL, the process ends, even when its main thread
 * is in an endless loop: nothing is left running.
 */

const { parent } = workerData as { parent: number };

setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, 1000);
