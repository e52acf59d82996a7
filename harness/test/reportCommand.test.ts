import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { kernel, newFolder, normgauge } from './commandLine.ts';

const folder = newFolder();

describe('normgauge report', () => {
  beforeAll(async () => {
    const options = ['--suite', 'smoke', '--case', 'inference/nchw', '--out', folder, '--quiet'];
    const { status } = await normgauge('verify', '--backend', 'simd-js', '--backend', kernel('epsOutside'), ...options);
    expect(status).toBe(1);
  });

  it.each([
    ['junit', /^<\?xml .*<testsuites name="normgauge"/s],
    ['markdown', /^# 1 of 2 backends is wrong/],
    ['github-action-benchmark', /^\[\]/],
  ])('prints %s to standard output', async (format, expected) => {
    const { status, stdout, stderr } = await normgauge('report', folder, '--format', format);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(expected);
  });

  it('writes several formats into a folder, from a list and from repeated options', async () => {
    const out = join(folder, 'all', 'of', 'them');
    const { status } = await normgauge('report', folder, '--format', 'junit,csv', '--format', 'html', '--out', out);
    expect(status).toBe(0);
    for (const file of ['junit.xml', 'results.csv', 'index.html']) expect(existsSync(join(out, file))).toBe(true);
  });

  it('writes one format to the file that is named', async () => {
    const out = join(folder, 'tests.xml');
    await normgauge('report', join(folder, 'report.json'), '--format', 'junit', '--out', out);
    expect(readFileSync(out, 'utf8')).toContain('<testsuite name="simd-js"');
  });

  it.each([
    [['--format', 'cvs'], /"cvs": expected one of html, markdown, junit/],
    [['--format', 'html,csv'], /several formats need a folder/],
    [[], /--format/],
    [['--format', 'certificate'], /expected one backend that ran/],
    [['--format', 'certificate', '--backend', 'simd-js'], /whole suite/],
  ])('refuses %j with exit status 2 and a sentence', async (options, message) => {
    const { status, stderr } = await normgauge('report', folder, ...options);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });

  it.each([
    ['nothing', undefined, /there is no report/],
    ['half a report', '{"schema":', /not JSON/],
    ['a newer report', '{"schema":"https://normgauge.dev/report.schema.json","version":99}', /newer normgauge/],
  ])('refuses %s with exit status 2 and a sentence', async (_what, text, message) => {
    const path = join(newFolder(), 'report.json');
    if (text !== undefined) writeFileSync(path, text);
    const { status, stderr } = await normgauge('report', path, '--format', 'csv');
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});
