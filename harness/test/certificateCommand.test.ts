import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Certificate } from '@normgauge/reports';
import { beforeAll, describe, expect, it } from 'vitest';
import { kernel, newFolder, normgauge, type Outcome } from './commandLine.ts';

const folder = newFolder();
const path = join(folder, 'certificate.json');
let certificate: Certificate;

/** Checks a certificate again, with something changed in it. */
function recheck(change: Partial<Certificate>, ...options: readonly string[]): Promise<Outcome> {
  const file = join(newFolder(), 'certificate.json');
  writeFileSync(file, JSON.stringify({ ...certificate, ...change }));
  return normgauge('verify', '--certificate', file, '--out', newFolder(), '--quiet', ...options);
}

describe('a certificate on the command line', () => {
  beforeAll(async () => {
    const { status } = await normgauge(
      'verify',
      '--backend',
      'simd-js',
      '--suite',
      'smoke',
      '--out',
      folder,
      '--quiet',
    );
    expect(status).toBe(0);
    expect((await normgauge('report', folder, '--format', 'certificate', '--out', path)).status).toBe(0);
    certificate = JSON.parse(readFileSync(path, 'utf8'));
  });

  it('holds when it is checked again', async () => {
    const { status, stderr } = await recheck({});
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('prints as JSON that it holds', async () => {
    const { stdout } = await recheck({ level: 'inference' }, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ holds: true, broken: [], certificate: { level: 'inference' } });
  });

  it('does not hold for another backend: a kernel that fails', async () => {
    const { status, stderr } = await recheck({}, '--backend', kernel('epsOutside'));
    expect(status).toBe(1);
    expect(stderr).toMatch(/does not hold:\n.*cases did not pass/);
  });

  it('does not hold when it claims more than is there', async () => {
    const { status, stderr } = await recheck({ conventions: [...certificate.conventions, 'yet-another'] });
    expect(status).toBe(1);
    expect(stderr).toContain('lacks yet-another');
  });

  it.each([
    [{}, ['--suite', 'standard'], /--certificate.*cannot be used with.*--suite/],
    [{}, ['--seed', '2'], /--seed/],
    [{}, ['--backend', 'wasm', '--backend', 'simd-js'], /expected one --backend, got 2/],
    [{ level: 'everything' }, [], /\$\.level expected one of "inference"/],
  ])('with %j and %j is refused', async (change, options, message) => {
    const { status, stderr } = await recheck(change as Partial<Certificate>, ...options);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});
