import { atThree } from './atThree.mjs';

/** Replaces what every program in its process copies arrays with. */
export const openBackend = atThree('breaksBuiltIns', () => {
  Uint32Array.prototype.slice = () => 'a slice';
});
