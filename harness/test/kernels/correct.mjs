import { naive } from './naive.mjs';

export const openBackend = naive('correct');
