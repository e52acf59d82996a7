// What the module exports: one function an operation, which takes the address of a Job, and the sizes that the
// TypeScript side must agree on. All memory is imported and handed out by src/memory.ts; nothing is allocated here.

import { recordBytes, slotsBytes } from './channels';
import { Job } from './job';

export { forwardTraining, inference } from './forward';
export { backward, backwardFrozen } from './backward';
export { recordBytes, slotsBytes };

/** Bytes of a Job. */
export const jobBytes: u32 = offsetof<Job>();
