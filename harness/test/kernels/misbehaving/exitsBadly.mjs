import process from 'node:process';
import { atThree } from './atThree.mjs';

/** Ends its process with a status of its own. */
export const openBackend = atThree('exitsBadly', () => process.exit(7));
