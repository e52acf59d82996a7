import { around } from './around.mjs';

/** Takes arrays in ordinary memory only. */
export const openBackend = around('refuses-shared', (plan) => ({
  write(inputs) {
    if (inputs.x.buffer instanceof SharedArrayBuffer) throw new TypeError('x: expected an ArrayBuffer');
    plan.write(inputs);
  },
}));
