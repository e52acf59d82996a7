import { naive } from '../naive.mjs';

/** Never says whether it does three channels. */
export const openBackend = (options) => ({
  ...naive('supportsLoops')(options),
  supports({ shape }) {
    while (shape.c === 3);
    return true;
  },
});
