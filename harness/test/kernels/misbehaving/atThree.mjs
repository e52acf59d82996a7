import { naive } from '../naive.mjs';

/** A right kernel, but for what happens when a plan for three channels is run for the first time in a process. */
export const atThree = (id, happens) => (options) => {
  const backend = naive(id)(options);
  let happened = false;
  return {
    ...backend,
    async plan(problem) {
      const plan = await backend.plan(problem);
      return {
        write: (inputs) => plan.write(inputs),
        async run() {
          if (problem.shape.c === 3 && !happened) {
            happened = true;
            await happens();
          }
          await plan.run();
        },
        read: (into) => plan.read(into),
        close: () => plan.close(),
      };
    },
  };
};
