import { around } from './around.mjs';

let calls = 0;

/** Right, and declares that its last bits differ from call to call; every call is awaited. */
export const openBackend = (options) => ({
  ...around('jitters', (plan) => ({
    write: async (inputs) => plan.write(inputs),
    run: async () => plan.run(),
    async read(into) {
      await undefined;
      plan.read(into);
      for (const tensor of Object.values(into)) tensor[0] *= 1 + (++calls % 3) * 2 ** -24;
    },
  }))(options),
  numerics: { deterministic: false },
});
