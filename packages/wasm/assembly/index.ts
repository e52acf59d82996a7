// What the module exports: functions that take the address of a Job, and the sizes that the TypeScript side must agree
// on. All memory is imported and handed out by src/memory.ts; nothing is allocated here.
//
// On one thread an operation is one call. Several threads that share a problem by row of columns call its steps, which
// src/threads/runner.ts puts in the same order as they have here; each thread has a Job of its own.

import {
  frozenRows,
  gradientOfRows,
  mapFrozenColumns,
  mapGradientColumns,
  settleFrozenColumns,
  settleFrozenSumsOfColumns,
  settleGradientColumns,
  shiftToSaved,
  sumGradientColumns,
} from './backward';
import { recordBytes, slotsBytes } from './channels';
import { finishForward, finishGradient } from './convention';
import {
  beginColumns,
  guessColumns,
  inferRows,
  mapColumns,
  readColumns,
  settleColumns,
  settleInferenceColumns,
  sumColumns,
  trainRows,
} from './forward';
import { Job } from './job';

export { recordBytes, slotsBytes };
export {
  beginColumns,
  finishForward,
  finishGradient,
  guessColumns,
  mapColumns,
  mapFrozenColumns,
  mapGradientColumns,
  readColumns,
  settleColumns,
  settleFrozenColumns,
  settleFrozenSumsOfColumns,
  settleGradientColumns,
  settleInferenceColumns,
  shiftToSaved,
  sumColumns,
  sumGradientColumns,
};

/** Bytes of a Job. */
export const jobBytes: u32 = offsetof<Job>();

export function forwardTraining(address: usize): void {
  const job = changetype<Job>(address);
  if (job.byRow) {
    trainRows(job);
    return;
  }
  if (beginColumns(job)) readColumns(job);
  guessColumns(job);
  let pass: u32 = 0;
  do {
    pass++;
    sumColumns(job);
  } while (settleColumns(job, pass));
  mapColumns(job);
  finishForward(job, 0, job.c);
}

export function inference(address: usize): void {
  const job = changetype<Job>(address);
  if (job.byRow) {
    inferRows(job);
    return;
  }
  settleInferenceColumns(job);
  mapColumns(job);
  finishForward(job, 0, job.c);
}

export function backward(address: usize): void {
  const job = changetype<Job>(address);
  if (job.byRow) {
    gradientOfRows(job);
    return;
  }
  shiftToSaved(job);
  sumGradientColumns(job);
  settleGradientColumns(job);
  mapGradientColumns(job);
  finishGradient(job, 0, job.c);
}

export function backwardFrozen(address: usize): void {
  const job = changetype<Job>(address);
  if (job.byRow) {
    frozenRows(job);
    return;
  }
  settleFrozenColumns(job);
  mapFrozenColumns(job);
  settleFrozenSumsOfColumns(job);
}
