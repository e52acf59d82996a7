import { atThree } from './atThree.mjs';

/** Leaves a timer behind that throws when the case is long done. */
export const openBackend = atThree('throwsBetween', () => {
  setTimeout(() => {
    throw new TypeError('thrown much later');
  }, 50);
});
