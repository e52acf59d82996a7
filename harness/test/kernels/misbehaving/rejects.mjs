import { atThree } from './atThree.mjs';

/** Leaves a promise behind that is rejected, and that nobody awaits. */
export const openBackend = atThree('rejects', () => {
  Promise.reject(new Error('nobody awaited this'));
});
