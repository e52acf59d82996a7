import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type Backend,
  type Convention,
  ops,
  outputsOf,
  type Problem,
  type Shape,
  type Tensors,
} from '@normgauge/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBackend } from '../src/index.ts';
import { loadKernels } from '../src/kernels.ts';
import { capacity, WasmMemory } from '../src/memory.ts';
import { oneThread, WasmPlan } from '../src/wasmPlan.ts';
import { inputsFor } from './fills.ts';
import { compute, guardsIntact, judge, poisonedOutputs } from './judge.ts';

const convention: Convention = {
  eps: 1e-5,
  epsPlacement: 'inside-sqrt',
  normalizeDivisor: 'm',
  runningDivisor: 'm-1',
  momentum: 'cumulative',
  singleElement: 'guard',
};

function problemOf(shape: Shape, op: Problem['op'] = 'forward-training', layout: Problem['layout'] = 'nchw'): Problem {
  return { op, shape, layout, dtype: 'f32', affine: true, convention };
}

const small: Shape = { n: 2, c: 3, spatial: [5] };

let backend: Backend;
beforeEach(async () => {
  backend = await openBackend();
});
afterEach(() => backend.close());

describe('a plan', () => {
  it('copies its inputs: what the caller does with its arrays after write changes nothing', async () => {
    const problem = problemOf(small);
    const inputs = inputsFor(problem);
    const expected = await compute(backend, problem, inputs);
    const plan = await backend.plan(problem);
    const mine = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, tensor.slice()]));
    await plan.write(mine);
    for (const tensor of Object.values(mine)) tensor.fill(Number.NaN);
    await plan.run();
    const outputs = poisonedOutputs(problem);
    await plan.read(outputs);
    expect(outputs).toEqual(expected);
    await plan.close();
  });

  it.each(ops.flatMap((op) => (['nchw', 'nhwc'] as const).map((layout) => ({ op, layout }))))(
    '$op $layout never writes its inputs and gives the same bits in every run',
    async ({ op, layout }) => {
      for (const shape of [small, { n: 6, c: 33, spatial: [4, 5] }]) {
        const problem = problemOf(shape, op, layout);
        const inputs = inputsFor(problem);
        const before = structuredClone(inputs);
        const plan = await backend.plan(problem);
        await plan.write(inputs);
        await plan.run();
        const first = poisonedOutputs(problem);
        await plan.read(first);
        await plan.run();
        await plan.run();
        const later = poisonedOutputs(problem);
        await plan.read(later);
        expect(later).toEqual(first);
        expect(inputs).toEqual(before);
        await plan.close();
      }
    },
  );

  it('computes anew from what was written last', async () => {
    const problem = problemOf(small);
    const plan = await backend.plan(problem);
    for (const seed of [1, 2, 3]) {
      const inputs: Tensors = { ...inputsFor(problem, undefined, seed), batchesTracked: Float32Array.of(seed) };
      await plan.write(inputs);
      await plan.run();
      const outputs = poisonedOutputs(problem);
      await plan.read(outputs);
      expect(judge(backend, problem, inputs, outputs).worst).toBeLessThanOrEqual(1);
    }
    await plan.close();
  });

  it.each(ops)('%s: an output that is not asked for is not needed, and nothing else is written', async (op) => {
    const problem = problemOf(small, op);
    const inputs = inputsFor(problem);
    const expected = await compute(backend, problem, inputs);
    for (const { name } of outputsOf(problem)) {
      const plan = await backend.plan(problem);
      await plan.write(inputs);
      await plan.run();
      await plan.read({});
      const view = poisonedOutputs(problem)[name]!;
      await plan.read({ [name]: view });
      expect(view).toEqual(expected[name]);
      expect(guardsIntact(view)).toBe(true);
      await plan.close();
    }
  });

  it('keeps its tensors while other plans make the memory grow', async () => {
    const problems = [small, { n: 8, c: 16, spatial: [32, 32] }, small, { n: 300, c: 700, spatial: [] }].map(
      (shape, i) => problemOf(shape, ops[i]!, i % 2 === 0 ? 'nchw' : 'nhwc'),
    );
    const open = [];
    for (const problem of problems) {
      const plan = await backend.plan(problem);
      const inputs = inputsFor(problem);
      await plan.write(inputs);
      open.push({ problem, plan, inputs });
    }
    for (const { plan } of open) await plan.run();
    const larger = await backend.plan(problemOf({ n: 16, c: 64, spatial: [64, 64] }));
    for (const { problem, plan, inputs } of open.reverse()) {
      const outputs = poisonedOutputs(problem);
      await plan.read(outputs);
      expect(judge(backend, problem, inputs, outputs).worst).toBeLessThanOrEqual(1);
      await plan.close();
    }
    await larger.close();
  });

  it('works at addresses beyond what a signed 32-bit number holds', async () => {
    const memory = new WasmMemory();
    const kernels = await loadKernels(memory.memory);
    // Only addresses are taken: pages that nobody touches cost nothing.
    memory.allocate(2 ** 31 + 2 ** 20);
    for (const layout of ['nchw', 'nhwc'] as const) {
      for (const op of ops) {
        const problem = problemOf({ n: 3, c: 5, spatial: [9] }, op, layout);
        const inputs = inputsFor(problem);
        const plan = new WasmPlan(problem, kernels.sizes, memory, oneThread(kernels));
        plan.write(inputs);
        plan.run();
        const outputs = poisonedOutputs(problem);
        plan.read(outputs);
        expect(outputs).toEqual(await compute(backend, problem, inputs));
        plan.close();
      }
    }
  });

  it('may be filled and read in place, in its own memory', async () => {
    for (const op of ops) {
      const problem = problemOf({ n: 3, c: 5, spatial: [9] }, op);
      const inputs = inputsFor(problem);
      const expected = await compute(backend, problem, inputs);
      const plan = backend.plan(problem) as WasmPlan;
      for (const [name, view] of Object.entries(plan.views().inputs)) view.set(inputs[name as 'x']!);
      plan.run();
      // Another plan may move the memory; the views are asked for again.
      const other = await backend.plan(problemOf({ n: 4, c: 64, spatial: [64, 64] }));
      for (const [name, view] of Object.entries(plan.views().outputs)) {
        expect([...view]).toEqual([...expected[name as 'y']!]);
      }
      plan.close();
      expect(() => plan.views()).toThrow('views: expected an open plan, got a closed one');
      await other.close();
    }
  });

  it('is not disturbed by views that lie in a larger buffer at any element', async () => {
    const problem = problemOf({ n: 3, c: 5, spatial: [7] });
    const inputs = inputsFor(problem);
    const expected = await compute(backend, problem, inputs);
    for (const offset of [1, 2, 3]) {
      const shifted = Object.fromEntries(
        Object.entries(inputs).map(([name, tensor]) => {
          const buffer = new Float32Array(tensor.length + offset);
          buffer.set(tensor, offset);
          return [name, buffer.subarray(offset)];
        }),
      );
      expect(await compute(backend, problem, shifted)).toEqual(expected);
    }
  });

  it('10,000 of them, opened and closed, leave the memory where it was', async () => {
    const memory = new WasmMemory();
    const kernels = await loadKernels(memory.memory);
    const shapes: Shape[] = [small, { n: 4, c: 100, spatial: [] }, { n: 1, c: 2, spatial: [40, 40] }];
    const held = new WasmPlan(problemOf(small), kernels.sizes, memory, oneThread(kernels));
    const before = memory.used;
    const open: WasmPlan[] = [];
    for (let i = 0; i < 10_000; i++) {
      open.push(new WasmPlan(problemOf(shapes[i % 3]!, ops[i % 4]!), kernels.sizes, memory, oneThread(kernels)));
      // Closed out of order: sometimes the oldest, sometimes the newest.
      if (open.length > 7) (i % 2 === 0 ? open.shift() : open.pop())!.close();
    }
    for (const plan of open) plan.close();
    expect(memory.used).toBe(before);
    expect(memory.memory.buffer.byteLength).toBeLessThan(2 ** 20);
    held.close();
    expect(memory.used).toBe(0);
    expect(memory.largestGap).toBe(capacity);
  });
});

describe('what cannot be done', () => {
  it('each step needs the one before it, and an open plan', async () => {
    const problem = problemOf(small);
    const plan = await backend.plan(problem);
    expect(() => plan.run()).toThrow('run: expected write before it, got none');
    await plan.write(inputsFor(problem));
    expect(() => plan.read({})).toThrow('read: expected run before it, got none');
    await plan.run();
    await plan.write(inputsFor(problem));
    expect(() => plan.read({})).toThrow('read: expected run before it, got none');
    await plan.close();
    await plan.close();
    expect(() => plan.write(inputsFor(problem))).toThrow('write: expected an open plan, got a closed one');
    expect(() => plan.run()).toThrow('run: expected an open plan, got a closed one');
    expect(() => plan.read({})).toThrow('read: expected an open plan, got a closed one');
    await backend.close();
    expect(() => backend.plan(problem)).toThrow('plan: expected an open backend, got a closed one');
  });

  it('tensors of the wrong length, type or name are refused before anything is written', async () => {
    const problem = problemOf(small);
    const plan = await backend.plan(problem);
    const inputs = inputsFor(problem);
    expect(() => plan.write({ ...inputs, gamma: new Float32Array(2) })).toThrow('gamma: expected a Float32Array of 3');
    expect(() => plan.write({ ...inputs, x: [] as unknown as Float32Array })).toThrow('x: expected a Float32Array');
    expect(() => plan.write({ ...inputs, dy: new Float32Array(30) })).toThrow('dy: expected no such input');
    await plan.write(inputs);
    await plan.run();
    const y = new Float32Array(30).fill(7);
    expect(() => plan.read({ y, mean: new Float32Array(4) })).toThrow('mean: expected a Float32Array of 3');
    expect(y.every((value) => value === 7)).toBe(true);
    await plan.close();
  });

  it('a problem without meaning is refused', async () => {
    expect(() => backend.plan(problemOf({ n: 0, c: 1, spatial: [] }))).toThrow('shape.n: expected a whole number ≥ 1');
  });

  it('a problem larger than a WebAssembly memory is refused with its size and the limit', () => {
    const problem = problemOf({ n: 64, c: 64, spatial: [512, 512] });
    const bytes = 2 * 64 * 64 * 512 * 512 * 4;
    expect(backend.supports(problem)).toMatch(new RegExp(`^needs 8589\\d{6} bytes .* holds ${capacity}$`));
    expect(() => backend.plan(problem)).toThrow(
      new RegExp(`^shape: expected tensors of at most ${capacity} bytes .* got 8589\\d{6} bytes .* 64x64x512x512$`),
    );
    expect(bytes).toBe(8589934592);
    expect(backend.supports(problemOf(small))).toBe(true);
  });

  it('a plan for which open plans leave no room is refused, and there is room again when they are closed', async () => {
    const memory = new WasmMemory();
    const kernels = await loadKernels(memory.memory);
    const rest = memory.allocate(1);
    const problem = problemOf({ n: 32, c: 64, spatial: [480, 512] });
    // Only the address space is taken: pages are not touched before they are written.
    const first = new WasmPlan(problem, kernels.sizes, memory, oneThread(kernels));
    expect(() => new WasmPlan(problem, kernels.sizes, memory, oneThread(kernels))).toThrow(
      /^memory: expected 402\d+ free bytes .* got at most/,
    );
    first.close();
    memory.free(rest);
    expect(memory.largestGap).toBe(capacity);
  });
});

describe('the machine', () => {
  it('without WebAssembly the backend is unavailable, with the reason', () => {
    const built = fileURLToPath(new URL('../dist/index.js', import.meta.url));
    expect(existsSync(built), 'the package is built before its tests run').toBe(true);
    const script = `const { openBackend } = await import(${JSON.stringify(built)});
      await openBackend().catch((error) => console.log(error.name + ': ' + error.message));`;
    const { stdout } = spawnSync(process.execPath, ['--jitless', '--input-type=module', '--eval', script], {
      encoding: 'utf8',
    });
    expect(stdout.trim()).toBe(
      'BackendUnavailableError: wasm: this JavaScript engine has no WebAssembly (is it started with --jitless?)',
    );
  });

  it('the backend says what it is', () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    expect(backend).toMatchObject({ id: 'wasm', version, numerics: { statistics: 'two-pass', nonFinite: 'ieee' } });
  });
});
