import { type Backend, type Convention, ops, type Problem, type Shape, type Tensors } from '@normgauge/contract';
import { beforeAll, describe, expect, it } from 'vitest';
import { openBackend } from '../src/index.ts';
import { channelOf, type Fill, inputsFor, ordinary } from './fills.ts';
import { compute, judge } from './judge.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await openBackend();
});

const convention: Convention = {
  eps: 1e-5,
  epsPlacement: 'inside-sqrt',
  normalizeDivisor: 'm',
  runningDivisor: 'm-1',
  momentum: 0.1,
  singleElement: 'guard',
};

const atMean =
  (mean: number, sigma = 1): Fill =>
  (_, __, next) =>
    mean + sigma * next();

interface Hard {
  readonly name: string;
  readonly fill: Fill;
  readonly eps?: number;
}

const hard: readonly Hard[] = [
  ...[1e2, 1e3, 1e4, 1e5, 1e6, -1e6].map((mean) => ({ name: `mean ${mean} over σ = 1`, fill: atMean(mean) })),
  { name: 'σ² of the size of eps', fill: atMean(0, 0.003) },
  { name: 'σ² of the size of eps far from 0', fill: atMean(20, 0.003) },
  { name: 'σ below the spacing of the values', fill: (_, i) => 1e6 + (i % 2) * 0.0625 },
  { name: 'a constant', fill: (channel) => 0.1 + channel },
  { name: 'a constant that no float32 sum of which is exact', fill: () => 1e6 + 1 / 3 },
  { name: 'a constant without eps', fill: (channel) => 0.1 + channel, eps: 0 },
  { name: 'all 0', fill: () => 0 },
  { name: 'all 0 without eps', fill: () => 0, eps: 0 },
  ...[1e15, 1e18, 1e24, 1e30, 5e37].map((sigma) => ({ name: `σ = ${sigma}`, fill: atMean(0, sigma) })),
  { name: 'the largest float32', fill: (_, i) => (i % 3 === 0 ? -3.4028234663852886e38 : 3.4028234663852886e38) },
  { name: 'huge without eps', fill: atMean(1e20, 1e20), eps: 0 },
  ...[1e-18, 1e-30, 1e-39, 1e-44].map((sigma) => ({ name: `σ = ${sigma}`, fill: atMean(0, sigma) })),
  { name: 'subnormal without eps', fill: atMean(1e-39, 1e-39), eps: 0 },
  { name: 'tiny without eps', fill: atMean(0, 1e-22), eps: 0 },
  { name: 'one outlier', fill: (_, i, next) => (i % 1009 === 5 ? 1e6 : next()) },
  { name: 'an outlier first', fill: (_, i, next) => (i < 40 ? 1e7 : 1e-3 * next()) },
  { name: 'a second half unlike the first', fill: (_, i, next) => (i < 3000 ? 0.1 : 5.3) + 1e-3 * next() },
  { name: 'a beginning unlike the rest', fill: (_, i, next) => (i < 600 ? 1e7 : next()) },
  { name: 'an end unlike the rest', fill: (_, i) => (i % 3219 < 3000 ? 1e-3 : 1e3) },
  { name: 'a mean of a third of σ', fill: atMean(0.36) },
  { name: 'mostly 0', fill: (_, __, next) => Math.max(0, next() - 1.5) },
  { name: 'few values', fill: (_, i) => [0.1, 0.7, 1 / 3][i % 3]! },
  { name: 'growing', fill: (_, i) => i * 0.1 },
  { name: 'growing fast', fill: (_, i) => 1.01 ** (i % 4000) },
  { name: 'alternating signs', fill: (_, i) => (i % 2 === 0 ? 1.1 : -1.1) },
];

const shapes: readonly Shape[] = [
  { n: 3, c: 2, spatial: [37, 29] },
  { n: 150, c: 5, spatial: [] },
  { n: 33, c: 6, spatial: [3] },
];

describe('hard data', () => {
  it.each(hard)(
    '$name: every op and layout is within the two-pass bound of a careful kernel',
    async ({ fill, eps }) => {
      for (const op of ops) {
        for (const layout of ['nchw', 'nhwc'] as const) {
          for (const shape of shapes) {
            const problem: Problem = {
              ...{ op, layout, shape, dtype: 'f32', affine: true },
              convention: { ...convention, eps: eps ?? convention.eps },
            };
            const inputs = inputsFor(problem, fill);
            const verdict = judge(backend, problem, inputs, await compute(backend, problem, inputs));
            expect(verdict.worst, `${op} ${layout} ${JSON.stringify([shape, verdict])}`).toBeLessThanOrEqual(1);
          }
        }
      }
    },
  );

  const total = 2 * 65_537;
  it.each<{ name: string; fill: Fill }>([
    { name: 'one huge element among those that are sampled', fill: (_, i, next) => (i === 5 ? 1e6 : 1e-3 * next()) },
    {
      name: 'a constant far from what is sampled at the beginning of every third',
      fill: (_, i) => (((3 * i) / total) % 1 < 0.01 ? 1234.567 : 1000.3),
    },
    {
      name: 'a small constant where it is sampled, else zeros and two outliers that cancel',
      fill: (_, i) => (i === 60_000 ? 60 : i === 60_002 ? -60 : ((3 * i) / total) % 1 < 0.005 ? 0.1003 : 0),
    },
    { name: 'the first element far from a tiny rest', fill: (_, i) => (i < 2 ? -1e8 : 0.1 + 1e-3 * (i % 3)) },
  ])('a long channel with $name: the statistics are within the two-pass bound', async ({ fill }) => {
    for (const shape of [
      { n: 1, c: 2, spatial: [65_537] },
      { n: 1, c: 1, spatial: [total] },
    ]) {
      for (const layout of ['nchw', 'nhwc'] as const) {
        const problem: Problem = {
          ...{ op: 'forward-training', layout, shape, dtype: 'f32', affine: true },
          convention,
        };
        const inputs = inputsFor(problem, fill);
        const verdict = judge(backend, problem, inputs, await compute(backend, problem, inputs));
        expect(verdict.worst, `${layout} ${JSON.stringify([shape, verdict])}`).toBeLessThanOrEqual(1);
      }
    }
  });

  it.each([
    { name: 'gradients of 1e-30', dy: (v: number) => v * 1e-30 },
    { name: 'subnormal gradients', dy: (v: number) => v * 1e-40 },
    { name: 'gradients of 1e30', dy: (v: number) => v * 1e30 },
    { name: 'gradients near the largest float32', dy: (v: number) => Math.sign(v) * 3e38 },
    { name: 'gradients that are all 0', dy: () => 0 },
    { name: 'constant gradients', dy: () => 0.1 },
  ])('$name: both gradients are within the two-pass bound', async ({ dy }) => {
    for (const op of ['backward', 'backward-frozen'] as const) {
      for (const layout of ['nchw', 'nhwc'] as const) {
        for (const shape of shapes) {
          const problem: Problem = { op, layout, shape, dtype: 'f32', affine: true, convention };
          const inputs: Tensors = { ...inputsFor(problem) };
          for (const [i, value] of inputs.dy!.entries()) inputs.dy![i] = dy(value);
          const verdict = judge(backend, problem, inputs, await compute(backend, problem, inputs));
          expect(verdict.worst, `${op} ${layout} ${JSON.stringify([shape, verdict])}`).toBeLessThanOrEqual(1);
        }
      }
    }
  });

  it.each([
    { name: 'gamma 0', gamma: 0 },
    { name: 'gamma 1e-42', gamma: 1e-42 },
    { name: 'gamma 1e36', gamma: 1e36 },
    { name: 'gamma NaN', gamma: Number.NaN },
    { name: 'gamma infinite', gamma: Number.POSITIVE_INFINITY },
  ])('$name: every op is within the two-pass bound', async ({ gamma }) => {
    for (const op of ops) {
      const problem: Problem = {
        ...{ op, layout: 'nhwc', shape: shapes[1]!, dtype: 'f32', affine: true },
        convention,
      };
      const inputs = inputsFor(problem);
      inputs.gamma![2] = gamma;
      const verdict = judge(backend, problem, inputs, await compute(backend, problem, inputs));
      expect(verdict.worst, `${op} ${JSON.stringify(verdict)}`).toBeLessThanOrEqual(1);
    }
  });

  it('a channel of infinities has an infinite mean and no variance', async () => {
    for (const layout of ['nchw', 'nhwc'] as const) {
      const problem: Problem = {
        ...{ op: 'forward-training', layout, shape: { n: 3, c: 3, spatial: [11] }, dtype: 'f32', affine: true },
        convention,
      };
      const inputs = inputsFor(problem, (channel, _, next) => (channel === 1 ? Number.POSITIVE_INFINITY : next()));
      const outputs = await compute(backend, problem, inputs);
      expect([outputs.mean![1], outputs.invStd![1]]).toEqual([Number.POSITIVE_INFINITY, Number.NaN]);
      expect(judge(backend, problem, inputs, outputs).worst).toBeLessThanOrEqual(1);
    }
  });

  it('a constant channel has exactly its value for a mean and exactly no variance', async () => {
    for (const layout of ['nchw', 'nhwc'] as const) {
      const problem: Problem = {
        ...{ op: 'forward-training', layout, shape: { n: 7, c: 3, spatial: [11, 13] }, dtype: 'f32', affine: true },
        convention: { ...convention, momentum: 1 },
      };
      const inputs = inputsFor(problem, (channel) => [0.1, 1e6 + 1 / 3, -7e-30][channel]!);
      const { mean, runningVar, y } = await compute(backend, problem, inputs);
      expect([...mean!]).toEqual([0.1, 1e6 + 1 / 3, -7e-30].map(Math.fround));
      expect([...runningVar!]).toEqual([0, 0, 0]);
      y!.forEach((value, i) => {
        expect(value).toBe(inputs.beta![channelOf(problem, i)]);
      });
    }
  });

  it.each([0.75, 1e36])(
    'outside the root the gradient at σ = 0 is the limit without the variance term, with gamma %d',
    async (gamma) => {
      const problem: Problem = {
        ...{ op: 'backward', layout: 'nchw', shape: { n: 4, c: 3, spatial: [5, 5] }, dtype: 'f32', affine: true },
        // 1 − eps·invStd is not exactly 0 here: invStd is rounded to float32.
        convention: { ...convention, epsPlacement: 'outside-sqrt', eps: 0.003 },
      };
      const inputs = inputsFor(problem, (channel, _, next) => (channel === 1 ? 0.5 : next()));
      inputs.gamma![1] = gamma;
      inputs.mean![1] = 0.501;
      const verdict = judge(backend, problem, inputs, await compute(backend, problem, inputs));
      expect(verdict.worst, JSON.stringify(verdict)).toBeLessThanOrEqual(1);
    },
  );

  it.each([
    { name: 'a running mean far on the other side of x', runningMean: -3e38, runningVar: 1e30, gamma: 1, beta: 0 },
    { name: 'a beta that brings the product back', runningMean: 0, runningVar: 1e30, gamma: 1.5e15, beta: -3e38 },
    { name: 'a running variance of 0', runningMean: 3e38, runningVar: 0, gamma: 1, beta: 0 },
    { name: 'a running variance below 0', runningMean: 0, runningVar: -1, gamma: 1, beta: 0 },
  ])('inference with $name is finite where float64 is', async ({ name: _, ...values }) => {
    const problem: Problem = {
      ...{ op: 'inference', layout: 'nchw', shape: { n: 2, c: 3, spatial: [9] }, dtype: 'f32', affine: true },
      convention,
    };
    const inputs = inputsFor(problem, () => 3.4e38);
    for (const [tensor, value] of Object.entries(values)) inputs[tensor as 'gamma']![1] = value;
    const verdict = judge(backend, problem, inputs, await compute(backend, problem, inputs));
    expect(verdict.worst, JSON.stringify(verdict)).toBeLessThanOrEqual(1);
  });
});

describe('values that are not finite', () => {
  const spoilt = 2;
  const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const rows = ops.flatMap((op) => {
    const tensors = op.startsWith('backward') ? (['x', 'dy'] as const) : (['x'] as const);
    return tensors.flatMap((tensor) =>
      (['nchw', 'nhwc'] as const).flatMap((layout) =>
        values.flatMap((value) => [9, 3, 1].map((positions) => ({ op, tensor, layout, value, positions }))),
      ),
    );
  });

  it.each(rows)(
    '$op $layout with $positions positions: $value in $tensor stays in its channel and goes where IEEE 754 sends it',
    async ({ op, tensor, layout, value, positions }) => {
      const shape: Shape = { n: 6, c: 5, spatial: [positions] };
      const problem: Problem = { op, layout, shape, dtype: 'f32', affine: true, convention };
      const clean = inputsFor(problem, ordinary);
      const before = await compute(backend, problem, clean);
      // The last element of a row is the one that an overlapping vector reads beside another channel's first.
      const elements = [...clean.x!.keys()].filter((i) => channelOf(problem, i) === spoilt);
      for (const at of [elements[0]!, elements[positions - 1]!, elements.at(-1)!]) {
        const inputs = { ...clean, [tensor]: clean[tensor]!.slice() };
        inputs[tensor]![at] = value;
        const after = await compute(backend, problem, inputs);
        const verdict = judge(backend, problem, inputs, after);
        expect(verdict.worst, JSON.stringify(verdict)).toBeLessThanOrEqual(1);
        for (const [name, view] of Object.entries(after)) {
          view.forEach((now: number, i: number) => {
            const channel = view.length === shape.c ? i : channelOf(problem, i);
            if (channel !== spoilt) expect(now, `${name} ${i}`).toBe(before[name as 'y']![i]);
          });
        }
      }
    },
  );
});
