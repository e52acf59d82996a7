import { formatShape, layouts, ops, outputsOf, type Problem, type Shape, type Tensors } from '@normgauge/contract';
import { f16round } from '@petamoriken/float16';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { Gpu } from '../src/gpu.ts';
import { fromHalves, halvesOf } from '../src/halves.ts';
import type { Kernel } from '../src/kernel.ts';
import { storedOf } from '../src/kernels/stored.ts';
import { findNodeAdapter } from '../src/nodeAdapter.ts';
import { mapRead, usage } from '../src/usage.ts';
import { inputsFor } from './fills.ts';
import { openOrReason } from './openOrReason.ts';
import { problemWith } from './problems.ts';

/** Float32 in the range of float16 and beside it, and what lies half way between two float16. */
const values = fc.oneof(
  fc.float({ min: Math.fround(-65519), max: Math.fround(65519), noNaN: true }),
  fc.float({ min: -(2 ** -13), max: 2 ** -13, noNaN: true }),
  fc.integer({ min: 0, max: 0x7bfe }).map((bits) => {
    const ends = new Float32Array(2);
    fromHalves(Uint16Array.of(bits, bits + 1), ends);
    return (ends[0]! + ends[1]!) / 2;
  }),
);

describe('float16 on the way in and out', () => {
  it('is the nearest, ties to even, and comes back as it went', () => {
    fc.assert(
      fc.property(fc.float32Array(), (given) => {
        const bits = halvesOf(given);
        expect(bits.length).toBe(given.length + (given.length % 2));
        const back = new Float32Array(given.length);
        fromHalves(bits, back);
        expect(back).toEqual(given.map(f16round));
      }),
    );
  });
});

const { backend, unavailable } = await openOrReason();
const hasHalves = backend.supports(problemWith({ dtype: 'f16' })) === true;
afterAll(() => backend.close());

async function solved(problem: Problem, inputs: Tensors): Promise<Tensors> {
  const plan = await backend.plan(problem);
  const into = Object.fromEntries(outputsOf(problem).map(({ name, length }) => [name, new Float32Array(length)]));
  await plan.write(inputs);
  await plan.run();
  await plan.read(into);
  await plan.close();
  return into;
}

const shapes: readonly Shape[] = [
  { n: 1, c: 5, spatial: [1, 1] },
  { n: 3, c: 7, spatial: [3, 3] },
  { n: 131, c: 37, spatial: [] },
  { n: 2, c: 2, spatial: [9001] },
  { n: 3, c: 12, spatial: [6, 6] },
  { n: 700, c: 36, spatial: [] },
];

describe.skipIf(unavailable)(`webgpu ${unavailable}`, () => {
  it('rounds to the nearest float16 on the device, ties to even, whatever the device does with a conversion', async () => {
    const gpu = await Gpu.open((await findNodeAdapter()).adapter);
    const given = Float32Array.from(fc.sample(values, { seed: 1, numRuns: 4096 }));
    const kernel: Kernel = {
      ...{ label: 'rounding', walk: { load: 'f32', subgroups: false, dtype: 'f32' }, reads: ['x'], writes: ['result'] },
      body: `${storedOf({ load: 'f32', dtype: 'f16' }).functions}
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) { result[id.x] = nearestHalf(x[id.x]); }`,
    };
    const { pipeline, layout } = await gpu.compile(kernel);
    const [p, x, result, back] = await Promise.all([
      gpu.buffer('p', 256, usage.uniform),
      gpu.buffer('x', given.byteLength, usage.storage | usage.copyTarget),
      gpu.buffer('result', given.byteLength, usage.storage | usage.copySource),
      gpu.buffer('back', given.byteLength, usage.mapRead | usage.copyTarget),
    ]);
    gpu.device.queue.writeBuffer(x, 0, given);
    const entries = [p, x, result].map((buffer, binding) => ({ binding, resource: { buffer } }));
    const encoder = gpu.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, gpu.device.createBindGroup({ layout, entries }));
    pass.dispatchWorkgroups(given.length / 64);
    pass.end();
    encoder.copyBufferToBuffer(result, 0, back, 0, given.byteLength);
    gpu.device.queue.submit([encoder.finish()]);
    await back.mapAsync(mapRead);
    const wrong = [...new Float32Array(back.getMappedRange())]
      .map((got, i) => ({ given: given[i]!, got, expected: f16round(given[i]!) }))
      .filter(({ got, expected }) => got !== expected);
    gpu.close();
    expect(wrong).toEqual([]);
  });

  it.skipIf(hasHalves)('says which feature it lacks where there is no float16, and refuses to plan', async () => {
    const problem = problemWith({ dtype: 'f16' });
    expect(backend.supports(problem)).toMatch(/^needs shader-f16, which .+ does not have$/);
    await expect((async () => backend.plan(problem))()).rejects.toThrow('dtype: expected one of f32, got "f16"');
  });

  const rows = ops.flatMap((op) => layouts.map((layout) => ({ op, layout })));
  it.skipIf(!hasHalves).each(rows)('stores $op in $layout in float16 and computes it in float32', async (row) => {
    for (const shape of shapes) {
      const problem = problemWith({ ...row, shape, dtype: 'f16' });
      const { x, dy, ...perChannel } = inputsFor(problem, 7);
      const inputs: Tensors = { ...perChannel, x: x!.map(f16round), ...(dy && { dy: dy.map(f16round) }) };
      const single = await solved({ ...problem, dtype: 'f32' }, inputs);
      const half = await solved(problem, inputs);
      for (const { name, extent } of outputsOf(problem)) {
        // Sums are added up in the same order, whatever they are loaded from.
        const expected = extent === 'full' ? single[name]!.map(f16round) : single[name]!;
        expect({ shape: formatShape(shape), [name]: half[name] }).toEqual({
          shape: formatShape(shape),
          [name]: expected,
        });
      }
    }
  });
});
