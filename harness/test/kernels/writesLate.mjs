import { around } from './around.mjs';

/** Goes on writing to the caller's buffers after read was done. */
export const openBackend = around('writes-late', (plan) => ({
  read(into) {
    plan.read(into);
    setTimeout(() => {
      for (const tensor of Object.values(into)) tensor[0] = 0;
    }, 1);
  },
}));
