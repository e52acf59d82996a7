export { openBackend } from './wasmBackend.ts';
export type { WasmPlan } from './wasmPlan.ts';
