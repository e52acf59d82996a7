import { atThree } from './atThree.mjs';

/** An endless loop. */
export const openBackend = atThree('loops', () => {
  while (true);
});
