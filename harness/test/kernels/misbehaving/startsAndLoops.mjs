import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import process from 'node:process';
import { atThree } from './atThree.mjs';

/** Starts a process that would outlive it, and never comes back. */
export const openBackend = atThree('startsAndLoops', () => {
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
  appendFileSync(process.env.NORMGAUGE_TEST_PIDS, `${process.pid}\n${other.pid}\n`);
  while (true);
});
