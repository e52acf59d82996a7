import { atThree } from './atThree.mjs';

/** Needs ever more JavaScript heap. */
export const openBackend = atThree('fillsHeap', () => {
  const kept = [];
  while (true) kept.push({ number: kept.length, text: `${kept.length}` });
});
