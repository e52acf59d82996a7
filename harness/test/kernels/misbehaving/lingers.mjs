import { naive } from '../naive.mjs';

/** Leaves a timer behind when it is closed, so that its process does not end by itself. */
export const openBackend = (options) => ({
  ...naive('lingers')(options),
  close() {
    setInterval(() => {}, 1000);
  },
});
