import { naive } from './naive.mjs';

/** Its backward divides by m−1 where its forward divides by m: not the gradient of that forward. */
export const openBackend = (options) => {
  const backend = naive('other-gradient')(options);
  const forward = naive('other-gradient')(options);
  return {
    ...backend,
    plan(problem) {
      if (problem.op !== 'backward') return forward.plan(problem);
      return backend.plan({
        ...problem,
        op: 'backward',
        convention: { ...problem.convention, normalizeDivisor: 'm-1', singleElement: 'guard' },
      });
    },
  };
};
