export { fromFunctions, type Kernels } from '@normgauge/contract';
export { main } from './cli.ts';
