/*
 * What is used of ONNX Runtime's JavaScript packages, which share it, so that this compiles where none is installed.
 * As documented at https://onnxruntime.ai/docs/api/js/.
 */

/** A tensor in JavaScript's memory. */
export interface OrtTensor {
  readonly data: Float32Array;
  dispose(): void;
}

export interface InferenceSession {
  /** Copies what it is fed into the runtime, computes, and copies the results out. */
  run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<string, OrtTensor>>>;
  release(): Promise<void>;
}

interface SessionOptions {
  readonly executionProviders: readonly string[];
  readonly intraOpNumThreads: number;
  readonly interOpNumThreads: number;
  /** 3: errors only. */
  readonly logSeverityLevel: number;
}

/** `onnxruntime-web` and `onnxruntime-node`. */
export interface OnnxRuntime {
  readonly env: {
    readonly versions: { readonly web?: string; readonly node?: string };
    readonly wasm: { numThreads?: number; proxy?: boolean };
  };
  readonly Tensor: new (type: 'float32', data: Float32Array, shape: readonly number[]) => OrtTensor;
  readonly InferenceSession: {
    create(model: Uint8Array, options: SessionOptions): Promise<InferenceSession>;
  };
}
