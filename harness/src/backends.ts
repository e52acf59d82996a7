import type { OpenBackend } from '@normgauge/contract';

/** A module that exports a backend. */
export interface BackendModule {
  readonly openBackend: OpenBackend;
}

/** One of our own backends: listed here and nowhere else. */
export interface BackendEntry {
  readonly id: string;
  readonly description: string;
  /** Loads the package; called only in the process that runs the backend. */
  load(): Promise<BackendModule>;
}

export const backends: readonly BackendEntry[] = [
  {
    id: 'simd-js',
    description: 'plain JavaScript over typed arrays',
    load: () => import('@normgauge/simd-js'),
  },
  {
    id: 'wasm',
    description: 'WebAssembly SIMD, one thread',
    load: () => import('@normgauge/wasm'),
  },
  {
    id: 'webgpu',
    description: 'WGSL through Dawn; SwiftShader where no GPU is found',
    load: () => import('@normgauge/webgpu'),
  },
];
