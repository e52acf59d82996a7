import { atThree } from './atThree.mjs';

/** Throws what is no error at all. */
export const openBackend = atThree('throwsNothing', () => {
  throw null;
});
