import { BackendUnavailableError, type Op } from '@normgauge/contract';

/** What assembly/index.ts exports. Each op takes the address of a Job. */
export interface Kernels {
  readonly run: Readonly<Record<Op, (job: number) => void>>;
  /** Bytes of the records in memory: a job, and what is kept of four channels or four columns. */
  readonly sizes: {
    readonly jobBytes: number;
    readonly recordBytes: number;
    readonly slotsBytes: number;
  };
}

/**
 * The smallest module with a v128 instruction: a function () → v128 of i32.const 0, i8x16.splat, i8x16.popcnt.
 * An engine without SIMD refuses to validate it.
 * The WebAssembly SIMD proposal, https://github.com/WebAssembly/simd
 */
const simdProbe: Uint8Array<ArrayBuffer> = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]);

async function bytesOf(url: URL): Promise<BufferSource> {
  if (url.protocol === 'file:') {
    const { readFile } = await import('node:fs/promises');
    return await readFile(url);
  }
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: expected status 200, got ${response.status} ${response.statusText}`);
  return await response.arrayBuffer();
}

/** @throws {BackendUnavailableError} when the engine has no WebAssembly or no SIMD */
export function requireSimd(): void {
  if (typeof WebAssembly === 'undefined') {
    throw new BackendUnavailableError(
      'wasm',
      'this JavaScript engine has no WebAssembly (is it started with --jitless?)',
    );
  }
  if (!WebAssembly.validate(simdProbe)) {
    throw new BackendUnavailableError('wasm', "this JavaScript engine's WebAssembly has no 128-bit SIMD");
  }
}

/**
 * Compiles the kernels and binds them to a memory.
 * @throws {Error} when the compiled module cannot be read: the package has not been built
 */
export async function loadKernels(memory: WebAssembly.Memory): Promise<Kernels> {
  const url = new URL('../build/batchnorm.wasm', import.meta.url);
  let bytes: BufferSource;
  try {
    bytes = await bytesOf(url);
  } catch (cause) {
    throw new Error(`wasm: expected the compiled kernels at ${url}, got none; build the package first`, { cause });
  }
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
  const kernel = (name: string) => instance.exports[name] as (job: number) => void;
  const size = (name: string) => (instance.exports[name] as WebAssembly.Global<'i32'>).value;
  return {
    run: {
      'forward-training': kernel('forwardTraining'),
      inference: kernel('inference'),
      backward: kernel('backward'),
      'backward-frozen': kernel('backwardFrozen'),
    },
    sizes: {
      jobBytes: size('jobBytes'),
      recordBytes: size('recordBytes'),
      slotsBytes: size('slotsBytes'),
    },
  };
}
