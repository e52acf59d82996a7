// What the module exports: one function an operation, which takes the address of a Job, and the sizes that the
// TypeScript side must agree on. All memory is imported and handed out by src/memory.ts; nothing is allocated here.

import { Channel, Job } from './job';

export { forwardTraining, inference } from './forward';
export { backward, backwardFrozen } from './backward';
export { recordBytes, slotsBytes } from './columns';

/** Bytes of a Job and of a Channel. */
export const jobBytes: u32 = offsetof<Job>();
export const channelBytes: u32 = offsetof<Channel>();
