import { naive } from './naive.mjs';

/** Answers no where the contract wants the reason. */
export const openBackend = (options) => ({ ...naive('supports-nothing-said')(options), supports: () => false });
