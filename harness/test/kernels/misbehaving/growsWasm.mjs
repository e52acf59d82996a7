import { atThree } from './atThree.mjs';

/** Needs ever more WebAssembly memory. */
export const openBackend = atThree('growsWasm', () => {
  const memory = new WebAssembly.Memory({ initial: 0 });
  while (true) {
    const pages = memory.grow(128);
    new Uint8Array(memory.buffer, pages * 2 ** 16).fill(1);
  }
});
