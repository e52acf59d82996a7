export { openBackend } from './threadsBackend.ts';
