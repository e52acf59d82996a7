import process from 'node:process';
import { naive } from './naive.mjs';

/** Right, but prints more than a pipe holds. */
export const openBackend = (options) => {
  process.stdout.write(`${'noise '.repeat(100_000)}\n`);
  process.stderr.write(`${'noise '.repeat(100_000)}\n`);
  return naive('noisy')(options);
};
