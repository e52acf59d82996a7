/** Milliseconds between two looks at the clock. */
const tick = 50;

/**
 * Calls back once, after so many milliseconds in which this process could have received an answer. While it computes a
 * reference it receives nothing, and that time is not held against the backend.
 *
 * @returns ends the countdown
 */
export function countdown(milliseconds: number, expired: () => void): () => void {
  let left = milliseconds;
  let last = performance.now();
  let ended = false;
  const timer = setInterval(
    () => {
      const now = performance.now();
      left -= Math.min(now - last, 2 * tick);
      last = now;
      if (left > 0) return;
      clearInterval(timer);
      // After what lies in the pipe already was read.
      setImmediate(() => {
        if (!ended) expired();
      });
    },
    Math.min(tick, milliseconds),
  );
  return () => {
    ended = true;
    clearInterval(timer);
  };
}
