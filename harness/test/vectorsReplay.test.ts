import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Candidate, openCandidate, subjectOf } from '../src/commands/subjects.ts';
import { floatFormats, roundTo } from '../src/vectors/floatFormat.ts';
import type { Mode, PublishedOutputs, VectorCase } from '../src/vectors/format.ts';
import { parseVectors } from '../src/vectors/readVectors.ts';
import { prepareVector, type Replay, replayOn, replayOnReference, satisfiesPublisher } from '../src/vectors/replay.ts';
import { vectorProblem } from '../src/vectors/vectorProblem.ts';
import { kernel } from './commandLine.ts';
import { sampleCase } from './vectorSamples.ts';

const modes: readonly Mode[] = ['inference', 'training', 'backward', 'backward-frozen'];
const shapes = [[6], [5, 4], [3, 4, 5], [2, 3, 4, 5], [2, 3, 2, 3, 2]];
const axes = shapes.flatMap((shape) => shape.map((_, axis) => ({ shape, axis })));
/** A batch of one element has no gradient worth looking at. */
const rows = modes.flatMap((mode) => axes.map((row) => ({ mode, ...row })));

const onReference = (row: VectorCase, layout?: 'nchw' | 'nhwc'): Replay =>
  replayOnReference(prepareVector(vectorProblem(row, row.name, layout)));

const half = (value: number): number => roundTo(floatFormats.float16, value);

/** The same case with one published number moved. */
function moved(row: VectorCase, field: keyof PublishedOutputs, index: number, by: number): VectorCase {
  const values = row.expected[field]!.map((value, i) => (i === index ? value + by : value));
  return { ...row, expected: { ...row.expected, [field]: values } };
}

describe('the reference matches what was published', () => {
  it.each(rows)('for $mode of $shape with channels on axis $axis, in either layout', (options) => {
    const row = sampleCase(options);
    for (const layout of [undefined, 'nchw', 'nhwc'] as const) {
      const replay = onReference(row, layout);
      expect(replay).toMatchObject({ status: 'passed' });
      expect('tensors' in replay && replay.tensors.map(({ field }) => field)).toEqual(Object.keys(row.expected));
    }
  });

  it.each(modes)('for %s with the axis counted from the end', (mode) => {
    expect(onReference(sampleCase({ mode, shape: [2, 3, 4], axis: -2 }))).toMatchObject({ status: 'passed' });
  });

  it.each(modes)('for %s in float16', (mode) => {
    const row = sampleCase({ mode, shape: [3, 4, 5], axis: 1, round: half, dtype: 'float16' });
    expect(onReference(row)).toMatchObject({ status: 'passed' });
  });

  it('for backward from statistics that were published with it', () => {
    const training = sampleCase({ mode: 'training', shape: [3, 4, 5], axis: 1 });
    const saved_mean = training.expected.batch_mean!;
    const saved_inv_std = training.expected.batch_var!.map((variance) => 1 / Math.sqrt(variance + 1e-5));
    const row = sampleCase({ mode: 'backward', shape: [3, 4, 5], axis: 1 });
    expect(onReference({ ...row, saved_mean, saved_inv_std })).toMatchObject({ status: 'passed' });
    const wrong = saved_inv_std.map((value) => value * 1.001);
    expect(onReference({ ...row, saved_mean, saved_inv_std: wrong })).toMatchObject({ status: 'failed' });
  });

  it('for a momentum that weighs the new statistic, and for conventions by name', () => {
    const row = sampleCase({ mode: 'training', shape: [4, 3], axis: 1 });
    const ofNew = { ...row, momentum: 1 - 0.9, momentum_convention: 'weight of NEW batch statistic' };
    expect(onReference(ofNew)).toMatchObject({ status: 'passed' });
    const { momentum: _, momentum_convention: __, running_variance_divisor: ___, ...bare } = row;
    expect(onReference({ ...bare, convention: 'onnx' })).toMatchObject({ status: 'passed' });
    expect(onReference({ ...bare, convention: 'pytorch' })).toMatchObject({ status: 'failed' });
  });
});

describe('the reference does not match', () => {
  const training = sampleCase({ mode: 'training', shape: [3, 3, 3], axis: 1 });

  it.each<{ what: string; row: VectorCase; outside: readonly string[] }>([
    {
      what: 'when the channels are on another axis',
      row: { ...training, axis: 2 },
      outside: ['y', 'running_mean', 'running_var', 'batch_mean', 'batch_var'],
    },
    {
      what: 'when momentum weighs the other value',
      row: { ...training, momentum_convention: 'weight of NEW batch statistic' },
      outside: ['running_mean', 'running_var'],
    },
    {
      what: 'when the running variance has the other divisor',
      row: { ...training, running_variance_divisor: 'm-1' },
      outside: ['running_var'],
    },
    { what: 'when eps is another', row: { ...training, epsilon: 1e-3 }, outside: ['y'] },
    {
      what: 'when eps stands outside the root',
      row: { ...training, convention: 'eps=1e-5,outside-sqrt,m,m,w=0.1,nan' },
      outside: ['y'],
    },
    {
      what: 'when σ² is divided by m−1',
      row: { ...training, convention: 'eps=1e-5,inside-sqrt,m-1,m,w=0.1,nan' },
      outside: ['y', 'batch_var'],
    },
  ])('$what', ({ row, outside }) => {
    const replay = onReference(row);
    expect(replay.status).toBe('failed');
    const beyond = 'tensors' in replay ? replay.tensors.filter((tensor) => tensor.outside > 0) : [];
    expect(beyond.map(({ field }) => field)).toEqual(expect.arrayContaining([...outside]));
  });

  it('when one published number is moved, and says where', () => {
    const row = moved(sampleCase({ mode: 'inference', shape: [2, 3, 4], axis: -1 }), 'y', 17, 1e-4);
    for (const layout of ['nchw', 'nhwc'] as const) {
      expect(onReference(row, layout)).toMatchObject({
        status: 'failed',
        tensors: [{ field: 'y', elements: 24, outside: 1, worst: { index: 17, position: '[1, 1, 1]' } }],
      });
    }
  });

  it('when a float16 number is its neighbour', () => {
    const row = sampleCase({ mode: 'inference', shape: [4, 3], axis: 1, round: half, dtype: 'float16' });
    const spacing = 2 ** (Math.floor(Math.log2(Math.abs(row.expected.y![5]!))) - 10);
    expect(onReference(moved(row, 'y', 5, 2 * spacing))).toMatchObject({ status: 'failed', tensors: [{ outside: 1 }] });
  });
});

it.each([
  {
    what: 'a float32 number past the largest',
    change: { x: [1e39, 0, 0, 0] },
    message: /x\[0\]: .* float32 holds, got 1e\+39/,
  },
  {
    what: 'a float16 number past the largest',
    change: { dtype: 'float16' as const, x: [0, 65520, 0, 0] },
    message: /x\[1\]: expected a number that float16 holds, got 65520/,
  },
  { what: 'an unknown convention', change: { convention: 'mine' }, message: /convention "mine": expected one of/ },
])('$what is refused', ({ change, message }) => {
  const row = sampleCase({ mode: 'inference', shape: [2, 2], axis: 1 });
  expect(() => vectorProblem({ ...row, ...change }, 'file.json: at $.cases[0]')).toThrow(message);
  expect(() => vectorProblem({ ...row, ...change }, 'file.json: at $.cases[0]')).toThrow(
    /^file\.json: at \$\.cases\[0\]/,
  );
});

it('a batch of one element under ÷ m−1 is refused', () => {
  const { running_variance_divisor: _, ...sample } = sampleCase({ mode: 'training', shape: [1, 3], axis: 1 });
  const row: VectorCase = { ...sample, convention: 'pytorch' };
  expect(() => vectorProblem(row, 'here')).toThrow(/^here: shape: expected more than one element per channel/);
});

describe('a backend', () => {
  const opened: Candidate[] = [];
  const open = async (name: string): Promise<ReturnType<typeof subjectOf>> => {
    const candidate = await openCandidate(name);
    opened.push(candidate);
    return subjectOf(candidate, { request: 30_000 });
  };
  let correct: ReturnType<typeof subjectOf>;
  let epsOutside: ReturnType<typeof subjectOf>;
  let float32: ReturnType<typeof subjectOf>;
  beforeAll(async () => {
    correct = await open(kernel('correct'));
    epsOutside = await open(kernel('epsOutside'));
    float32 = await open(kernel('float32'));
  });
  afterAll(async () => {
    await Promise.all(opened.map(({ host }) => host.close()));
  });
  const on = (subject: typeof correct, row: VectorCase, layout?: 'nchw' | 'nhwc'): Promise<Replay> =>
    replayOn(subject, prepareVector(vectorProblem(row, row.name, layout)));

  it.each(rows)('that is right matches $mode of $shape with channels on axis $axis', async (options) => {
    expect(await on(correct, sampleCase(options))).toMatchObject({ status: 'passed' });
    expect(await on(correct, sampleCase(options), 'nhwc')).toMatchObject({ status: 'passed' });
  });

  it('that is wrong does not', async () => {
    const row = sampleCase({ mode: 'training', shape: [3, 4, 5], axis: 1, epsilon: 1e-3 });
    expect(await on(epsOutside, row)).toMatchObject({ status: 'failed' });
  });

  it('that does not support a layout is skipped with its reason, and takes the other one', async () => {
    const row = sampleCase({ mode: 'inference', shape: [3, 4, 5], axis: 2 });
    expect(await on(float32, row)).toEqual({ status: 'skipped', reason: 'nchw only' });
    expect(await on(float32, row, 'nchw')).toMatchObject({ status: 'passed' });
  });

  it('that is right can be thousands of ULP away, where gamma·x̂ and beta cancel: only our own bound passes it', async () => {
    const beta = -Math.fround(1 / Math.sqrt(1 + 1e-5));
    const row: VectorCase = {
      ...sampleCase({ mode: 'inference', shape: [1, 1], axis: 1 }),
      x: [1],
      mean: [0],
      variance: [1],
      gamma: [1],
      beta: [beta],
      expected: { y: [Math.fround(1 / Math.sqrt(1 + 1e-5) + beta)] },
      tolerance: { metric: 'ULP', value: 6 },
    };
    const replay = await on(float32, row);
    expect(replay.status).toBe('passed');
    expect(satisfiesPublisher(replay)).toBe(false);
    expect('tensors' in replay && replay.tensors[0]!.byPublisher!.distance).toBeGreaterThan(1000);
  });
});

it('the example of docs/vectors.md is one, and the reference and its tolerance agree with it', () => {
  const page = readFileSync(new URL('../../docs/vectors.md', import.meta.url), 'utf8');
  const { cases } = parseVectors(/```json\n([\s\S]*?)```/.exec(page)![1]!, 'docs/vectors.md');
  for (const row of cases) {
    const replay = onReference(row);
    expect(replay.status).toBe('passed');
    expect(satisfiesPublisher(replay)).toBe(true);
  }
});

it('docs/vectors.md explains every field of the schema', () => {
  const page = readFileSync(new URL('../../docs/vectors.md', import.meta.url), 'utf8');
  const schema = JSON.parse(readFileSync(new URL('../src/vectors/vectors.schema.json', import.meta.url), 'utf8')) as {
    properties: object;
    $defs: { Case: { properties: { expected: { properties: object } } } };
  };
  const { properties: ofCase } = schema.$defs.Case;
  const fields = [schema.properties, ofCase, ofCase.expected.properties].flatMap(Object.keys);
  expect(fields.filter((field) => !page.includes(`\`${field}\``))).toEqual([]);
});
