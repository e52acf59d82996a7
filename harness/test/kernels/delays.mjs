import { appendFileSync } from 'node:fs';
import process from 'node:process';
import { around } from './around.mjs';

/*
 * Every run takes as long as NORMGAUGE_TEST_DELAY says, in milliseconds, give or take a quarter, by its own clock; when each
 * began and ended is written, plan by plan, to the file NORMGAUGE_TEST_LOG.
 */

const now = performance.now.bind(performance);
const { NORMGAUGE_TEST_DELAY: delay, NORMGAUGE_TEST_LOG: log } = process.env;
/** Runs that take equally long: more than there are in most samples, so that samples differ. */
const alike = 16;
let runs = 0;
let factor = 1;
let state = 1;
const spans = [];

export const openBackend = around('delays', (plan) => ({
  run() {
    const start = now();
    if (runs++ % alike === 0) {
      state = (state * 48_271) % 2_147_483_647;
      factor = 0.75 + state / 2_147_483_647 / 2;
    }
    plan.run();
    const until = start + Number(delay) * factor;
    while (now() < until);
    spans.push([start, now()]);
  },
  close() {
    plan.close();
    appendFileSync(
      log,
      spans
        .splice(0)
        .map((span) => `${JSON.stringify(span)}\n`)
        .join(''),
    );
  },
}));
