import { around } from './around.mjs';

let open = 0;

/** A correct backend, as long as no second plan is open when one runs. */
export const openBackend = around('hangs-with-two', (plan) => {
  open++;
  return {
    run() {
      while (open > 1);
      return plan.run();
    },
    close() {
      open--;
      return plan.close();
    },
  };
});
