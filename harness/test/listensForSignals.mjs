import { abortOnSignal } from '../dist/commands/candidates.js';

/** A run that has not come to its end when Ctrl-C is pressed again. */
const { signal } = abortOnSignal([]);
setInterval(() => {}, 1000);
signal.addEventListener('abort', () => console.log('stopping'));
console.log('running');
