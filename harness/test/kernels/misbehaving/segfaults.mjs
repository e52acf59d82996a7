import process from 'node:process';
import { atThree } from './atThree.mjs';

/** Ends as a process does that touches memory which is not its own. */
export const openBackend = atThree('segfaults', () => process.kill(process.pid, 'SIGSEGV'));
