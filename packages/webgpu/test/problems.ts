import type { Convention, Problem } from '@normgauge/contract';

const convention: Convention = {
  eps: 1e-5,
  epsPlacement: 'inside-sqrt',
  normalizeDivisor: 'm',
  runningDivisor: 'm-1',
  momentum: 0.1,
  singleElement: 'guard',
};

/** A small problem with everything in it, and whatever else is said. */
export function problemWith(other: Partial<Problem> & { readonly custom?: Partial<Convention> } = {}): Problem {
  const { custom, ...rest } = other;
  return {
    op: 'forward-training',
    shape: { n: 3, c: 4, spatial: [5, 5] },
    layout: 'nchw',
    dtype: 'f32',
    affine: true,
    convention: { ...convention, ...custom },
    ...rest,
  };
}
