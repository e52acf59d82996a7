import type { ResolveHook } from 'node:module';

/*
 * Registered in the process of a backend. A kernel module that lies outside any project of its own may still import the
 * contract: what it cannot resolve itself is resolved from here.
 */

const ours = new Set(['@normgauge/contract', 'normgauge']);

export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  try {
    return await nextResolve(specifier, context);
  } catch (error) {
    if (!ours.has(specifier)) throw error;
    return nextResolve(specifier, { ...context, parentURL: import.meta.url });
  }
};
