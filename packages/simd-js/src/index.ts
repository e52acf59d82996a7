export { openBackend } from './backend.ts';
