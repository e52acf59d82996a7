import {
  type Backend,
  type Convention,
  conventions,
  type Op,
  ops,
  type Problem,
  type Shape,
} from '@normgauge/contract';
import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../src/index.ts';
import { inputsFor } from './fills.ts';
import { compute, guardsIntact, judge } from './judge.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend();
});

const plain: Convention = {
  eps: 1e-3,
  epsPlacement: 'inside-sqrt',
  normalizeDivisor: 'm',
  runningDivisor: 'm-1',
  momentum: 0.1,
  singleElement: 'guard',
};

/** Both sides of every width that the kernels have: 4, 8, 16, 32, 512, 16 rows; and every way of folding columns. */
const shapes: readonly Shape[] = [
  ...[1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 49, 511, 513, 545].map((s) => ({ n: 2, c: 3, spatial: [s] })),
  ...[1, 3, 4, 5, 15, 16, 17, 63, 65, 129, 255, 257, 300].map((c) => ({ n: 5, c, spatial: [] })),
  ...[1, 2, 15, 16, 17, 31, 32, 33, 100].map((n) => ({ n, c: 19, spatial: [] })),
  { n: 1, c: 1, spatial: [] },
  { n: 3, c: 1, spatial: [] },
  { n: 1, c: 1, spatial: [1, 1, 1] },
  { n: 1, c: 5, spatial: [1, 1] },
  { n: 4, c: 1, spatial: [3, 3] },
  { n: 1, c: 600, spatial: [3] },
  { n: 7, c: 2, spatial: [7] },
  { n: 3, c: 40, spatial: [7, 7] },
  { n: 2, c: 5, spatial: [3, 5, 7] },
  { n: 2, c: 300, spatial: [12, 14] },
  { n: 1, c: 2, spatial: [130, 131] },
];

const layouts = ['nchw', 'nhwc'] as const;
const cases = ops.flatMap((op) => layouts.flatMap((layout) => [true, false].map((affine) => ({ op, layout, affine }))));

describe('agreement with the definition in float64', () => {
  it.each(cases)('$op, $layout, affine $affine: every size is within the declared bound', async (row) => {
    for (const shape of shapes) {
      const problem: Problem = { ...row, shape, dtype: 'f32', convention: plain };
      const inputs = inputsFor(problem);
      const actual = await compute(backend, problem, inputs);
      const verdict = judge(backend, problem, inputs, actual);
      expect(verdict.worst, `${JSON.stringify(shape)} ${JSON.stringify(verdict)}`).toBeLessThanOrEqual(1);
      for (const view of Object.values(actual)) expect(guardsIntact(view)).toBe(true);
    }
  });

  const custom: (Convention & { name: string })[] = (['inside-sqrt', 'outside-sqrt'] as const).flatMap((epsPlacement) =>
    (['m', 'm-1'] as const).flatMap((normalizeDivisor) =>
      (['m', 'm-1'] as const).flatMap((runningDivisor) =>
        [0, 0.3, 1, 'cumulative' as const].map((momentum) => ({
          ...{ eps: 0.01, epsPlacement, normalizeDivisor, runningDivisor, momentum, singleElement: 'nan' as const },
          name: `${epsPlacement}, normalise ÷${normalizeDivisor}, running ÷${runningDivisor}, momentum ${momentum}`,
        })),
      ),
    ),
  );
  it.each([...conventions, ...custom])('the convention $name is followed in every op and layout', async (row) => {
    const { name: _, ...convention } = row;
    for (const { op, layout, affine } of cases) {
      for (const shape of [
        { n: 3, c: 4, spatial: [5, 5] },
        { n: 9, c: 18, spatial: [] },
      ]) {
        const problem: Problem = { op, layout, affine, shape, dtype: 'f32', convention };
        const inputs = inputsFor(problem);
        const verdict = judge(backend, problem, inputs, await compute(backend, problem, inputs));
        expect(verdict.worst, `${op} ${layout} ${JSON.stringify(verdict)}`).toBeLessThanOrEqual(1);
      }
    }
  });
});

describe('one element a channel', () => {
  const shape: Shape = { n: 1, c: 6, spatial: [1] };
  const unbiased: Convention = { ...plain, normalizeDivisor: 'm-1', runningDivisor: 'm-1' };
  const forward = async (singleElement: Convention['singleElement'], op: Op = 'forward-training') => {
    const problem: Problem = {
      ...{ op, shape, layout: 'nchw', dtype: 'f32', affine: true },
      convention: { ...unbiased, singleElement },
    };
    const inputs = inputsFor(problem);
    return { inputs, outputs: await compute(backend, problem, inputs) };
  };

  it('gives NaN where the convention divides 0 by 0', async () => {
    const { outputs } = await forward('nan');
    for (const name of ['y', 'invStd', 'runningVar'] as const) expect(outputs[name]!.every(Number.isNaN)).toBe(true);
    expect(outputs.mean!.some(Number.isNaN)).toBe(false);
    const gradient = await forward('nan', 'backward');
    expect(gradient.outputs.dx!.every(Number.isNaN)).toBe(true);
  });

  it('gives y = beta where the divisor is guarded', async () => {
    const { inputs, outputs } = await forward('guard');
    expect([...outputs.y!]).toEqual([...inputs.beta!]);
  });

  it('is refused where the convention refuses it', async () => {
    await expect(forward('refuse')).rejects.toThrow('shape: expected more than one element per channel');
  });
});
