import { naive } from './naive.mjs';

/** Divides by m−1 where m is meant. */
export const openBackend = naive('wrong-divisor', { divisor: (_kind, m) => m - 1 });
