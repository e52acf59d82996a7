import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { judged } from './commandLine.ts';

const expectations = fileURLToPath(new URL('../../packages/peers/expectations.json', import.meta.url));

describe.concurrent('a published listing, under its own convention', () => {
  it.each([
    { backend: 'cs231n', failed: 0, passed: 3 },
    { backend: 'darknet', failed: 10, passed: 12 },
    { backend: 'darknet-alexeyab', failed: 6, passed: 8 },
  ])('$backend ends as its expectations say, case by case', async ({ backend, failed, passed }) => {
    const args = ['--backend', backend, '--case', `**/${backend}`, '--expectations', expectations];
    const { status, report } = await judged('verify', ...args);
    const wrong = report.results.filter((result) => result.status === 'failed');
    expect(wrong.length).toBe(failed);
    expect(wrong.every(({ excused }) => excused !== undefined)).toBe(true);
    expect(report.results.filter((result) => result.status === 'passed').length).toBeGreaterThanOrEqual(passed);
    expect(status).toBe(0);
  });

  it.each([
    { m: 4, shape: '1x16x2x2' },
    { m: 16, shape: '4x16x2x2' },
  ])(
    "darknet's backward is not the gradient of its own forward, seen without a reference at m = $m",
    async ({ shape }) => {
      const { report } = await judged(
        'verify',
        '--backend',
        'darknet',
        '--case',
        `backward/nchw/${shape}/normal/darknet`,
      );
      const differences = report.results[0]!.gradients.filter(
        ({ method, of }) => method === 'differences' && of.startsWith('dx'),
      );
      expect(Math.max(...differences.map(({ ratio }) => Number(ratio)))).toBeGreaterThan(5);
    },
  );
});
