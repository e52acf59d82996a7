import type { ResolveHook } from 'node:module';

/*
 * Registered in the process of a gate, so that one file can be loaded several times: what an instance imports belongs to
 * it, too. Without this the second instance of base would run the very functions of the first, with what the compiler has
 * learned from them, and head, where it is the same file, as well. CommonJS files and native addons exist once a process.
 */

const field = 'normgauge-instance';

/** The address of a module as a certain instance has it. */
export function addressIn(instance: string, url: string): string {
  const address = new URL(url);
  address.searchParams.set(field, instance);
  return address.href;
}

export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  const found = await nextResolve(specifier, context);
  const { parentURL } = context;
  const instance = parentURL?.startsWith('file:') ? new URL(parentURL).searchParams.get(field) : null;
  if (instance === null || !found.url.startsWith('file:') || found.format === 'commonjs') return found;
  return { ...found, url: addressIn(instance, found.url) };
};
