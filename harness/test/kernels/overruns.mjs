import { naive } from './naive.mjs';

/** Writes one element behind the view that it was asked to fill. */
export const openBackend = (options) => {
  const backend = naive('overruns')(options);
  return {
    ...backend,
    plan(problem) {
      const plan = backend.plan(problem);
      return {
        ...plan,
        write: (inputs) => plan.write(inputs),
        run: () => plan.run(),
        read(into) {
          plan.read(into);
          for (const { buffer, byteOffset, length } of Object.values(into)) {
            new Float32Array(buffer, byteOffset, length + 1)[length] = 0;
          }
        },
        close: () => plan.close(),
      };
    },
  };
};
