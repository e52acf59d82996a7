import { naive } from './naive.mjs';

/** Declares a depth below zero. */
export const openBackend = (options) => ({
  ...naive('negative-depth')(options),
  numerics: { reductionDepth: (m) => -m },
});
