export { openBackend } from './wasmBackend.ts';
