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
 * The smallest modules with the instructions in question, functions () → v128; an engine without them refuses to
 * validate it. i32.const 0, i8x16.splat, i8x16.popcnt: the WebAssembly SIMD proposal,
 * https://github.com/WebAssembly/simd. Three splats and f32x4.relaxed_madd:
 * https://github.com/WebAssembly/relaxed-simd, instruction 0x105.
 */
const simdProbe: Uint8Array<ArrayBuffer> = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]);
const relaxedProbe: Uint8Array<ArrayBuffer> = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 19, 1, 17, 0, 65, 0, 253, 15, 65, 0, 253, 15, 65,
  0, 253, 15, 253, 133, 2, 11,
]);

/** Whether the engine has relaxed SIMD: Node from 22 on, browsers from 2023 on, Node 20 behind a flag. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(relaxedProbe);
}

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
export function requireSimd(backend: string): void {
  if (typeof WebAssembly === 'undefined') {
    throw new BackendUnavailableError(
      backend,
      'this JavaScript engine has no WebAssembly (is it started with --jitless?)',
    );
  }
  if (!WebAssembly.validate(simdProbe)) {
    throw new BackendUnavailableError(backend, "this JavaScript engine's WebAssembly has no 128-bit SIMD");
  }
}

/** Which of the builds of the kernels (asconfig.json): for shared memory, and with relaxed SIMD. */
export interface Build {
  readonly shared: boolean;
  readonly relaxed: boolean;
}

/**
 * What was compiled, by the name of its file. Backends that are opened one after the other share the code, and what the engine has made of
 * it meanwhile: it compiles in haste first and well later, when a function was called often enough.
 */
const compiled = new Map<string, Promise<WebAssembly.Module>>();

/**
 * The compiled kernels, compiled when they are first asked for.
 * @throws {Error} when the compiled module cannot be read: the package has not been built
 */
export function compileKernels({ shared, relaxed }: Build): Promise<WebAssembly.Module> {
  const name = ['batchnorm', ...(shared ? ['threads'] : []), ...(relaxed ? ['relaxed'] : []), 'wasm'].join('.');
  const known = compiled.get(name);
  if (known) return known;
  const compiling = compile(name);
  compiled.set(name, compiling);
  // Whoever asks next may find what was missing.
  compiling.catch(() => compiled.delete(name));
  return compiling;
}

async function compile(name: string): Promise<WebAssembly.Module> {
  const url = new URL(`../build/${name}`, import.meta.url);
  let bytes: BufferSource;
  try {
    bytes = await bytesOf(url);
  } catch (cause) {
    throw new Error(`wasm: expected the compiled kernels at ${url}, got none; build the package first`, { cause });
  }
  return await WebAssembly.compile(bytes);
}

/** The exports of compiled kernels that work on this memory. */
export async function instantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Promise<Readonly<Record<string, unknown>>> {
  return (await WebAssembly.instantiate(module, { env: { memory } })).exports;
}

/** Binds compiled kernels to a memory. */
export function kernelsOf(exports: Readonly<Record<string, unknown>>): Kernels {
  const kernel = (name: string) => exports[name] as (job: number) => void;
  const size = (name: string) => (exports[name] as WebAssembly.Global<'i32'>).value;
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

/** Compiles the kernels for one thread and binds them to a memory. */
export async function loadKernels(memory: WebAssembly.Memory, relaxed: boolean = hasRelaxedSimd()): Promise<Kernels> {
  return kernelsOf(await instantiate(await compileKernels({ shared: false, relaxed }), memory));
}
