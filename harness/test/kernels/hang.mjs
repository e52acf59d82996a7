import { naive } from './naive.mjs';

/** Never comes back from a problem with three channels. */
export const openBackend = (options) => {
  const backend = naive('hang')(options);
  return {
    ...backend,
    plan(problem) {
      while (problem.shape.c === 3);
      return backend.plan(problem);
    },
  };
};
