import process from 'node:process';
import { naive } from './naive.mjs';

/** Ends its process at a problem with three channels. */
export const openBackend = (options) => {
  const backend = naive('exits')(options);
  return {
    ...backend,
    plan(problem) {
      if (problem.shape.c === 3) process.exit(7);
      return backend.plan(problem);
    },
  };
};
