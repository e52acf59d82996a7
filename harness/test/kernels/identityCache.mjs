import { around } from './around.mjs';

/** Does not upload an array that it was given before, though its content may have changed. */
export const openBackend = around('identity-cache', (plan) => {
  let uploaded;
  return {
    write(inputs) {
      if (inputs.x === uploaded) return;
      uploaded = inputs.x;
      plan.write(inputs);
    },
  };
});
