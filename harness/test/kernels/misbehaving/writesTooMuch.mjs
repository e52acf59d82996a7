import { atThree } from './atThree.mjs';
import { writeFrame } from './frame.mjs';

/** Announces a message of many terabytes to the harness. */
export const openBackend = atThree('writesTooMuch', () => writeFrame(Buffer.alloc(8), 2 ** 47));
