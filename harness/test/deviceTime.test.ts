import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { judged, kernel, newFolder } from './commandLine.ts';

/** A right backend whose device has a clock that says `time`, an expression of the nanoseconds that really passed. */
function clockedBackend(time: string, device?: unknown): string {
  const path = join(newFolder(), 'clocked.mjs');
  writeFileSync(
    path,
    `import { inputsOf } from '@normgauge/contract';
import { around } from ${JSON.stringify(pathToFileURL(kernel('around')).href)};
const open = around('clocked', (plan, problem) => {
  const [from, to] = [0, 1].map(() => new Float32Array(inputsOf(problem)[0].length));
  const copy = () => to.set(from);
  return {
    copy,
    deviceTime(work, calls) {
      const start = performance.now();
      for (let call = 0; call < calls; call++) if (work === 'run') plan.run(); else copy();
      const passed = (performance.now() - start) * 1e6;
      return { nanoseconds: ${time}, quantum: 1000 };
    },
  };
});
export const openBackend = (options) => ({ ...open(options), ...${JSON.stringify({ device })} });
`,
  );
  return path;
}

const row = 'inference/nchw/4x32x14x14/normal/pytorch';
const bench = (time: string) => judged('bench', '--backend', clockedBackend(time), '--case', row);

describe('the clock of a device', () => {
  it('stands beside the time to completion, with its copy, its calls and its step', async () => {
    const { report, stdout } = await bench('0.8 * passed + 1');
    const { status, timing } = report.results[0]!;
    expect(status).toBe('passed');
    const { device, nsPerElement, elements } = timing!;
    expect(device).toMatchObject({ quantum: 1000 });
    expect(device!.timesCopy).toBeCloseTo(device!.nsPerElement / device!.copyNsPerElement, 6);
    expect(device!.nsPerElement * elements * device!.callsPerSample).toBeGreaterThan(1e6 / 4);
    expect(device!.nsPerElement).toBeLessThan(3 * nsPerElement);
    expect(stdout).toContain('clocked, ns/element by the clock of its device: inference ');
  });

  it.each([
    { says: 'nothing, since it does not move', time: '0' },
    { says: 'nothing, since the backend has none', time: undefined },
  ])('is left out of the report when it says $says', async ({ time }) => {
    const { report, stdout } =
      time === undefined ? await judged('bench', '--backend', 'wasm', '--case', row) : await bench(time);
    expect(report.results[0]).toMatchObject({ status: 'passed' });
    expect(report.results[0]!.timing).not.toHaveProperty('device');
    expect(stdout).not.toContain('clocked, ns/element by the clock of its device: inference ');
  });

  it('is not asked where the device is an emulation', async () => {
    const device = { kind: 'gpu', name: 'emulated', software: true, details: {} };
    const { report } = await judged('bench', '--backend', clockedBackend('nowhere()', device), '--case', row);
    expect(report.results[0]).toMatchObject({ status: 'passed', timing: { software: true } });
    expect(report.results[0]!.timing).not.toHaveProperty('device');
  });

  it.each([
    { says: 'that is negative', time: '-passed' },
    { says: 'that is no number', time: '"soon"' },
    { says: 'without an end', time: 'Infinity' },
  ])('ends the process with a sentence when it says a time $says', async ({ time }) => {
    const { report, status } = await bench(time);
    expect(report.results[0]).toMatchObject({
      status: 'crashed',
      cause: expect.stringContaining('device.run has a sample that is no time'),
    });
    expect(status).not.toBe(0);
  });

  it('makes a row invalid when it says more than has passed', async () => {
    const { report, status } = await bench('50 * passed + 1e6');
    expect(report.results[0]).toMatchObject({
      status: 'invalid',
      reason: expect.stringMatching(
        /^the device is said to have taken \d+ ns over a run that was complete after \d+ ns/,
      ),
    });
    expect(status).toBe(3);
  });
});
