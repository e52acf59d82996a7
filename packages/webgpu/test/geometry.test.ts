import { elementsPerChannel, layouts, type Problem } from '@normgauge/contract';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { geometryOf, gridOf, hardwareParallelism, softwareParallelism, threads } from '../src/geometry.ts';
import { stepsOf } from '../src/program.ts';
import { problemWith } from './problems.ts';

const size = fc.integer({ min: 1, max: 3000 });
const problems: fc.Arbitrary<Problem> = fc
  .record({ n: size, c: size, spatial: fc.array(size, { maxLength: 2 }), layout: fc.constantFrom(...layouts) })
  .map(({ n, c, spatial, layout }) => problemWith({ shape: { n, c, spatial }, layout }));

it.each([hardwareParallelism, softwareParallelism])(
  'cuts every channel into parts that cover it, for $groups groups',
  (parallelism) => {
    fc.assert(
      fc.property(problems, (problem) => {
        const { reduce, map, tile, tiles, finishTile, m, c } = geometryOf(problem, parallelism);
        expect(m).toBe(elementsPerChannel(problem.shape));
        for (const { parts, partLength } of [reduce, map]) {
          expect(parts * partLength).toBeGreaterThanOrEqual(m);
          expect((parts - 1) * partLength).toBeLessThan(m);
        }
        expect(tiles * tile).toBeGreaterThanOrEqual(c);
        expect((tiles - 1) * tile).toBeLessThan(c);
        expect(Number.isInteger(Math.log2(tile)) && tile <= threads).toBe(true);
        expect(Number.isInteger(Math.log2(finishTile)) && finishTile <= tile).toBe(true);
      }),
    );
  },
);

it('loads four elements at once only where they are side by side, belong together and start at a multiple of 16 bytes', () => {
  fc.assert(
    fc.property(problems, (problem) => {
      const { walk, load, positions, c, m, reduce, map } = geometryOf(problem, hardwareParallelism);
      const together = walk === 'planes' ? positions : c;
      expect(load === 'vec4f').toBe(together % 4 === 0);
      // what a part begins with must be the first of a load
      if (load === 'vec4f' && walk === 'planes') {
        for (const length of [m, reduce.partLength, map.partLength]) expect(length % 4).toBe(0);
      }
    }),
  );
});

it('cuts planes only where a channel has a workgroup to itself, since the parts are put together by one', () => {
  fc.assert(
    fc.property(problems, (problem) => {
      const { walk, reduce, tile } = geometryOf(problem, hardwareParallelism);
      expect(walk === 'rows' || reduce.parts === 1 || tile === 1).toBe(true);
    }),
  );
});

it('takes at most three dispatches for any problem', () => {
  fc.assert(
    fc.property(problems, fc.constantFrom(hardwareParallelism, softwareParallelism), (problem, parallelism) => {
      expect(stepsOf(problem, geometryOf(problem, parallelism), true).length).toBeLessThanOrEqual(3);
    }),
  );
});

it('lays any number of workgroups out within the limit of a dimension, and hardly more than that many', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 }), fc.integer({ min: 256, max: 65535 }), (groups, most) => {
      const [x, y] = gridOf(groups, most);
      expect(x).toBeLessThanOrEqual(most);
      expect(x * y).toBeGreaterThanOrEqual(groups);
      expect(x * y - groups).toBeLessThan(y);
    }),
  );
});
