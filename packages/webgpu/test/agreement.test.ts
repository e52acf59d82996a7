import {
  type Convention,
  conventions,
  formatShape,
  layouts,
  type Op,
  ops,
  type Problem,
  type Shape,
} from '@normgauge/contract';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { hardwareParallelism } from '../src/geometry.ts';
import { Gpu } from '../src/gpu.ts';
import { findNodeAdapter } from '../src/nodeAdapter.ts';
import { GpuPlan } from '../src/plan.ts';
import { inputsFor } from './fills.ts';
import { openOrReason } from './openOrReason.ts';
import { outside } from './solve.ts';

const base: Convention = {
  eps: 1e-5,
  epsPlacement: 'inside-sqrt',
  normalizeDivisor: 'm',
  runningDivisor: 'm-1',
  momentum: 0.1,
  singleElement: 'guard',
};

const { backend, unavailable } = await openOrReason();
const { backend: withoutSubgroups } = await openOrReason({ subgroups: false });
afterAll(() => Promise.all([backend.close(), withoutSubgroups.close()]));

const shapes: readonly (Shape & { readonly why: string })[] = [
  { n: 1, c: 1, spatial: [], why: 'one element in all' },
  { n: 1, c: 5, spatial: [1, 1], why: 'one element a channel' },
  { n: 2, c: 3, spatial: [], why: 'no positions' },
  { n: 131, c: 37, spatial: [], why: 'rows, with a channel tile that is not full' },
  { n: 700, c: 33, spatial: [], why: 'rows cut into parts, two tiles' },
  { n: 2, c: 3, spatial: [13], why: 'odd rows of one tail each' },
  { n: 3, c: 10, spatial: [7, 7], why: 'several short channels in a workgroup' },
  { n: 1, c: 1, spatial: [4099], why: 'one long run' },
  { n: 2, c: 2, spatial: [9001], why: 'planes cut into parts' },
  { n: 5, c: 2, spatial: [2, 3, 5], why: 'three spatial sizes' },
  { n: 67, c: 3, spatial: [3], why: 'planes shorter than a step of the lanes' },
  { n: 67, c: 5, spatial: [2, 2], why: 'planes of one load of four' },
  { n: 3, c: 12, spatial: [6, 6], why: 'loads of four in either layout, and a channel tile that is not full' },
  { n: 700, c: 36, spatial: [], why: 'rows of loads of four' },
];

describe.skipIf(unavailable)(`webgpu ${unavailable}`, () => {
  describe.each(ops)('%s', (op) => {
    describe.each(layouts)('%s', (layout) => {
      it.each(shapes.map((shape) => ({ ...shape, name: formatShape(shape) })))(
        'agrees with float64 at $name: $why',
        async (shape) => {
          for (const affine of [true, false]) {
            const problem: Problem = { op, shape, layout, dtype: 'f32', affine, convention: base };
            expect(await outside(backend, problem, inputsFor(problem, 7))).toEqual([]);
          }
        },
      );
    });

    it.each(conventions.filter((row) => row.ops.includes(op)))('follows the convention $name', async (convention) => {
      for (const layout of layouts) {
        const shape = { n: 2, c: 3, spatial: [5] };
        const problem: Problem = { op, shape, layout, dtype: 'f32', affine: true, convention };
        expect(await outside(backend, problem, inputsFor(problem, 11))).toEqual([]);
      }
    });
  });

  const cuts = [
    { parallelism: hardwareParallelism, subgroups: true, as: 'in subgroups' },
    { parallelism: hardwareParallelism, subgroups: false, as: 'through workgroup memory' },
  ];

  describe.each(cuts)('cut as finely as for a large GPU, reduced $as', ({ parallelism, subgroups }) => {
    it.each(ops)('agrees with float64 in %s, on a grid of two dimensions too', async (op) => {
      const { adapter } = await findNodeAdapter();
      const limits = { maxComputeWorkgroupsPerDimension: 3 };
      const gpu = await Gpu.open(adapter, { parallelism, subgroups, limits });
      expect(gpu.subgroups).toBe(subgroups && adapter.features.has('subgroups'));
      const fine = { plan: (problem: Problem) => GpuPlan.make(problem, gpu) };
      for (const layout of layouts) {
        for (const shape of [
          { n: 2, c: 3, spatial: [61, 61] },
          { n: 2, c: 9, spatial: [7] },
          { n: 300, c: 41, spatial: [] },
          { n: 2, c: 4, spatial: [60, 61] },
          { n: 9, c: 12, spatial: [2, 2] },
          { n: 300, c: 44, spatial: [] },
          { n: 1500, c: 4, spatial: [] },
          { n: 1, c: 1, spatial: [4100] },
        ]) {
          const problem: Problem = { op, shape, layout, dtype: 'f32', affine: true, convention: base };
          expect(await outside(fine, problem, inputsFor(problem, 13))).toEqual([]);
        }
      }
      gpu.close();
    });
  });

  it.each([
    { as: 'in subgroups', own: backend },
    { as: 'through workgroup memory', own: withoutSubgroups },
  ])('agrees with float64 for any shape, layout and custom convention, reduced $as', async ({ own }) => {
    const size = fc.integer({ min: 1, max: 9 });
    const problems: fc.Arbitrary<Problem> = fc.record({
      op: fc.constantFrom<Op>(...ops),
      shape: fc.record({ n: size, c: fc.integer({ min: 1, max: 70 }), spatial: fc.array(size, { maxLength: 3 }) }),
      layout: fc.constantFrom(...layouts),
      dtype: fc.constant('f32' as const),
      affine: fc.boolean(),
      convention: fc.record({
        eps: fc.constantFrom(0.5, 1e-3, 1e-5, 1e-12),
        epsPlacement: fc.constantFrom('inside-sqrt' as const, 'outside-sqrt' as const),
        normalizeDivisor: fc.constantFrom('m' as const, 'm-1' as const),
        runningDivisor: fc.constantFrom('m' as const, 'm-1' as const),
        momentum: fc.constantFrom(0, 0.1, 0.9, 1, 'cumulative' as const),
        singleElement: fc.constantFrom('guard' as const, 'nan' as const),
      }),
    });
    await fc.assert(
      fc.asyncProperty(problems, fc.integer({ min: 1, max: 1000 }), async (problem, seed) => {
        const m = problem.shape.n * problem.shape.spatial.reduce((a, b) => a * b, 1);
        fc.pre(m > 1 || problem.convention.singleElement === 'guard');
        expect(await outside(own, problem, inputsFor(problem, seed))).toEqual([]);
      }),
      { numRuns: 60, seed: 20240101 },
    );
  });
});
