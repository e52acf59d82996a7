import { naive } from './naive.mjs';

/** Trains right; its inference takes the running variance for one divided by m−1. */
export const openBackend = (options) => {
  const right = naive('other-inference')(options);
  const wrong = naive('other-inference', {
    invStd: (variance, { eps }) => 1 / Math.sqrt(variance * (104 / 105) + eps),
  })(options);
  return { ...right, plan: (problem) => (problem.op === 'inference' ? wrong : right).plan(problem) };
};
