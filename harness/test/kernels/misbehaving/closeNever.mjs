import { naive } from '../naive.mjs';

/** Never is done with closing. */
export const openBackend = (options) => ({
  ...naive('closeNever')(options),
  close() {
    return new Promise(() => {});
  },
});
