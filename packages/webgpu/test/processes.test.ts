import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openOrReason } from './openOrReason.ts';
import { problemWith } from './problems.ts';
import { runNode } from './runNode.ts';

const { backend, unavailable } = await openOrReason();
backend.close();

const onLinux = process.platform === 'linux' && process.arch === 'x64';

/** Opens the backend and says what became of it. */
const open = `
  import { openBackend } from '@normgauge/webgpu';
  try {
    const backend = await openBackend();
    console.log('opened, software:', backend.device.software);
    await backend.close();
  } catch (error) {
    console.log(error.name, error.backend, error.reason);
  }
`;

const compute = `
  import { openBackend } from '@normgauge/webgpu';
  const backend = await openBackend();
  const plan = await backend.plan(${JSON.stringify(problemWith({ op: 'inference', affine: false }))});
  await plan.write({
    x: new Float32Array(300).fill(3), runningMean: new Float32Array(4).fill(1), runningVar: new Float32Array(4).fill(4),
  });
  await plan.run();
  const y = new Float32Array(300);
  await plan.read({ y });
  console.log('y', y[299].toFixed(3));
`;

describe.skipIf(unavailable)(`webgpu ${unavailable}`, () => {
  it('lets Node end by itself after close, with nothing left to wait for', async () => {
    expect(await runNode(`${compute} await backend.close();`)).toMatchObject({ status: 0, output: 'y 1.000\n' });
  });

  it('lets a process that never closes end through process.exit, with its status', async () => {
    expect(await runNode(`${compute} process.exit(7);`)).toMatchObject({ status: 7, output: 'y 1.000\n' });
  });

  it('stays alive through many garbage collections while it is open', async () => {
    const collecting = `${compute.replace('await plan.run();', 'for (let k = 0; k < 20; k++) { await plan.run(); gc(); }')} gc(); await backend.close();`;
    expect(await runNode(collecting, { NODE_OPTIONS: '--expose-gc' })).toMatchObject({
      status: 0,
      output: 'y 1.000\n',
    });
  });
});

describe.skipIf(!onLinux)('on Linux x64', () => {
  it('is unavailable, with the reason, where only a GPU will do and no driver offers one', async () => {
    const env = {
      NORMGAUGE_WEBGPU_ADAPTER: 'hardware',
      VK_DRIVER_FILES: '/nowhere.json',
      VK_ICD_FILENAMES: '/nowhere.json',
    };
    const { status, output } = await runNode(open, env);
    expect(output).toMatch(
      /BackendUnavailableError webgpu no GPU \(.+\), and NORMGAUGE_WEBGPU_ADAPTER=hardware forbids SwiftShader/,
    );
    expect(status).toBe(0);
  });

  it('takes SwiftShader where a driver is named that does not exist, and does not leave its own in the environment', async () => {
    const env = { NORMGAUGE_WEBGPU_ADAPTER: 'software', VK_DRIVER_FILES: '/nowhere.json' };
    const { output } = await runNode(
      `${open} console.log(process.env.VK_DRIVER_FILES, process.env.VK_ICD_FILENAMES);`,
      env,
    );
    expect(output).toContain('opened, software: true\n/nowhere.json undefined');
  });

  it('is unavailable where the choice of adapter makes no sense', async () => {
    const { output } = await runNode(open, { NORMGAUGE_WEBGPU_ADAPTER: 'quick' });
    expect(output).toContain('NORMGAUGE_WEBGPU_ADAPTER: expected hardware or software, got "quick"');
  });

  it('unpacks Chromium once when two processes do it at a time, and again when a file is missing', async () => {
    const cache = await mkdtemp(join(tmpdir(), 'normgauge-unpack-'));
    const unpack = `
      import { unpack } from './dist/unpack.js';
      console.log(await unpack(${JSON.stringify(cache)}));
    `;
    try {
      const both = await Promise.all([runNode(unpack), runNode(unpack)]);
      const [version] = await readdir(cache);
      for (const { status, output } of both)
        expect({ status, output }).toEqual({ status: 0, output: `${join(cache, version!)}\n` });
      expect(await readdir(cache)).toEqual([version]);
      await rm(join(cache, version!, 'libvulkan.so.1'));
      expect((await runNode(unpack)).status).toBe(0);
      expect(await readdir(cache)).toEqual([version]);
      expect(await readdir(join(cache, version!))).toContain('libvulkan.so.1');
    } finally {
      await rm(cache, { recursive: true, force: true });
    }
  });
});
