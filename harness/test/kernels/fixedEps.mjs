import { naive } from './naive.mjs';

/** Adds 1e-5 whatever eps is asked for. */
export const openBackend = naive('fixed-eps', { invStd: (variance) => 1 / Math.sqrt(variance + 1e-5) });
