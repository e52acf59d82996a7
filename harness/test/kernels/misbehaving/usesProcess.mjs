import process from 'node:process';
import { atThree } from './atThree.mjs';

/** Answers for the harness with what Node gives a child process to answer with, where it does. */
export const openBackend = atThree('usesProcess', () => {
  for (let serial = 0; serial < 100; serial++) process.send?.({ serial, reply: {} });
  process.disconnect?.();
});
