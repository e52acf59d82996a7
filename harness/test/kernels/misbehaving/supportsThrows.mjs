import { naive } from '../naive.mjs';

/** Throws when it is asked whether it does three channels. */
export const openBackend = (options) => ({
  ...naive('supportsThrows')(options),
  supports({ shape }) {
    if (shape.c === 3) throw new RangeError('no table for three');
    return true;
  },
});
