import { atThree } from './atThree.mjs';
import { writeFrame } from './frame.mjs';

/** Writes bytes to the harness that are no message. */
export const openBackend = atThree('writesGarbage', () => writeFrame(Buffer.alloc(8, 0xee)));
