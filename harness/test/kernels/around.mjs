import { naive } from './naive.mjs';

/**
 * A correct backend with its plans replaced: `wrap` gets the correct plan, the problem, and a way to make more plans, and
 * returns the methods that differ.
 */
export function around(id, wrap) {
  return (options) => {
    const backend = naive(id)(options);
    return {
      ...backend,
      plan(problem) {
        const plan = backend.plan(problem);
        return {
          write: (inputs) => plan.write(inputs),
          run: () => plan.run(),
          read: (into) => plan.read(into),
          close: () => plan.close(),
          ...wrap(plan, problem, backend),
        };
      },
    };
  };
}

/** New arrays for every output that `into` asks for. */
export function likeOutputs(into) {
  return Object.fromEntries(Object.entries(into).map(([name, { length }]) => [name, new Float32Array(length)]));
}
