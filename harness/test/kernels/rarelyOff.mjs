import { around } from './around.mjs';

/** In one of 41 reads the last bit of one element is another. */
export const openBackend = around('rarely-off', (plan) => {
  let reads = 0;
  return {
    read(into) {
      plan.read(into);
      const first = Object.values(into)[0];
      if (++reads % 41 === 0 && first) first[first.length - 1] *= 1 + 2 ** -23;
    },
  };
});
