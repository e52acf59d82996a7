import { type Convention, conventions, type Problem, type Shape } from '@normgauge/contract';

const pytorch = conventions.find(({ name }) => name === 'pytorch')!;

/** Every published convention, and what no row of theirs combines. */
export const testedConventions: readonly (Convention & { readonly name: string })[] = [
  ...conventions,
  { ...pytorch, name: 'outside the root, ÷ m', eps: 1e-3, epsPlacement: 'outside-sqrt', singleElement: 'nan' },
  {
    ...pytorch,
    name: '÷ m−1, guarded, cumulative',
    normalizeDivisor: 'm-1',
    momentum: 'cumulative',
    singleElement: 'guard',
  },
  { ...pytorch, name: 'eps 1e4 outside', eps: 1e4, epsPlacement: 'outside-sqrt', normalizeDivisor: 'm-1' },
  { ...pytorch, name: 'eps 0 inside', eps: 0, singleElement: 'nan' },
  { ...pytorch, name: 'eps 0 outside', eps: 0, epsPlacement: 'outside-sqrt', singleElement: 'guard' },
];

/** m = 1 twice, 2, 3, 4, 12, 24, 60; 0 to 3 spatial sizes; N = 1, C = 1, spatial = 1. */
export const testedShapes: readonly Shape[] = [
  { n: 1, c: 3, spatial: [] },
  { n: 1, c: 2, spatial: [1, 1] },
  { n: 2, c: 2, spatial: [] },
  { n: 1, c: 2, spatial: [3] },
  { n: 2, c: 2, spatial: [2] },
  { n: 2, c: 3, spatial: [2, 3] },
  { n: 3, c: 1, spatial: [2, 2, 2] },
  { n: 3, c: 2, spatial: [4, 5] },
];

/** A problem in PyTorch's convention, with what differs. */
export function problemOf(changes: Partial<Problem>, convention: Partial<Convention> = {}): Problem {
  return {
    op: 'forward-training',
    shape: { n: 2, c: 3, spatial: [2, 3] },
    layout: 'nchw',
    dtype: 'f32',
    affine: true,
    ...changes,
    convention: { ...pytorch, ...changes.convention, ...convention },
  };
}
