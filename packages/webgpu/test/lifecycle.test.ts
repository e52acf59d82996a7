import { readFile } from 'node:fs/promises';
import { KernelError, layouts, ops, ProblemError, ShapeError, type Tensors } from '@normgauge/contract';
import { afterAll, describe, expect, it } from 'vitest';
import { Gpu } from '../src/gpu.ts';
import type { Kernel } from '../src/kernel.ts';
import { findNodeAdapter } from '../src/nodeAdapter.ts';
import { emptyOutputs, inputsFor, plain } from './fills.ts';
import { openOrReason } from './openOrReason.ts';
import { openWithDevice } from './openWithDevice.ts';
import { problemWith } from './problems.ts';
import { solve } from './solve.ts';

const { backend, unavailable } = await openOrReason();
afterAll(() => backend.close());

describe.skipIf(unavailable)(`webgpu ${unavailable}`, () => {
  it('says what it is and what it runs on', async () => {
    const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
    expect(backend.id).toBe('webgpu');
    expect(backend.version).toBe((JSON.parse(text) as { version: string }).version);
    expect(backend.device).toMatchObject({ kind: 'gpu', name: expect.stringMatching(/./) });
    expect(backend.device!.details).toMatchObject({
      vendor: expect.stringMatching(/./),
      maxBufferSize: expect.stringMatching(/^\d+$/),
    });
    const [most] = backend.device!.details['subgroups']!.match(/\d+/) ?? [];
    expect(backend.device!.details['reductions']).toMatch(most === undefined ? /^through/ : /^in subgroups/);
    expect(backend.device!.software).toBe(/swiftshader|llvmpipe|lavapipe/i.test(JSON.stringify(backend.device)));
  });

  it('declares a depth that grows with the logarithm of m, and with m only for the longest channels', () => {
    const depth = backend.numerics.reductionDepth!;
    expect(depth(1)).toBeGreaterThan(0);
    expect(depth(2 ** 20)).toBeGreaterThanOrEqual(depth(2 ** 10));
    expect(depth(2 ** 24)).toBeLessThan(2 ** 24 / 1000);
  });

  it.each(ops)('gives the same bits in every run and in every plan of %s', async (op) => {
    for (const layout of layouts) {
      const problem = problemWith({ op, layout, shape: { n: 2, c: 3, spatial: [9001] } });
      const inputs = inputsFor(problem, 1);
      const plan = await backend.plan(problem);
      await plan.write(inputs);
      const results: Tensors[] = [];
      for (let run = 0; run < 3; run++) {
        await plan.run();
        const outputs = emptyOutputs(problem);
        await plan.read(outputs);
        results.push(outputs);
      }
      await plan.close();
      results.push(await solve(backend, problem, inputs));
      for (const result of results) expect(result).toEqual(results[0]);
    }
  });

  it('keeps two plans apart, of the same problem or of another, read late and in any order', async () => {
    const first = problemWith();
    const second = problemWith({ op: 'backward' });
    const runs = [
      { problem: first, inputs: inputsFor(first, 1) },
      { problem: first, inputs: inputsFor(first, 2) },
      { problem: second, inputs: inputsFor(second, 3) },
    ];
    const plans = await Promise.all(runs.map(({ problem }) => backend.plan(problem)));
    for (const [index, plan] of plans.entries()) await plan.write(runs[index]!.inputs);
    for (const plan of plans) await plan.run();
    const late: Tensors[] = [];
    for (const [index, plan] of [...plans.entries()].reverse()) {
      late[index] = emptyOutputs(runs[index]!.problem);
      await plan.read(late[index]);
      await plan.close();
    }
    for (const [index, { problem, inputs }] of runs.entries()) {
      expect(late[index]).toEqual(await solve(backend, problem, inputs));
    }
  });

  it('takes its inputs over, never writes them, and computes with what was written last', async () => {
    const problem = problemWith();
    const inputs = inputsFor(problem, 1);
    const before = structuredClone(inputs);
    const plan = await backend.plan(problem);
    await plan.write(inputsFor(problem, 2));
    await plan.run();
    await plan.write(inputs);
    expect(inputs).toEqual(before);
    for (const tensor of Object.values(inputs)) tensor.fill(Number.NaN);
    await plan.run();
    const outputs = emptyOutputs(problem);
    await plan.read(outputs);
    await plan.close();
    expect(outputs).toEqual(await solve(backend, problem, before));
  });

  it('fills exactly the views that were asked for, wherever they lie, in shared memory too', async () => {
    const problem = problemWith();
    const inputs = inputsFor(problem, 1);
    const expected = await solve(backend, problem, inputs);
    const guard = 17;
    const plan = await backend.plan(problem);
    await plan.write({ ...inputs, x: shared(inputs.x!) });
    await plan.run();
    for (const names of [['y'], ['mean', 'runningVar'], ['invStd', 'y', 'runningMean']] as const) {
      const memory = names.map((name) => new Float32Array(expected[name]!.length + 2 * guard).fill(-7));
      const views = names.map((name, i) => memory[i]!.subarray(guard, guard + expected[name]!.length));
      await plan.read(Object.fromEntries(names.map((name, i) => [name, views[i]!])));
      names.forEach((name, i) => {
        expect(views[i]).toEqual(expected[name]);
        expect([...memory[i]!.subarray(0, guard), ...memory[i]!.subarray(-guard)].every((v) => v === -7)).toBe(true);
      });
    }
    const sharedY = shared(expected.y!.map(() => Number.NaN));
    await plan.read({ y: sharedY });
    expect([...sharedY]).toEqual([...expected.y!]);
    await plan.read({});
    await plan.close();
  });

  it('copies x on the device, as often as asked, and changes nothing', async () => {
    const problem = problemWith();
    const inputs = inputsFor(problem, 1);
    const plan = await backend.plan(problem);
    await plan.write(inputs);
    await plan.copy!();
    await plan.run();
    await plan.copy!();
    const outputs = emptyOutputs(problem);
    await plan.read(outputs);
    await plan.close();
    expect(outputs).toEqual(await solve(backend, problem, inputs));
  });

  it('tells the time of many runs and copies by the clock of the device, and leaves what run leaves', async () => {
    const problem = problemWith({ op: 'backward', shape: { n: 4, c: 8, spatial: [32, 32] } });
    const inputs = inputsFor(problem, 1);
    const plan = await backend.plan(problem);
    const clocked = backend.device!.details['features']!.includes('timestamp-query');
    expect(plan.deviceTime !== undefined).toBe(clocked);
    if (!clocked) return;
    await expect(plan.deviceTime!('run', 1)).rejects.toThrow('deviceTime: expected write before it');
    await plan.write(inputs);
    for (const work of ['run', 'copy'] as const) {
      const start = performance.now();
      const { nanoseconds, quantum } = await plan.deviceTime!(work, 8);
      const passed = (performance.now() - start) * 1e6;
      expect(nanoseconds).toBeGreaterThan(0);
      expect(nanoseconds).toBeLessThan(1.1 * passed);
      expect(quantum).toBeGreaterThan(0);
      expect(quantum).toBeLessThanOrEqual(1e6);
    }
    const [few, many] = [await plan.deviceTime!('run', 1), await plan.deviceTime!('run', 64)];
    expect(many.nanoseconds).toBeGreaterThan(8 * few.nanoseconds);
    expect(many.quantum).toBeLessThanOrEqual(few.quantum);
    const outputs = emptyOutputs(problem);
    await plan.read(outputs);
    await plan.close();
    expect(outputs).toEqual(await solve(backend, problem, inputs));
  });

  it('refuses steps in the wrong order, wrong tensors and meaningless problems', async () => {
    const problem = problemWith();
    const inputs = inputsFor(problem, 1);
    const plan = await backend.plan(problem);
    await expect(plan.run()).rejects.toThrow(KernelError);
    await expect(plan.write({ ...inputs, gamma: new Float32Array(3) })).rejects.toThrow(ShapeError);
    const { beta: _, ...withoutBeta } = inputs;
    await expect(plan.write(withoutBeta)).rejects.toThrow('beta: expected');
    await plan.write(inputs);
    await expect(plan.read(emptyOutputs(problem))).rejects.toThrow('read: expected run before it');
    await plan.run();
    await expect(plan.read({ y: new Float32Array(1) })).rejects.toThrow(ShapeError);
    await plan.close();
    await expect(backend.plan(problemWith({ shape: { n: 0, c: 1, spatial: [] } }))).rejects.toThrow(ProblemError);
  });

  it('refuses what is over a limit of the device, and names the size and the limit', async () => {
    const most = Number(backend.device!.details['maxStorageBufferBindingSize']);
    const problem = problemWith({ op: 'inference', shape: { n: 1, c: 1, spatial: [most / 4 + 1] } });
    expect(backend.supports(problem)).toMatch(`x has ${most + 4} bytes, over this device's max`);
    await expect(backend.plan(problem)).rejects.toThrow(`x has ${most + 4} bytes`);
    expect(backend.supports(problemWith())).toBe(true);
  });

  it('turns a lost device into an error, and runs the next case on a new one', async () => {
    const { backend: own, device } = await openWithDevice();
    const problem = problemWith({ shape: { n: 8, c: 16, spatial: [64, 64] } });
    const inputs = inputsFor(problem, 1, plain);
    const plan = await own.plan(problem);
    await plan.write(inputs);
    const running = Promise.resolve(plan.run());
    device().destroy();
    await expect(running).rejects.toThrow(/^run: the GPU device was lost/);
    await expect(plan.run()).rejects.toThrow(/lost/);
    const small = problemWith();
    expect(await solve(own, small, inputsFor(small, 1))).toEqual(await solve(backend, small, inputsFor(small, 1)));
    await own.close();
  });

  it('says that it was closed, rather than hang, when something is asked of it afterwards', async () => {
    const { backend: own } = await openWithDevice();
    const problem = problemWith();
    const plan = await own.plan(problem);
    await plan.write(inputsFor(problem, 1));
    await own.close();
    await own.close();
    await expect(plan.run()).rejects.toThrow('run: the backend was closed');
    await expect(own.plan(problem)).rejects.toThrow('the backend was closed');
  });

  it('names shader, place and message when a shader does not compile, and the buffer that is too large', async () => {
    const gpu = await Gpu.open((await findNodeAdapter()).adapter);
    const broken: Kernel = {
      label: 'broken',
      walk: { load: 'f32', subgroups: false, dtype: 'f32' },
      reads: ['x'],
      writes: ['result'],
      body: '@compute @workgroup_size(1)\nfn main() { result[0] = x[0] + nothing; }',
    };
    await expect(gpu.compile(broken)).rejects.toThrow(
      /^shader "broken" does not compile: line \d+, column \d+: .*nothing/,
    );
    const tooWide: Kernel = {
      ...broken,
      label: 'too wide',
      body: '@compute @workgroup_size(65536)\nfn main() { result[0] = x[0]; }',
    };
    await expect(gpu.compile(tooWide)).rejects.toThrow(/^shader "too wide": /);
    const { maxBufferSize } = gpu.limits;
    expect(() => gpu.buffer('huge', maxBufferSize + 4, 128)).toThrow(
      `huge: expected at most ${maxBufferSize} bytes (maxBufferSize), got ${maxBufferSize + 4}`,
    );
    await expect(gpu.buffer('misused', 16, 1 | 2)).rejects.toThrow(
      /^misused: a buffer of 16 bytes: GPU validation error: /,
    );
    gpu.close();
  });
});

function shared(values: Float32Array): Float32Array {
  const copy = new Float32Array(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}
