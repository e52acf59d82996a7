import { around } from './around.mjs';

/** The first result of a plan is right; every later one keeps a little of the data before it. */
export const openBackend = around('remembers-data', (plan) => {
  let before;
  let now;
  return {
    write(inputs) {
      before = now;
      now = inputs.x[0];
      plan.write(inputs);
    },
    read(into) {
      plan.read(into);
      const first = Object.values(into)[0];
      if (first && before !== undefined && before !== now) first[0] += 0.01 * (before - now);
    },
  };
});
