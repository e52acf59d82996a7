import type { Walk } from './walks.ts';

/**
 * `nearestHalf`, of one float32 and of four: the nearest float16, ties to even. Converting what has no more bits than float16 is exact, so
 * that it makes no difference that WGSL leaves open in which direction a conversion rounds. Below the smallest normal float16 the
 * steps are 2⁻²⁴ throughout, and multiplying by a power of two is exact. Infinities and NaN stay what they are.
 */
const nearestHalf: string = /* wgsl */ `
fn nearestHalf(v: f32) -> f32 {
  let bits = bitcast<u32>(v);
  let normal = bitcast<f32>((bits + 0xfffu + ((bits >> 13u) & 1u)) & 0xffffe000u);
  let finite = select(normal, round(v * ${2 ** 24}f) * ${2 ** -24}f, abs(v) < ${2 ** -14}f);
  return select(finite, v, (bits & 0x7f800000u) == 0x7f800000u);
}

fn nearestHalf4(v: vec4f) -> vec4f { return vec4f(nearestHalf(v.x), nearestHalf(v.y), nearestHalf(v.z), nearestHalf(v.w)); }
`;

/** How a tensor is held and what passes between it and float32, as pieces of WGSL. */
export interface Stored {
  /** What x, dy and result are arrays of. */
  readonly load: string;
  /** Has to stand before everything else. */
  readonly extension?: string;
  /** Functions that `rounded` needs. */
  readonly functions: string;
  /** A load as float32. */
  readonly read: (load: string) => string;
  /** A float32, or four, with no more bits than are stored. */
  readonly rounded: (value: string, type: 'f32' | 'vec4f') => string;
  /** What is stored, of a value that is rounded. */
  readonly written: (value: string) => string;
}

const single = (load: Walk['load']): Stored => ({
  ...{ load, functions: '' },
  read: (held) => held,
  rounded: (value) => value,
  written: (value) => value,
});

const half = (load: Walk['load']): Stored => {
  const held = load === 'vec4f' ? 'vec4<f16>' : 'f16';
  return {
    ...{ load: held, extension: 'enable f16;', functions: nearestHalf },
    read: (value) => `${load}(${value})`,
    rounded: (value, type) => `${type === 'vec4f' ? 'nearestHalf4' : 'nearestHalf'}(${value})`,
    written: (value) => `${held}(${value})`,
  };
};

/** How loads of this kind are held in a problem's dtype. */
export function storedOf({ load, dtype }: Pick<Walk, 'load' | 'dtype'>): Stored {
  return dtype === 'f16' ? half(load) : single(load);
}
