import { around } from './around.mjs';

/** Takes its inputs over in the first run and not in write: wrong when the caller overwrites them in between. */
export const openBackend = around('reads-when-run', (plan) => {
  let given;
  return {
    write(inputs) {
      given = inputs;
    },
    run() {
      if (given) plan.write(given);
      given = undefined;
      plan.run();
    },
  };
});
