import { naive } from './naive.mjs';

/** Leaves the last element of every row untouched. */
export const openBackend = naive('skipped-last', { write: (s, positions) => positions === 1 || s < positions - 1 });
