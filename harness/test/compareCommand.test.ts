import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { newFolder, normgauge } from './commandLine.ts';

const folder = newFolder();
const worse = join(folder, 'worse.json');

describe('normgauge compare', () => {
  beforeAll(async () => {
    const options = ['--suite', 'smoke', '--case', 'inference/nchw', '--out', folder, '--quiet'];
    expect((await normgauge('verify', '--backend', 'simd-js', ...options)).status).toBe(0);
    const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'));
    Object.assign(report.results[0], { status: 'failed', cause: 'off by one' });
    writeFileSync(worse, JSON.stringify(report));
  });

  it('ends with 0 when nothing got worse', async () => {
    const { status, stdout } = await normgauge('compare', worse, folder);
    expect(status).toBe(0);
    expect(stdout).toContain('failed → passed');
  });

  it('ends with 1 when a case became wrong, says so, and writes the page', async () => {
    const page = join(folder, 'pages', 'comparison.html');
    const { status, stdout } = await normgauge('compare', folder, worse, '--out', page);
    expect(status).toBe(1);
    expect(stdout).toMatch(/passed → failed\n {4}off by one/);
    expect(existsSync(page)).toBe(true);
  });

  it('prints the changes as JSON', async () => {
    const { stdout } = await normgauge('compare', folder, worse, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ statuses: [{ before: 'passed', after: 'failed', worse: true }] });
  });

  it('refuses what is no report', async () => {
    const { status, stderr } = await normgauge('compare', folder, newFolder());
    expect(status).toBe(2);
    expect(stderr).toContain('there is no report');
  });
});
