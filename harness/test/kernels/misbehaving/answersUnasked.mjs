import { atThree } from './atThree.mjs';
import { forge } from './frame.mjs';

/** Answers what nobody asked. */
export const openBackend = atThree('answersUnasked', () => forge({ serial: 1e6, reply: {} }));
