import { spawnSync } from 'node:child_process';
import { type Convention, type Op, ops, outputsOf, type Problem, type Tensors } from '@normgauge/contract';
import { expect, it } from 'vitest';
import { openBackend } from '../src/index.ts';
import { hasRelaxedSimd, loadKernels } from '../src/kernels.ts';
import { WasmMemory } from '../src/memory.ts';
import { oneThread, WasmPlan } from '../src/wasmPlan.ts';
import { inputsFor } from './fills.ts';
import { judge } from './judge.ts';

const convention: Convention = {
  eps: 1e-5,
  epsPlacement: 'inside-sqrt',
  normalizeDivisor: 'm',
  runningDivisor: 'm-1',
  momentum: 0.1,
  singleElement: 'guard',
};

const problemsOf = (op: Op): readonly Problem[] =>
  (['nchw', 'nhwc'] as const).flatMap((layout) =>
    [
      { n: 6, c: 20, spatial: [13, 17] },
      { n: 90, c: 21, spatial: [] },
    ].map((shape) => ({ op, layout, shape, dtype: 'f32' as const, affine: true, convention })),
  );

const encode = (tensors: Tensors): Record<string, string> =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { buffer, byteOffset, byteLength }]) => [
      name,
      Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
    ]),
  );
const decode = (tensors: Record<string, string>): Tensors =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, text]) => [
      name,
      new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer),
    ]),
  );

const script = `
  import { readFileSync } from 'node:fs';
  const { openBackend } = await import(${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)});
  const { hasRelaxedSimd } = await import(${JSON.stringify(new URL('../dist/kernels.js', import.meta.url).href)});
  if (!hasRelaxedSimd()) throw new Error('expected relaxed SIMD, got none');
  const floats = (text) => new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer);
  const backend = await openBackend();
  const results = [];
  for (const { problem, inputs, outputs } of JSON.parse(readFileSync(0, 'utf8'))) {
    const plan = await backend.plan(problem);
    plan.write(Object.fromEntries(Object.entries(inputs).map(([name, text]) => [name, floats(text)])));
    plan.run();
    const into = Object.fromEntries(outputs.map(({ name, length }) => [name, new Float32Array(length)]));
    plan.read(into);
    results.push(Object.fromEntries(Object.entries(into).map(([name, { buffer }]) => [name, Buffer.from(buffer).toString('base64')])));
  }
  console.log(JSON.stringify(results));`;

it.each(ops)('with relaxed SIMD, %s is within the declared bound', async (op) => {
  const backend = await openBackend();
  const problems = problemsOf(op).map((problem) => ({ problem, inputs: inputsFor(problem) }));
  const input = JSON.stringify(
    problems.map(({ problem, inputs }) => ({ problem, inputs: encode(inputs), outputs: outputsOf(problem) })),
  );
  const flags = hasRelaxedSimd() ? [] : ['--experimental-wasm-relaxed-simd'];
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, '--input-type=module', '--eval', script], {
    encoding: 'utf8',
    input,
    maxBuffer: 2 ** 26,
  });
  expect(stderr).toBe('');
  const results: readonly Record<string, string>[] = JSON.parse(stdout);
  for (const [i, { problem, inputs }] of problems.entries()) {
    const verdict = judge(backend, problem, inputs, decode(results[i]!));
    expect(verdict.worst, JSON.stringify([problem, verdict])).toBeLessThanOrEqual(1);
  }
});

it.each(ops)('without relaxed SIMD, %s is within the declared bound', async (op) => {
  const backend = await openBackend();
  const memory = new WasmMemory();
  const kernels = await loadKernels(memory.memory, false);
  for (const problem of problemsOf(op)) {
    const inputs = inputsFor(problem);
    const plan = new WasmPlan(problem, kernels.sizes, memory, oneThread(kernels));
    plan.write(inputs);
    plan.run();
    const outputs = Object.fromEntries(outputsOf(problem).map(({ name, length }) => [name, new Float32Array(length)]));
    plan.read(outputs);
    plan.close();
    const verdict = judge(backend, problem, inputs, outputs);
    expect(verdict.worst, JSON.stringify([problem, verdict])).toBeLessThanOrEqual(1);
  }
});
