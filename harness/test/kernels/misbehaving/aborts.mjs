import process from 'node:process';
import { atThree } from './atThree.mjs';

/** Ends as native code does whose assertion does not hold. */
export const openBackend = atThree('aborts', () => process.abort());
