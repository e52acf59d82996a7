import { atThree } from './atThree.mjs';

/** Leaves a timer behind that throws. */
export const openBackend = atThree('throwsLater', () => {
  setTimeout(() => {
    throw new TypeError('thrown by a timer');
  });
});
