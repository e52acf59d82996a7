import { around } from './around.mjs';

let last;

/** All plans leave their results in the same memory: what is read is what ran last. */
export const openBackend = around('shared-scratch', (plan) => ({
  run() {
    plan.run();
    last = plan;
  },
  read: (into) => last.read(into),
}));
