import { atThree } from './atThree.mjs';

/** Needs ever more memory outside the JavaScript heap. */
export const openBackend = atThree('fillsBuffers', () => {
  const kept = [];
  while (true) kept.push(new Float64Array(2 ** 20).fill(1));
});
