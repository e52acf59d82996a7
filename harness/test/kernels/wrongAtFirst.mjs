import { around } from './around.mjs';

/** The first problem of a process is computed wrong, and every later one right: a test that may be tried again passes. */
let plans = 0;

export const openBackend = around('wrong-at-first', (plan) => {
  const first = plans++ === 0;
  return {
    read(into) {
      plan.read(into);
      if (first) for (const tensor of Object.values(into)) tensor[0] += 1;
    },
  };
});
