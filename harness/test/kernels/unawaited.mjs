import { around } from './around.mjs';

/** Its run returns before the work is done, and returns nothing to wait for. */
export const openBackend = around('unawaited', (plan) => {
  let closed = false;
  return {
    run() {
      queueMicrotask(() => {
        if (!closed) plan.run();
      });
    },
    close() {
      closed = true;
      plan.close();
    },
  };
});
