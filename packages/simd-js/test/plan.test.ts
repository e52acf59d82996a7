import {
  type Backend,
  conventionNamed,
  formatShape,
  type Layout,
  layouts,
  type Op,
  ops,
  outputsOf,
  type Plan,
  type Problem,
  type TensorName,
  type Tensors,
} from '@normgauge/contract';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { openBackend } from '../src/index.ts';
import { fills, inputsFor } from './data.ts';

let backend: Backend;
beforeEach(async () => {
  backend = await openBackend();
});

function problemOf(op: Op, layout: Layout = 'nchw', shape = { n: 3, c: 5, spatial: [3, 4] }): Problem {
  return { op, layout, shape, dtype: 'f32', affine: true, convention: conventionNamed('pytorch')! };
}

function emptyOutputs(problem: Problem): { [name in TensorName]?: Float32Array } {
  return Object.fromEntries(outputsOf(problem).map(({ name, length }) => [name, new Float32Array(length).fill(NaN)]));
}

async function readAll(plan: Plan, problem: Problem): Promise<Tensors> {
  const outputs = emptyOutputs(problem);
  await plan.read(outputs);
  return outputs;
}

async function compute(problem: Problem, inputs: Tensors): Promise<Tensors> {
  const plan = await backend.plan(problem);
  await plan.write(inputs);
  await plan.run();
  const outputs = await readAll(plan, problem);
  await plan.close();
  return outputs;
}

describe.each(ops)('a plan for %s', (op) => {
  const problem = problemOf(op);

  it('copies its inputs, so that the caller may overwrite them after write', async () => {
    const expected = await compute(problem, inputsFor(problem, fills['normal']!, 1));
    const inputs = inputsFor(problem, fills['normal']!, 1);
    const plan = await backend.plan(problem);
    await plan.write(inputs);
    for (const tensor of Object.values(inputs)) tensor.fill(7);
    await plan.run();
    expect(await readAll(plan, problem)).toEqual(expected);
  });

  it('leaves its inputs as they were', async () => {
    const inputs = inputsFor(problem, fills['normal']!, 1);
    const before = structuredClone(inputs);
    await compute(problem, inputs);
    expect(inputs).toEqual(before);
  });

  it('gives the same bits in every run and to every read', async () => {
    const plan = await backend.plan(problem);
    await plan.write(inputsFor(problem, fills['normal']!, 1));
    await plan.run();
    const once = await readAll(plan, problem);
    expect(await readAll(plan, problem)).toEqual(once);
    await plan.run();
    await plan.run();
    expect(await readAll(plan, problem)).toEqual(once);
  });

  it('shares nothing with another plan that runs between its steps', async () => {
    const mine = inputsFor(problem, fills['normal']!, 1);
    const others = inputsFor(problem, fills['large mean']!, 2);
    const expected = await compute(problem, mine);
    const plan = await backend.plan(problem);
    const other = await backend.plan(problem);
    await plan.write(mine);
    await other.write(others);
    await plan.run();
    await other.run();
    expect(await readAll(plan, problem)).toEqual(expected);
    expect(await readAll(other, problem)).toEqual(await compute(problem, others));
  });

  it('fills exactly the views it is given, wherever they lie', async () => {
    const inputs = inputsFor(problem, fills['normal']!, 1);
    const expected = await compute(problem, inputs);
    const plan = await backend.plan(problem);
    await plan.write(inputs);
    await plan.run();
    for (const { name, length } of outputsOf(problem)) {
      const buffer = new Float32Array(length + 10).fill(-12345);
      await plan.read({ [name]: buffer.subarray(3, 3 + length) });
      expect(buffer.subarray(3, 3 + length), name).toEqual(expected[name]);
      expect([...buffer.subarray(0, 3), ...buffer.subarray(3 + length)], name).toEqual(Array(10).fill(-12345));
    }
  });

  it('reads nothing when nothing is asked for', async () => {
    const plan = await backend.plan(problem);
    await plan.write(inputsFor(problem, fills['normal']!, 1));
    await plan.run();
    expect(() => plan.read({})).not.toThrow();
  });

  it('refuses a view of another length and writes to none', async () => {
    const plan = await backend.plan(problem);
    await plan.write(inputsFor(problem, fills['normal']!, 1));
    await plan.run();
    const name = outputsOf(problem)[0]!.name;
    const view = new Float32Array(3).fill(-1);
    expect(() => plan.read({ [name]: view })).toThrow(`${name}: expected a Float32Array of 180 elements`);
    expect([...view]).toEqual([-1, -1, -1]);
  });

  it('refuses inputs of another length and keeps the ones it has', async () => {
    const plan = await backend.plan(problem);
    const inputs = inputsFor(problem, fills['normal']!, 1);
    await plan.write(inputs);
    expect(() => plan.write({ ...inputs, x: new Float32Array(3) })).toThrow(
      'x: expected a Float32Array of 180 elements [N,C,spatial], got 3 elements',
    );
    await plan.run();
    expect(await readAll(plan, problem)).toEqual(await compute(problem, inputs));
  });

  it('says what is missing when it is used out of order', async () => {
    const plan = await backend.plan(problem);
    expect(() => plan.run()).toThrow('run: expected write before it, got none');
    expect(() => plan.read({})).toThrow('read: expected run before it, got none');
    await plan.write(inputsFor(problem, fills['normal']!, 1));
    await plan.run();
    await plan.write(inputsFor(problem, fills['normal']!, 2));
    expect(() => plan.read({})).toThrow('read: expected run before it, got none');
  });

  it.each(['write', 'run', 'read'] as const)('refuses %s after close', async (method) => {
    const plan = await backend.plan(problem);
    await plan.write(inputsFor(problem, fills['normal']!, 1));
    await plan.run();
    await plan.close();
    expect(() => plan[method]({})).toThrow(`${method}: expected an open plan, got one that was closed`);
  });

  it('may be closed twice', async () => {
    const plan = await backend.plan(problem);
    await plan.close();
    expect(() => plan.close()).not.toThrow();
  });
});

describe('the backend', () => {
  it('refuses a problem without meaning, and names the field', () => {
    const problem = problemOf('inference', 'nchw', { n: 0, c: 5, spatial: [] });
    expect(() => backend.plan(problem)).toThrow('shape.n: expected a whole number ≥ 1, got 0');
  });

  it.each([
    { n: 2 ** 16, c: 2 ** 15, spatial: [] },
    { n: 1, c: 2 ** 10, spatial: [2 ** 10, 2 ** 10] },
  ])('says that it does not support more elements than it can index: $n×$c×$spatial', (shape) => {
    const problem = problemOf('inference', 'nchw', shape);
    expect(backend.supports(problem)).toContain('at most 1073741823 elements');
    expect(() => backend.plan(problem)).toThrow(
      `shape: expected one that simd-js supports, got ${formatShape(shape)}, where it takes`,
    );
  });

  it('supports every op in every layout', () => {
    for (const op of ops) for (const layout of layouts) expect(backend.supports(problemOf(op, layout))).toBe(true);
  });

  it('closes its plans with itself, and plans nothing more', async () => {
    const problem = problemOf('inference');
    const plan = await backend.plan(problem);
    const closed = await backend.plan(problem);
    await closed.close();
    await backend.close();
    expect(() => plan.run()).toThrow('run: expected an open plan, got one that was closed');
    expect(() => backend.plan(problem)).toThrow('plan: expected an open backend, got one that was closed');
  });
});

describe("one channel's data never moves another's result by a bit", () => {
  // Each of these makes a channel take another path than ordinary data: NaN, ∞, a shift far from the mean, overflow.
  const intruders: readonly (readonly [string, number])[] = [
    ['NaN', Number.NaN],
    ['∞', Number.POSITIVE_INFINITY],
    ['an outlier', 1e9],
    ['the largest number', 3.4e38],
    ['a subnormal number', 1e-44],
  ];
  const cases = ops.flatMap((op) =>
    layouts.flatMap((layout) => intruders.map(([what, value]) => ({ op, layout, what, value }))),
  );

  it.each(cases)('$op in $layout with $what', async ({ op, layout, value }) => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          n: fc.integer({ min: 1, max: 20 }),
          c: fc.integer({ min: 2, max: 7 }),
          spatial: fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 2 }),
        }),
        fc.nat(),
        fc.nat(),
        async (shape, seed, at) => {
          const problem: Problem = { ...problemOf(op, layout, shape), convention: conventionNamed('onnx')! };
          const inputs = inputsFor(problem, fills['normal']!, seed);
          const clean = await compute(problem, inputs);
          const positions = inputs.x!.length / (shape.n * shape.c);
          const place = at % inputs.x!.length;
          const channelAt = (i: number): number => (layout === 'nhwc' ? i : Math.floor(i / positions)) % shape.c;
          inputs.x![place] = value;
          const disturbed = await compute(problem, inputs);
          for (const { name, extent } of outputsOf(problem)) {
            const others = (tensor: Float32Array): number[] =>
              [...tensor].filter((_, i) => (extent === 'full' ? channelAt(i) : i) !== channelAt(place));
            expect(others(disturbed[name]!), name).toEqual(others(clean[name]!));
          }
        },
      ),
      { seed: 1, numRuns: 20 },
    );
  });
});
