import { existsSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { atThree } from './atThree.mjs';

const mark = process.env.NORMGAUGE_TEST_MARK;

/** Ends its process, and cannot be opened again afterwards. */
export const openBackend = (options) => {
  if (existsSync(mark)) throw new Error('the device is still in use');
  writeFileSync(mark, '');
  return atThree('opensOnce', () => process.exit(1))(options);
};
