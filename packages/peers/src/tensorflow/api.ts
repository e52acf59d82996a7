/*
 * What is used of TensorFlow.js, so that this compiles where it is not installed. As documented at
 * https://js.tensorflow.org/api/4.22.0/.
 */

/** A tensor of float32 that belongs to a backend; it stays until it is disposed of or its scope ends. */
export interface Tensor {
  readonly shape: readonly number[];
  /** The values, once they are computed. */
  dataSync(): Float32Array;
  dispose(): void;
  reshape(shape: readonly number[]): Tensor;
}

/** `@tensorflow/tfjs-core`. */
export interface TensorFlow {
  readonly version_core: string;
  setBackend(name: string): Promise<boolean>;
  getBackend(): string;
  tensor(values: Float32Array, shape: readonly number[], dtype: 'float32'): Tensor;
  zeros(shape: readonly number[]): Tensor;
  /** Disposes of what `compute` made and did not return. */
  tidy<T>(compute: () => T): T;
  transpose(x: Tensor, permutation: readonly number[]): Tensor;
  moments(x: Tensor, axes: readonly number[]): { readonly mean: Tensor; readonly variance: Tensor };
  /** offset is beta, scale is gamma; all four [C], against the last axis of x. */
  batchNorm(
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    offset: Tensor | undefined,
    scale: Tensor | undefined,
    varianceEpsilon: number,
  ): Tensor;
  add(a: Tensor, b: Tensor | number): Tensor;
  sub(a: Tensor, b: Tensor): Tensor;
  mul(a: Tensor, b: Tensor | number): Tensor;
  rsqrt(x: Tensor): Tensor;
  /** Gradients of f by each of its arguments, against dy. */
  grads(f: (...args: Tensor[]) => Tensor): (args: Tensor[], dy: Tensor) => Tensor[];
}

/** `@tensorflow/tfjs-backend-wasm`. */
export interface TensorFlowWasm {
  /** The folder that its WebAssembly files are read from, with a slash behind it. */
  setWasmPaths(folder: string): void;
}
