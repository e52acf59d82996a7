import { conventionNamed, type Problem } from '@normgauge/contract';

/** mulberry32: 32 bits of state, the same numbers on every machine, in [0, 1). */
function randomUniform(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Normal numbers, Box and Muller. */
export function normals(length: number, seed: number, { mean = 0, deviation = 1 } = {}): Float64Array {
  const uniform = randomUniform(seed);
  return Float64Array.from({ length }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * uniform());
  });
}

/** A problem in the convention of this name, on 3 samples of 2 channels of 5 positions, with what differs. */
export function problemIn(name: string, changes: Partial<Problem> = {}): Problem {
  return {
    op: 'forward-training',
    shape: { n: 3, c: 2, spatial: [5] },
    layout: 'nchw',
    dtype: 'f32',
    affine: true,
    convention: conventionNamed(name)!,
    ...changes,
  };
}
