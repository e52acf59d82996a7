import { closeSync } from 'node:fs';
import { atThree } from './atThree.mjs';

/** Closes the pipe that leads to the harness. */
export const openBackend = atThree('closesChannel', () => closeSync(3));
