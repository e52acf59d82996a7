import process from 'node:process';
import { naive } from '../naive.mjs';

/** Ends its process when it is closed. */
export const openBackend = (options) => ({
  ...naive('closeExits')(options),
  close() {
    process.exit(3);
  },
});
