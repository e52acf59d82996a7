import { divisorOf, type Problem } from '@normgauge/contract';
import type { Geometry } from './geometry.ts';

/** A positive number as fraction·2^exponent with 1 ≤ fraction < 4. */
interface Fraction {
  readonly fraction: number;
  readonly exponent: number;
}

/** Far below the exponent of any float32, and far from the ends of i32. */
const exponentOfZero = -1000;

/**
 * eps in two numbers, so that neither it nor its square leaves the range of float32.
 * The exponent is even where a square root is taken of it.
 */
function fractionOf(eps: number, even: boolean): Fraction {
  if (eps === 0) return { fraction: 0, exponent: exponentOfZero };
  const floor = Math.floor(Math.log2(eps));
  const exponent = even ? 2 * Math.floor(floor / 2) : floor;
  return { fraction: eps / 2 ** exponent, exponent };
}

type WgslType = 'u32' | 'i32' | 'f32';
type Field = readonly [name: string, type: WgslType, value: (problem: Problem, geometry: Geometry) => number];

const divisor = (kind: 'm' | 'm-1', { convention }: Problem, { m }: Geometry): number =>
  divisorOf(kind, m, convention.singleElement);
const eps = ({ convention }: Problem): Fraction =>
  fractionOf(convention.eps, convention.epsPlacement === 'inside-sqrt');
const weight = ({ convention }: Problem): number => (convention.momentum === 'cumulative' ? 0 : convention.momentum);

/** Everything that a shader is told about a problem, in the order of its uniform struct. Lengths are elements. */
const fields: readonly Field[] = [
  ['m', 'u32', (_, { m }) => m],
  ['c', 'u32', (_, { c }) => c],
  ['positions', 'u32', (_, { positions }) => positions],
  ['tile', 'u32', (_, { tile }) => tile],
  ['finishTile', 'u32', (_, { finishTile }) => finishTile],
  ['reduceParts', 'u32', (_, { reduce }) => reduce.parts],
  ['reduceLength', 'u32', (_, { reduce }) => reduce.partLength],
  ['repeatLength', 'u32', (_, { repeatLength }) => repeatLength],
  ['mapParts', 'u32', (_, { map }) => map.parts],
  ['mapLength', 'u32', (_, { map }) => map.partLength],
  ['count', 'f32', (_, { m }) => m],
  ['perCount', 'f32', (_, { m }) => 1 / m],
  [
    'perNormalizeDivisor',
    'f32',
    (problem, geometry) => 1 / divisor(problem.convention.normalizeDivisor, problem, geometry),
  ],
  [
    'perRunningDivisor',
    'f32',
    (problem, geometry) => 1 / divisor(problem.convention.runningDivisor, problem, geometry),
  ],
  ['eps', 'f32', ({ convention }) => convention.eps],
  ['epsFraction', 'f32', (problem) => eps(problem).fraction],
  ['epsExponent', 'i32', (problem) => eps(problem).exponent],
  ['outsideSqrt', 'u32', ({ convention }) => Number(convention.epsPlacement === 'outside-sqrt')],
  ['cumulative', 'u32', ({ convention }) => Number(convention.momentum === 'cumulative')],
  ['weightOfNew', 'f32', (problem) => weight(problem)],
  ['weightOfOld', 'f32', (problem) => 1 - weight(problem)],
];

/** WGSL: the struct of which every kernel has one, as `p`. */
export const paramsStruct: string = `struct Params {\n${fields.map(([name, type]) => `  ${name}: ${type},`).join('\n')}\n}`;

/** The struct's bytes for one problem. Four bytes a field: WGSL aligns these scalars so; the end is padded to 16. */
export function paramsOf(problem: Problem, geometry: Geometry): ArrayBuffer {
  const bytes = new DataView(new ArrayBuffer(Math.ceil(fields.length / 4) * 16));
  const store = {
    u32: (at: number, value: number) => bytes.setUint32(at, value, true),
    i32: (at: number, value: number) => bytes.setInt32(at, value, true),
    f32: (at: number, value: number) => bytes.setFloat32(at, value, true),
  };
  fields.forEach(([, type, value], index) => {
    store[type](4 * index, value(problem, geometry));
  });
  return bytes.buffer as ArrayBuffer;
}
