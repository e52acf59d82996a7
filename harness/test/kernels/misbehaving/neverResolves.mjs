import { atThree } from './atThree.mjs';

/** A promise that nobody will ever resolve. */
export const openBackend = atThree('neverResolves', () => new Promise(() => {}));
