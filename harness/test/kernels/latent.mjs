import { naive } from './naive.mjs';

/** Right for the first twenty calls of a plan, then lazy: a cheat that only a second look at timed results finds. */
export const openBackend = (options) => {
  const backend = naive('latent')(options);
  return {
    ...backend,
    plan(problem) {
      const plan = backend.plan(problem);
      let calls = 0;
      let lazy = false;
      return {
        write: (inputs) => plan.write(inputs),
        run() {
          lazy = ++calls > 20;
          plan.run();
        },
        read(into) {
          plan.read(into);
          if (lazy) for (const tensor of Object.values(into)) tensor[0] += 1;
        },
        close: () => plan.close(),
      };
    },
  };
};
