import type { OpenBackend } from '@normgauge/contract';

/** A module that exports a backend. */
export interface BackendModule {
  readonly openBackend: OpenBackend;
}

/** One of our own backends: listed here and nowhere else. */
export interface BackendEntry {
  readonly id: string;
  readonly description: string;
  /** Run when it is named, not when nothing is: a published listing, another library, a variant of another backend. */
  readonly onlyNamed?: true;
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
    id: 'wasm-threads',
    description: 'the same kernels over shared memory, as many threads as there are cores',
    onlyNamed: true,
    load: () => import('@normgauge/wasm/threads'),
  },
  {
    id: 'webgpu',
    description: 'WGSL through Dawn; SwiftShader where no GPU is found',
    load: () => import('@normgauge/webgpu'),
  },
  {
    id: 'cs231n',
    description: 'CS231n assignment 2: batchnorm_forward and batchnorm_backward on (N, D)',
    onlyNamed: true,
    load: async () => (await import('@normgauge/peers')).cs231n,
  },
  {
    id: 'darknet',
    description: "Darknet's batchnorm_layer.c on the CPU (pjreddie)",
    onlyNamed: true,
    load: async () => (await import('@normgauge/peers')).darknet,
  },
  {
    id: 'darknet-alexeyab',
    description: "Darknet's batchnorm_layer.c on the CPU (AlexeyAB)",
    onlyNamed: true,
    load: async () => (await import('@normgauge/peers')).darknetAlexeyab,
  },
  {
    id: 'tfjs-cpu',
    description: 'TensorFlow.js on its backend cpu; npm run peers installs it',
    onlyNamed: true,
    load: async () => (await import('@normgauge/peers')).tensorflowCpu,
  },
  {
    id: 'tfjs-wasm',
    description: 'TensorFlow.js on its backend wasm; npm run peers installs it',
    onlyNamed: true,
    load: async () => (await import('@normgauge/peers')).tensorflowWasm,
  },
  {
    id: 'ort-web',
    description: 'ONNX Runtime Web, WebAssembly, one thread; npm run peers installs it',
    onlyNamed: true,
    load: async () => (await import('@normgauge/peers')).onnxWeb,
  },
  {
    id: 'ort-node',
    description: 'ONNX Runtime, native CPU provider, one thread; npm run peers installs it',
    onlyNamed: true,
    load: async () => (await import('@normgauge/peers')).onnxNode,
  },
];
