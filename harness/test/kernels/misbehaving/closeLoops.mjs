import { naive } from '../naive.mjs';

/** Never comes back from closing. */
export const openBackend = (options) => ({
  ...naive('closeLoops')(options),
  close() {
    while (true);
  },
});
