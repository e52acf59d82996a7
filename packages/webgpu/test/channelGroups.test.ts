import { elementsOf, elementsPerChannel, ops, type Problem } from '@normgauge/contract';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { channelGroups, planInGroups } from '../src/channelGroups.ts';
import { softwareParallelism } from '../src/geometry.ts';
import { Gpu } from '../src/gpu.ts';
import { findNodeAdapter } from '../src/nodeAdapter.ts';
import { fits } from '../src/plan.ts';
import { emptyOutputs, inputsFor } from './fills.ts';
import { openOrReason } from './openOrReason.ts';
import { problemWith } from './problems.ts';
import { outside, solve } from './solve.ts';

/** A device, as far as sizes are concerned, that binds so many bytes. */
const binding = (maxStorageBufferBindingSize: number) => ({
  limits: {
    maxStorageBufferBindingSize,
    maxBufferSize: 2 ** 40,
    maxComputeWorkgroupsPerDimension: 65535,
  },
  parallelism: softwareParallelism,
});

const problems = fc
  .record({
    op: fc.constantFrom(...ops),
    layout: fc.constantFrom('nchw', 'nhwc'),
    shape: fc.record({
      n: fc.integer({ min: 1, max: 9 }),
      c: fc.integer({ min: 1, max: 300 }),
      spatial: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 2 }),
    }),
  })
  .map((parts) => problemWith(parts as Partial<Problem>));

describe('the groups of channels of a large problem', () => {
  it('are every channel once, in order, each group within the limit, and no more than are needed', () => {
    fc.assert(
      fc.property(problems, fc.integer({ min: 1, max: 50 }), (problem, share) => {
        const device = binding(Math.max(4096, Math.ceil((4 * elementsOf(problem.shape)) / share)));
        const groups = channelGroups(problem, device);
        if (typeof groups === 'string') {
          expect(fits({ ...problem, shape: { ...problem.shape, c: 1 } }, device)).toBe(groups);
          return;
        }
        expect(groups.flatMap(({ first, end }) => Array.from({ length: end - first }, (_, k) => first + k))).toEqual(
          Array.from({ length: problem.shape.c }, (_, c) => c),
        );
        const largest = Math.max(...groups.map(({ first, end }) => end - first));
        const withChannels = (c: number) => fits({ ...problem, shape: { ...problem.shape, c } }, device);
        expect(withChannels(largest)).toBe(true);
        if (groups.length === 1) return;
        const ofOneLess = Math.ceil(problem.shape.c / (groups.length - 1));
        expect(withChannels(ofOneLess)).toMatch(/over this device's/);
      }),
    );
  });

  it('are refused where a single channel is over the limit, which is named', () => {
    const problem = problemWith({ shape: { n: 1, c: 3, spatial: [5000] } });
    expect(channelGroups(problem, binding(4 * 4999))).toBe(
      `x has 20000 bytes, over this device's maxStorageBufferBindingSize of 19996`,
    );
  });
});

const { backend, unavailable } = await openOrReason();
afterAll(() => backend.close?.());

describe.skipIf(unavailable !== '')(`a problem in groups of channels ${unavailable}`, () => {
  const narrowest = 4096;
  let narrow: Gpu;
  beforeAll(async () => {
    const { adapter } = await findNodeAdapter();
    narrow = await Gpu.open(adapter, {
      parallelism: softwareParallelism,
      limits: { maxStorageBufferBindingSize: narrowest },
    });
  });
  afterAll(() => narrow.close());

  const plansInGroups = {
    plan: async (problem: Problem) => {
      const groups = channelGroups(problem, narrow);
      if (typeof groups === 'string') throw new Error(groups);
      expect(groups.length).toBeGreaterThan(1);
      return planInGroups(problem, groups, narrow);
    },
  };

  const cases = ops.flatMap((op) =>
    (['nchw', 'nhwc'] as const).flatMap((layout) =>
      [true, false].map((affine) => ({ op, layout, affine, shape: { n: 3, c: 13, spatial: [7, 11] } })),
    ),
  );

  it.each(cases)('gives right results: $op, $layout, affine $affine', async (parts) => {
    const problem = problemWith(parts);
    expect(await outside(plansInGroups, problem, inputsFor(problem, 1))).toEqual([]);
  });

  it('reads single outputs, and takes new inputs, as one that is whole', async () => {
    const problem = problemWith({ shape: { n: 2, c: 9, spatial: [400] }, custom: { momentum: 'cumulative' } });
    const [first, second] = [inputsFor(problem, 1), inputsFor(problem, 2)];
    const plan = await plansInGroups.plan(problem);
    await expect(plan.run()).rejects.toThrow('run: expected write before it');
    await plan.write(first);
    await plan.run();
    await plan.copy!();
    await plan.write(second);
    if (plan.deviceTime) expect((await plan.deviceTime('run', 2)).nanoseconds).toBeGreaterThan(0);
    else await plan.run();
    const { runningVar } = emptyOutputs(problem);
    await plan.read({ runningVar: runningVar! });
    const y = new Float32Array(elementsPerChannel(problem.shape) * problem.shape.c);
    await plan.read({ y });
    await expect(plan.read({ y: new Float32Array(3) })).rejects.toThrow('y: expected');
    await plan.close();
    const whole = await solve(plansInGroups, problem, second);
    expect(y).toEqual(whole.y);
    expect(runningVar).toEqual(whole.runningVar);
  });
});
