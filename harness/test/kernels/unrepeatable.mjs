import { naive } from './naive.mjs';

/** Adds a last bit to every second result. */
export const openBackend = (options) => {
  const backend = naive('unrepeatable')(options);
  let calls = 0;
  return {
    ...backend,
    plan(problem) {
      const plan = backend.plan(problem);
      return {
        write: (inputs) => plan.write(inputs),
        run: () => plan.run(),
        read(into) {
          plan.read(into);
          if (++calls % 2 === 0) for (const tensor of Object.values(into)) tensor[0] *= 1 + 2 ** -23;
        },
        close: () => plan.close(),
      };
    },
  };
};
