import { naive } from '../naive.mjs';

/** Throws when it is closed. */
export const openBackend = (options) => ({
  ...naive('closeThrows')(options),
  close() {
    throw new Error('the device was lost');
  },
});
