import { spawnSync } from 'node:child_process';
import { BackendUnavailableError } from '@normgauge/contract';
import { afterEach, describe, expect, it } from 'vitest';
import { openBackendOn } from '../src/backend.ts';
import { findBrowserAdapter } from '../src/browserAdapter.ts';
import { findNodeAdapter } from '../src/nodeAdapter.ts';
import { inputsFor } from './fills.ts';
import { openOrReason } from './openOrReason.ts';
import { openWithDevice } from './openWithDevice.ts';
import { problemWith } from './problems.ts';
import { runNode } from './runNode.ts';
import { outside } from './solve.ts';

/*
 * What goes wrong on real machines, provoked for real. Elsewhere: no adapter in Node (processes.test.ts), a device lost in a run, a
 * buffer over the limit, a shader that does not compile (lifecycle.test.ts).
 */

const { backend, unavailable } = await openOrReason();
await backend.close();

/** In a process that may take 256 MiB more: a plan whose x alone is 512 MiB, and then a small one. */
const outOfMemory = `
  import { spawnSync } from 'node:child_process';
  import { readFileSync } from 'node:fs';
  import { openBackend } from '@normgauge/webgpu';
  const backend = await openBackend();
  const inUse = 1024 * Number(/VmSize:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  spawnSync('prlimit', ['--pid', String(process.pid), '--as=' + (inUse + 2 ** 28)]);
  const problem = (size) => ({ ...${JSON.stringify(problemWith({ op: 'inference', affine: false }))}, shape: { n: 1, c: 1, spatial: [size] } });
  try {
    await backend.plan(problem(2 ** 27));
    console.log('planned');
  } catch (error) {
    console.log(error.message);
  }
  const plan = await backend.plan(problem(100));
  await plan.write({ x: new Float32Array(100).fill(3), runningMean: Float32Array.of(1), runningVar: Float32Array.of(4) });
  await plan.run();
  const y = new Float32Array(100);
  await plan.read({ y });
  console.log('y', y[99].toFixed(3));
  await backend.close();
`;

const canLimit = process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0;

describe.skipIf(!canLimit || unavailable)(`where memory can be limited, webgpu ${unavailable}`, () => {
  it('names the buffer and its size when memory is short, and solves the next problem', async () => {
    const { status, output } = await runNode(outOfMemory, { NORMGAUGE_WEBGPU_ADAPTER: 'software' });
    expect(output).toMatch(/^x: a buffer of 536870912 bytes: out of GPU memory: .+\ny 1\.000\n$/);
    expect(status).toBe(0);
  });
});

describe.skipIf(unavailable)(`webgpu ${unavailable}`, () => {
  it('is unavailable, with the reason, where an adapter gives no device', async () => {
    const found = await findNodeAdapter();
    // an adapter is used up by the first device that it gives
    const device = await found.adapter.requestDevice();
    const opening = openBackendOn(async () => found);
    await expect(opening).rejects.toThrow(BackendUnavailableError);
    await expect(opening).rejects.toThrow(/gives no device: ./);
    device.destroy();
  });

  it('turns a device that is lost while its clock is asked into an error, and solves the next problem on a new one', async () => {
    const { backend: own, device } = await openWithDevice();
    const problem = problemWith();
    const plan = await own.plan(problem);
    await plan.write(inputsFor(problem, 1));
    const first = device();
    const asked = plan.deviceTime === undefined ? plan.run() : plan.deviceTime('run', 100);
    first.destroy();
    await expect(Promise.resolve(asked)).rejects.toThrow(/the GPU device was lost/);
    expect(await outside(own, problem, inputsFor(problem, 2))).toEqual([]);
    expect(device()).not.toBe(first);
    await own.close();
  });
});

describe('in a browser', () => {
  const known = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  const secure = Object.getOwnPropertyDescriptor(globalThis, 'isSecureContext');
  const restore = (name: string, descriptor: PropertyDescriptor | undefined): void => {
    if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
    else Object.defineProperty(globalThis, name, descriptor);
  };
  afterEach(() => {
    restore('navigator', known);
    restore('isSecureContext', secure);
  });

  it.each([
    { that: 'has no WebGPU', navigator: {}, isSecureContext: true, says: 'navigator.gpu is absent' },
    { that: 'shows an insecure page', navigator: {}, isSecureContext: false, says: 'not a secure context' },
    {
      that: 'finds no adapter',
      navigator: { gpu: { requestAdapter: async () => null } },
      isSecureContext: true,
      says: 'this browser has no adapter for WebGPU',
    },
  ])('that $that it is unavailable, and says so', async ({ navigator, isSecureContext, says }) => {
    Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
    Object.defineProperty(globalThis, 'isSecureContext', { value: isSecureContext, configurable: true });
    const opening = openBackendOn(findBrowserAdapter);
    await expect(opening).rejects.toThrow(BackendUnavailableError);
    await expect(opening).rejects.toThrow(says);
  });
});
