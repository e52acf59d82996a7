import { storedOf } from './kernels/stored.ts';
import type { Walk } from './kernels/walks.ts';
import { paramsStruct } from './params.ts';

/** The buffers of a plan, by the name that the shaders give them, and which type they have there; a tensor is an array of loads. */
const types = {
  p: 'Params',
  x: 'tensor',
  dy: 'tensor',
  result: 'tensor',
  channelsIn: 'array<f32>',
  channelsOut: 'array<f32>',
  partials: 'array<vec4f>',
  coefficients: 'array<vec4f>',
} as const;

export type BufferName = keyof typeof types;

/** A shader before it is compiled: one entry point `main`, the buffers it reads and writes, and the rest of its text. */
export interface Kernel {
  readonly label: string;
  /** What one load of a tensor takes, in which format, and whether the text uses subgroups. */
  readonly walk: Pick<Walk, 'load' | 'subgroups' | 'dtype'>;
  readonly reads: readonly BufferName[];
  readonly writes: readonly BufferName[];
  readonly body: string;
}

/** One buffer of a kernel; its place in the list that `bindingsOf` gives is its binding. */
export interface Binding {
  readonly name: BufferName;
  readonly type: GPUBufferBindingType;
}

/** The buffers of a kernel in binding order: the uniform, those read, those written. */
export function bindingsOf({ reads, writes }: Kernel): readonly Binding[] {
  return [
    { name: 'p', type: 'uniform' },
    ...reads.map((name): Binding => ({ name, type: 'read-only-storage' })),
    ...writes.map((name): Binding => ({ name, type: 'storage' })),
  ];
}

const addressSpace: Readonly<Record<GPUBufferBindingType, string>> = {
  uniform: 'uniform',
  'read-only-storage': 'storage, read',
  storage: 'storage, read_write',
};

/** The complete WGSL text of a kernel. */
export function wgslOf(kernel: Kernel): string {
  const { label, walk, body } = kernel;
  const { load, extension, functions } = storedOf(walk);
  const declarations = bindingsOf(kernel).map(({ name, type }, at) => {
    const held = types[name] === 'tensor' ? `array<${load}>` : types[name];
    return `@group(0) @binding(${at}) var<${addressSpace[type]}> ${name}: ${held};`;
  });
  const extensions = [...(extension ? [extension] : []), ...(walk.subgroups ? ['enable subgroups;'] : [])];
  return [`// ${label}`, ...extensions, paramsStruct, ...declarations, functions, body].join('\n');
}
