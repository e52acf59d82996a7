import { naive } from './naive.mjs';

/** Does not do inference, and says so. */
export const openBackend = (options) => ({
  ...naive('refuses-inference')(options),
  supports: ({ op }) => op !== 'inference' || 'does training only',
});
