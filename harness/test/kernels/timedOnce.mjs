import process from 'node:process';
import { around } from './around.mjs';

/** Runs of one plan that only a timing asks for. */
const many = 100;
let timed = 0;

/** Right while it is verified and when it is timed first; its process ends when it is timed again. */
export const openBackend = around('timed-once', (plan) => {
  let runs = 0;
  return {
    run() {
      if (timed >= 2) process.exit(9);
      runs++;
      plan.run();
    },
    close() {
      if (runs >= many) timed++;
      plan.close();
    },
  };
});
