import { atThree } from './atThree.mjs';
import { forge } from './frame.mjs';

/** Answers the third question, which is for outputs, with outputs that are too short. */
export const openBackend = atThree('answersShort', () =>
  forge({ serial: 3, reply: { outputs: [{ y: new Uint32Array(3) }], repeated: {}, inputsAfter: {} } }),
);
