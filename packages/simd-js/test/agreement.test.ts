import {
  type Convention,
  checkProblem,
  conventionNamed,
  conventions,
  type Layout,
  layouts,
  type Op,
  ops,
  outputsOf,
  type Problem,
  ProblemError,
  type Shape,
  type TensorName,
  type Tensors,
} from '@normgauge/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openBackend } from '../src/index.ts';
import { fills, inputsFor } from './data.ts';
import { type Expected, formula } from './formula.ts';

const backend = await openBackend();

async function outputsFor(problem: Problem, inputs: Tensors): Promise<Tensors> {
  const plan = await backend.plan(problem);
  await plan.write(inputs);
  await plan.run();
  const outputs: { [name in TensorName]?: Float32Array } = {};
  for (const { name, length } of outputsOf(problem)) outputs[name] = new Float32Array(length).fill(Number.NaN);
  await plan.read(outputs);
  await plan.close();
  return outputs;
}

/** What is wrong with an element, or nothing. Written so that NaN is wrong unless it is expected. */
function fault(actual: number, { value, allowed }: Expected): string | undefined {
  const stored = Math.fround(value);
  if (Object.is(actual, stored) || actual === stored) return undefined;
  if (Number.isFinite(stored) && Math.abs(actual - value) <= allowed) return undefined;
  return `got ${actual}, expected ${value} ± ${allowed}`;
}

async function faults(problem: Problem, inputs: Tensors): Promise<string[]> {
  const outputs = await outputsFor(problem, inputs);
  const expected = formula(problem, inputs);
  return outputsOf(problem).flatMap(({ name }) =>
    [...outputs[name]!].flatMap((actual, i) => {
      const wrong = fault(actual, expected[name]![i]!);
      return wrong === undefined ? [] : [`${name}[${i}]: ${wrong}`];
    }),
  );
}

/** Beside the published ones: each field at a value that no row combines like this. */
const custom: readonly Convention[] = [
  {
    eps: 0.25,
    epsPlacement: 'outside-sqrt',
    normalizeDivisor: 'm',
    runningDivisor: 'm-1',
    momentum: 0,
    singleElement: 'guard',
  },
  {
    eps: 0.5,
    epsPlacement: 'inside-sqrt',
    normalizeDivisor: 'm-1',
    runningDivisor: 'm',
    momentum: 'cumulative',
    singleElement: 'guard',
  },
  {
    eps: 0,
    epsPlacement: 'outside-sqrt',
    normalizeDivisor: 'm-1',
    runningDivisor: 'm',
    momentum: 1,
    singleElement: 'nan',
  },
  {
    eps: 0,
    epsPlacement: 'inside-sqrt',
    normalizeDivisor: 'm',
    runningDivisor: 'm',
    momentum: 0.3,
    singleElement: 'nan',
  },
];
const everyConvention: readonly Convention[] = [...conventions, ...custom];
const hardConventions: readonly Convention[] = [conventionNamed('pytorch')!, conventionNamed('darknet')!, ...custom];

function hasMeaning(problem: Problem): boolean {
  try {
    checkProblem(problem);
    return true;
  } catch (error) {
    if (error instanceof ProblemError) return false;
    throw error;
  }
}

/** Both sides of eight elements, eight rows, two columns, a row of 64 and a block of channels. */
const shapes: readonly Shape[] = [
  { n: 1, c: 1, spatial: [] },
  { n: 1, c: 1, spatial: [1] },
  { n: 2, c: 1, spatial: [] },
  { n: 1, c: 3, spatial: [2] },
  { n: 1, c: 5, spatial: [1, 1] },
  { n: 3, c: 2, spatial: [] },
  { n: 37, c: 1, spatial: [] },
  { n: 3, c: 4, spatial: [7] },
  { n: 2, c: 3, spatial: [8] },
  { n: 2, c: 5, spatial: [9] },
  { n: 3, c: 2, spatial: [3, 5] },
  { n: 1, c: 2, spatial: [17, 1] },
  { n: 2, c: 2, spatial: [2, 3, 5] },
  { n: 19, c: 3, spatial: [2, 3] },
  { n: 23, c: 3, spatial: [] },
  { n: 301, c: 2, spatial: [] },
  { n: 7, c: 63, spatial: [] },
  { n: 17, c: 64, spatial: [] },
  { n: 13, c: 65, spatial: [] },
  { n: 9, c: 67, spatial: [1, 2] },
];

const agreementCases = ops.flatMap((op) =>
  layouts.flatMap((layout) =>
    shapes.map((shape): [Op, Layout, string, Shape] => [
      op,
      layout,
      [shape.n, shape.c, ...shape.spatial].join('x'),
      shape,
    ]),
  ),
);

describe('agreement with the formula', () => {
  it.each(agreementCases)('%s in %s on %s agrees for every convention, affine or not', async (op, layout, _, shape) => {
    for (const convention of everyConvention) {
      for (const affine of [true, false]) {
        const problem: Problem = { op, shape, layout, dtype: 'f32', affine, convention };
        if (!hasMeaning(problem)) continue;
        expect(await faults(problem, inputsFor(problem, fills['normal']!, 1)), JSON.stringify(problem)).toEqual([]);
      }
    }
  });

  const hardCases = Object.keys(fills).flatMap((fill) =>
    ops.flatMap((op) => layouts.map((layout): [string, Op, Layout] => [fill, op, layout])),
  );

  it.each(hardCases)('%s data: %s in %s agrees', async (fill, op, layout) => {
    for (const shape of [
      { n: 3, c: 3, spatial: [11, 13] },
      { n: 301, c: 3, spatial: [] },
    ]) {
      for (const convention of hardConventions) {
        const problem: Problem = { op, shape, layout, dtype: 'f32', affine: true, convention };
        expect(await faults(problem, inputsFor(problem, fills[fill]!, 2)), JSON.stringify(problem)).toEqual([]);
      }
    }
  });

  it.each(layouts)('channels that need several blocks agree in %s', async (layout) => {
    const shape = { n: 4, c: 19, spatial: [31, 33] };
    for (const op of ops) {
      const problem: Problem = { op, shape, layout, dtype: 'f32', affine: true, convention: custom[0]! };
      expect(await faults(problem, inputsFor(problem, fills['normal']!, 3)), op).toEqual([]);
    }
  });

  it.each(layouts)('the gradient outside the root leaves out the variance term at σ = 0 in %s', async (layout) => {
    const convention: Convention = { ...custom[0]!, eps: 0.25 };
    const shape = { n: 5, c: 2, spatial: [3] };
    const problem: Problem = { op: 'backward', shape, layout, dtype: 'f32', affine: true, convention };
    const inputs = { ...inputsFor(problem, fills['normal']!, 4), invStd: Float32Array.of(4, 4) };
    expect(await faults(problem, inputs)).toEqual([]);
  });

  it.each(layouts)(
    'an infinite invStd meets the elements one by one, as the definition has it, in %s',
    async (layout) => {
      const convention: Convention = { ...custom[3]!, eps: 0 };
      const shape = { n: 5, c: 2, spatial: [3] };
      const problem: Problem = { op: 'backward-frozen', shape, layout, dtype: 'f32', affine: true, convention };
      const inputs = { ...inputsFor(problem, fills['normal']!, 5), runningVar: Float32Array.of(0, 1) };
      expect(await faults(problem, inputs)).toEqual([]);
    },
  );
});

describe('what float64 makes exact', () => {
  const exactly: Convention = { ...custom[3]!, eps: 1e-5, momentum: 1 };

  function training(shape: Shape, layout: Layout, affine = false): Problem {
    return { op: 'forward-training', shape, layout, dtype: 'f32', affine, convention: exactly };
  }

  it('a constant over more than 2²⁴ elements has its mean and no variance', async () => {
    const problem = training({ n: 2, c: 1, spatial: [2 ** 23 + 1] }, 'nchw');
    const x = new Float32Array(2 ** 24 + 2).fill(0.1);
    const inputs = { x, runningMean: Float32Array.of(0), runningVar: Float32Array.of(1) };
    const { mean, runningVar } = await outputsFor(problem, inputs);
    expect([...mean!]).toEqual([Math.fround(0.1)]);
    expect([...runningVar!]).toEqual([0]);
  });

  it.each(layouts)('a constant channel of any size becomes beta in %s', async (layout) => {
    await fc.assert(
      fc.asyncProperty(
        fc.float({ noNaN: true, noDefaultInfinity: true }),
        fc.integer({ min: 1, max: 200 }),
        async (value, n) => {
          const problem = training({ n, c: 2, spatial: [3] }, layout, true);
          const inputs = inputsFor(problem, () => value, 1);
          const { y, mean } = await outputsFor(problem, inputs);
          expect([...mean!]).toEqual([value + 0, value + 0]);
          expect(new Set(y)).toEqual(new Set(inputs.beta!));
        },
      ),
      { seed: 1, numRuns: 50 },
    );
  });

  it.each(layouts)('the statistics of whole numbers over 2ᵏ elements are exact in %s', async (layout) => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 7 }), fc.integer({ min: -1000, max: 1000 }), async (k, mean) => {
        const n = 2 ** k;
        const problem = training({ n, c: 3, spatial: [2] }, layout);
        const inputs = inputsFor(problem, (i) => mean + (i % 2 === 0 ? 3 : -3), 1);
        const outputs = await outputsFor(problem, inputs);
        expect([...outputs.mean!]).toEqual([mean, mean, mean]);
        expect([...outputs.runningMean!]).toEqual([mean, mean, mean]);
        expect([...outputs.runningVar!]).toEqual([9, 9, 9]);
      }),
      { seed: 1, numRuns: 50 },
    );
  });
});
