import { describe, expect, it } from 'vitest';
import {
  conventionNamed,
  fromFunctions,
  type InferenceInputs,
  type InferenceOutputs,
  KernelError,
  type Plan,
  type Problem,
  type Tensors,
} from '../src/index.ts';

const problem: Problem = {
  op: 'inference',
  shape: { n: 2, c: 2, spatial: [3] },
  layout: 'nchw',
  dtype: 'f32',
  affine: false,
  convention: conventionNamed('keras')!,
};

const inputs: Tensors = {
  x: Float32Array.from({ length: 12 }, (_, i) => i),
  runningMean: new Float32Array(2),
  runningVar: new Float32Array(2).fill(1),
};

type Inference = (inputs: InferenceInputs, problem: Problem) => InferenceOutputs | Promise<InferenceOutputs>;

async function planFor(inference: Inference): Promise<Plan> {
  const backend = await fromFunctions({ id: 'subject', inference })();
  return backend.plan(problem);
}

async function runOnce(inference: Inference): Promise<Float32Array> {
  const plan = await planFor(inference);
  await plan.write(inputs);
  await plan.run();
  const y = new Float32Array(12);
  await plan.read({ y });
  return y;
}

const double: Inference = ({ x }) => ({ y: x.map((value) => 2 * value) });

describe('fromFunctions', () => {
  it('lifts a function that returns its outputs', async () => {
    expect(await runOnce(double)).toEqual(inputs.x!.map((value) => 2 * value));
  });

  it('lifts a function that promises its outputs', async () => {
    expect(await runOnce(async (given, of) => double(given, of))).toEqual(inputs.x!.map((value) => 2 * value));
  });

  it('says which function is missing', async () => {
    const backend = await fromFunctions({ id: 'subject' })();
    expect(backend.supports(problem)).toBe('has no function inference');
    expect(() => backend.plan(problem)).toThrow('has no function inference');
  });

  it('asks the author what is supported', async () => {
    const backend = await fromFunctions({
      id: 'subject',
      inference: double,
      supports: ({ layout }) => layout === 'nhwc' || 'does nhwc only',
    })();
    expect(backend.supports(problem)).toBe('does nhwc only');
    expect(backend.supports({ ...problem, layout: 'nhwc' })).toBe(true);
  });

  it.each<{ what: string; rule: KernelError['rule']; inference: Inference; message: string }>([
    {
      what: 'nothing',
      rule: 'output-type',
      inference: () => undefined as never,
      message: 'result: expected an object of Float32Arrays, got undefined',
    },
    {
      what: 'no y',
      rule: 'output-complete',
      inference: () => ({}) as never,
      message: 'y: expected an output, got nothing',
    },
    {
      what: 'a plain array',
      rule: 'output-type',
      inference: ({ x }) => ({ y: [...x] }) as never,
      message: 'y: expected a Float32Array, got Array',
    },
    {
      what: 'float64',
      rule: 'output-type',
      inference: ({ x }) => ({ y: Float64Array.from(x) }) as never,
      message: 'y: expected a Float32Array, got Float64Array',
    },
    {
      what: 'a proxy of an array',
      rule: 'output-type',
      inference: ({ x }) => ({ y: new Proxy(x.slice(), {}) }),
      message: 'y: expected a Float32Array, got',
    },
    {
      what: 'one element too few',
      rule: 'output-length',
      inference: ({ x }) => ({ y: x.slice(1) }),
      message: 'y: expected 12 elements, got 11',
    },
    {
      what: 'its input',
      rule: 'output-fresh',
      inference: ({ x }) => ({ y: x }),
      message: 'y: expected memory of its own, got that of input x',
    },
  ])('refuses a function that returns $what', async ({ rule, inference, message }) => {
    const failure = runOnce(inference);
    await expect(failure).rejects.toThrow(KernelError);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toMatchObject({ rule });
  });

  it('refuses memory that an earlier call returned', async () => {
    const kept = new Float32Array(12);
    const plan = await planFor(() => ({ y: kept }));
    await plan.write(inputs);
    await plan.run();
    expect(() => plan.run()).toThrow('y: expected new memory, got that of an earlier result');
  });

  it('refuses memory that a call of another plan returned', async () => {
    const kept = new Float32Array(12);
    const backend = await fromFunctions({ id: 'subject', inference: () => ({ y: kept }) })();
    const [first, second] = [await backend.plan(problem), await backend.plan(problem)];
    await first.write(inputs);
    await second.write(inputs);
    await first.run();
    expect(() => second.run()).toThrow('got that of an earlier result');
  });

  it('accepts views of a pool that do not overlap, and shared memory', async () => {
    const pool = new SharedArrayBuffer(4 * 12 * 3);
    let call = 0;
    const plan = await planFor(({ x }) => {
      const y = new Float32Array(pool, 4 * 12 * call++, 12);
      y.set(x);
      return { y };
    });
    await plan.write(inputs);
    for (let i = 0; i < 3; i++) await plan.run();
    const y = new Float32Array(12);
    await plan.read({ y });
    expect(y).toEqual(inputs.x);
  });

  it.each([
    { where: 'element 3', write: (x: Float32Array) => x.fill(9, 3, 4) },
    { where: 'memory behind it', write: (x: Float32Array) => new Float32Array(x.buffer, x.byteOffset, 13).fill(9, 12) },
    { where: 'memory before it', write: (x: Float32Array) => new Float32Array(x.buffer, x.byteOffset - 4, 1).fill(9) },
  ])('notices a write to $where', async ({ where, write }) => {
    const failure = runOnce((given, of) => {
      write(given.x);
      return double(given, of);
    });
    await expect(failure).rejects.toMatchObject({ rule: 'inputs-unchanged' });
    await expect(failure).rejects.toThrow(`x: expected an input that is only read, got a write to ${where}`);
  });

  it('takes the inputs over, so that the caller may overwrite them after write', async () => {
    const own = { ...inputs, x: inputs.x!.slice() };
    const plan = await planFor(double);
    await plan.write(own);
    own.x.fill(Number.NaN);
    await plan.run();
    const y = new Float32Array(12);
    await plan.read({ y });
    expect(y).toEqual(inputs.x!.map((value) => 2 * value));
  });

  it('fills a view in the middle of a larger buffer and nothing beside it', async () => {
    const plan = await planFor(double);
    await plan.write(inputs);
    await plan.run();
    const whole = new Float32Array(20).fill(-1);
    await plan.read({ y: whole.subarray(4, 16) });
    expect([...whole.subarray(0, 4), ...whole.subarray(16)]).toEqual(new Array(8).fill(-1));
  });

  it('hands inputs over at a byte offset that is not zero', async () => {
    let offset = 0;
    await runOnce((given, of) => {
      offset = given.x.byteOffset;
      return double(given, of);
    });
    expect(offset).toBeGreaterThan(0);
  });

  it.each([
    { verb: 'run', message: 'run: expected write before it, got none' },
    { verb: 'read', message: 'read: expected run before it, got none' },
  ])('refuses $verb out of order', async ({ verb, message }) => {
    const plan = await planFor(double);
    if (verb === 'read') await plan.write(inputs);
    expect(() => (verb === 'run' ? plan.run() : plan.read({ y: new Float32Array(12) }))).toThrow(message);
  });
});
