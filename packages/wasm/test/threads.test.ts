import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  type Backend,
  type Convention,
  type OpenBackend,
  ops,
  type Problem,
  type Shape,
  type Tensors,
} from '@normgauge/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBackend as openOne } from '../src/index.ts';
import { allOf, cells, controlCells, takeJob } from '../src/threads/control.ts';
import { inputsFor } from './fills.ts';
import { compute, judge, poisonedOutputs } from './judge.ts';

/** Workers load compiled files, so that these tests run what was built. */
const built = new URL('../dist/threads/index.js', import.meta.url).href;
const open = async (threads: number): Promise<Backend> => {
  const { openBackend } = (await import(built)) as { openBackend: OpenBackend };
  return await openBackend({ threads });
};

const convention: Convention = {
  eps: 1e-5,
  epsPlacement: 'inside-sqrt',
  normalizeDivisor: 'm',
  runningDivisor: 'm-1',
  momentum: 0.1,
  singleElement: 'guard',
};

/** Large enough for three threads, and none of them a multiple of anything. */
const shapes: readonly Shape[] = [
  { n: 5, c: 13, spatial: [29, 31] },
  { n: 1, c: 2, spatial: [173, 179] },
  { n: 47, c: 61, spatial: [19] },
  { n: 2003, c: 29, spatial: [] },
  { n: 401, c: 130, spatial: [] },
  { n: 1201, c: 7, spatial: [3, 2] },
];

/** The bits of every tensor; comparing arrays element by element takes seconds. */
const bitsOf = (tensors: Tensors): readonly string[] =>
  Object.entries(tensors).map(([name, { buffer, byteOffset, byteLength }]) => {
    const hash = createHash('sha256').update(new Uint8Array(buffer, byteOffset, byteLength));
    return `${name} ${hash.digest('hex')}`;
  });

const layouts = ['nchw', 'nhwc'] as const;
const problems: readonly Problem[] = ops.flatMap((op) =>
  layouts.flatMap((layout) =>
    shapes.map((shape) => ({ op, layout, shape, dtype: 'f32' as const, affine: true, convention })),
  ),
);

describe.each([1, 2, 3])('%i threads', (threads) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open(threads);
  });
  afterAll(() => backend.close());

  it.each(ops)('%s agrees with the definition in both layouts, and gives the same bits again', async (op) => {
    for (const problem of problems.filter((one) => one.op === op)) {
      const inputs = inputsFor(problem);
      const actual = await compute(backend, problem, inputs);
      const verdict = judge(backend, problem, inputs, actual);
      expect(verdict.worst, JSON.stringify([problem.layout, problem.shape, verdict])).toBeLessThanOrEqual(1);
      for (let again = 0; again < 5; again++)
        expect(bitsOf(await compute(backend, problem, inputs))).toEqual(bitsOf(actual));
    }
  });
});

it('channels in rows give the same bits for any number of threads', async () => {
  const one = await openOne();
  const three = await open(3);
  for (const problem of problems.filter(({ layout, shape }) => layout === 'nchw' && shape.spatial.length === 2)) {
    if (problem.shape.spatial[0] === 3) continue;
    const inputs = inputsFor(problem);
    expect(bitsOf(await compute(three, problem, inputs))).toEqual(bitsOf(await compute(one, problem, inputs)));
  }
  await three.close();
});

it('a mean unlike in what each thread sees, and data that float32 does not hold, come out as on one thread', async () => {
  const backend = await open(2);
  const fills = [
    (_: number, i: number, next: () => number) => (i < 26_000 ? 50 : -50) + next(),
    () => 0.1,
    (_: number, __: number, next: () => number) => 1e30 * next(),
    (channel: number, i: number, next: () => number) => (channel === 3 && i > 40_000 ? Number.NaN : next()),
  ];
  for (const fill of fills) {
    for (const op of ops) {
      const problem: Problem = { op, layout: 'nhwc', shape: shapes[4]!, dtype: 'f32', affine: true, convention };
      const inputs = inputsFor(problem, fill);
      const verdict = judge(backend, problem, inputs, await compute(backend, problem, inputs));
      expect(verdict.worst, `${op} ${JSON.stringify(verdict)}`).toBeLessThanOrEqual(1);
    }
  }
  await backend.close();
});

it('plans that are open together do not disturb each other', async () => {
  const backend = await open(2);
  const opened = await Promise.all(
    problems.slice(0, 12).map(async (problem) => {
      const plan = await backend.plan(problem);
      const inputs = inputsFor(problem);
      await plan.write(inputs);
      return { problem, plan, inputs };
    }),
  );
  await Promise.all(opened.map(({ plan }) => plan.run()));
  for (const { problem, plan, inputs } of opened.reverse()) {
    const expected = await compute(backend, problem, inputs);
    const outputs = poisonedOutputs(problem);
    await plan.read(outputs);
    await plan.close();
    expect(bitsOf(outputs)).toEqual(bitsOf(expected));
  }
  await backend.close();
});

it.each([0, -1, 1.5, Number.NaN, 257])('%d threads are refused', async (threads) => {
  await expect(open(threads)).rejects.toThrow(`threads: expected a whole number in 1…256, got ${threads}`);
});

describe('a process', () => {
  const run = (script: string, ...flags: readonly string[]) =>
    spawnSync(process.execPath, [...flags, '--input-type=module', '--eval', script], {
      encoding: 'utf8',
      timeout: 60_000,
    });
  const load = `const { openBackend } = await import(${JSON.stringify(built)});`;

  it('ends though its threads are still there, asleep or waiting for the next step', () => {
    for (const pause of [0, 200]) {
      const { status, stdout } = run(
        `${load} await openBackend({ threads: 2 }); await new Promise((r) => setTimeout(r, ${pause})); console.log('end');`,
      );
      expect([status, stdout.trim()]).toEqual([0, 'end']);
    }
  });

  it('ends at once when it calls process.exit, and after close', () => {
    expect(run(`${load} await openBackend({ threads: 3 }); process.exit(7);`).status).toBe(7);
    expect(run(`${load} await (await openBackend({ threads: 3 })).close(); await 0;`).status).toBe(0);
  });

  it.each([
    { without: 'WebAssembly', flags: ['--jitless'], hide: '', reason: 'this JavaScript engine has no WebAssembly' },
    {
      without: 'shared memory',
      flags: [],
      hide: 'delete globalThis.SharedArrayBuffer;',
      reason: 'this page has no shared memory; serve it with Cross-Origin-Opener-Policy',
    },
  ])('without $without has the backend unavailable, with the reason', ({ flags, hide, reason }) => {
    const { stdout } = run(
      `${load} ${hide} await openBackend({ threads: 2 }).catch((error) => console.log(error.name + ': ' + error.message));`,
      ...flags,
    );
    expect(stdout).toContain(`BackendUnavailableError: wasm-threads: ${reason}`);
  });

  it('whose first thread may not sleep, as in a page, gets a promise and the same bits', () => {
    const problem = JSON.stringify(problems.find(({ op, layout }) => op === 'forward-training' && layout === 'nhwc'));
    const { stdout, stderr } = run(`${load}
      const problem = ${problem};
      const x = Float32Array.from({ length: ${5 * 13 * 29 * 31} }, (_, i) => Math.sin(i));
      const c = new Float32Array(13).fill(1);
      const inputs = { x, gamma: c, beta: c, runningMean: c, runningVar: c };
      const results = [];
      for (const may of [true, false]) {
        if (!may) Atomics.wait = () => { throw new TypeError('not here'); };
        const backend = await openBackend({ threads: 2 });
        const plan = await backend.plan(problem);
        plan.write(inputs);
        await Promise.all([plan.run(), plan.run()]);
        for (let i = 0; i < 200; i++) await plan.run();
        const y = new Float32Array(x.length);
        plan.read({ y });
        results.push(Buffer.from(y.buffer).toString('base64'));
        await backend.close();
      }
      console.log(results[0] === results[1]);`);
    expect(stderr).toBe('');
    expect(stdout.trim()).toBe('true');
  });

  it('is computed by the first thread where no other comes', () => {
    const { stdout, stderr } = run(`${load}
      const backend = await openBackend({ threads: 4 });
      const problem = ${JSON.stringify(problems.find(({ op, layout }) => op === 'inference' && layout === 'nchw'))};
      const c = new Float32Array(problem.shape.c).fill(1);
      const x = new Float32Array(${5 * 13 * 29 * 31}).fill(3);
      const plan = await backend.plan(problem);
      plan.write({ x, gamma: c, beta: c, runningMean: c, runningVar: c });
      // Its threads are gone, as far as the plan knows without a core to run on.
      await backend.close();
      await plan.run();
      const y = new Float32Array(x.length);
      plan.read({ y });
      console.log(y.every((value) => Math.abs(value - 3) < 1e-4));`);
    expect(stderr).toBe('');
    expect(stdout.trim()).toBe('true');
  });
});

describe('the Jobs of a step', () => {
  it.each([1, 2, 2 ** 21 - 1, 2 ** 21, 2 ** 32 + 5])('are each taken once, in step %i', (step) => {
    const control = new Int32Array(new SharedArrayBuffer(4 * controlCells(2)));
    Atomics.store(control, cells.left, allOf(step, 3));
    expect(Array.from({ length: 5 }, () => takeJob(control))).toEqual([2, 1, 0, undefined, undefined]);
  });
});
