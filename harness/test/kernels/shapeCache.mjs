import { naive } from './naive.mjs';

/** Builds its kernel once for a shape, an op and a layout, with the convention that it was first asked for. */
export const openBackend = (options) => {
  const backend = naive('shape-cache')(options);
  const conventions = new Map();
  return {
    ...backend,
    plan(problem) {
      const key = JSON.stringify([problem.op, problem.layout, problem.shape]);
      if (!conventions.has(key)) conventions.set(key, problem.convention);
      return backend.plan({ ...problem, convention: conventions.get(key) });
    },
  };
};
