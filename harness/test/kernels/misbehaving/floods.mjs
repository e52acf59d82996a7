import process from 'node:process';
import { atThree } from './atThree.mjs';

/** Prints many megabytes, to both outputs. */
export const openBackend = atThree('floods', () => {
  for (let line = 0; line < 200; line++) {
    process.stdout.write(`${'noise '.repeat(20_000)}\n`);
    process.stderr.write(`${'error '.repeat(20_000)}\n`);
  }
});
