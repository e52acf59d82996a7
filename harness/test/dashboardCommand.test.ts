import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from '@normgauge/reports';
import { beforeAll, describe, expect, it } from 'vitest';
import { ReportFolder } from '../src/dashboard/reportFolder.ts';
import { judged, newFolder, normgauge } from './commandLine.ts';

const cli = fileURLToPath(new URL('../bin/normgauge.js', import.meta.url));
let report: Report;

/** Writes run `k`: a day after the one before. */
function write(folder: string, k: number): void {
  const at = join(folder, `run ${k}`);
  mkdirSync(at);
  const startedAt = new Date(Date.UTC(2026, 2, 1 + k)).toISOString();
  writeFileSync(join(at, 'report.json'), JSON.stringify({ ...report, startedAt }));
  writeFileSync(join(at, 'index.html'), `page of run ${k}`);
}

function folderOf(runs: number): string {
  const folder = newFolder();
  for (let k = 0; k < runs; k++) write(folder, k);
  return folder;
}

const contentOf = (folder: string): ReturnType<ReportFolder['content']> =>
  new ReportFolder(folder, join(folder, 'dashboard'), (path) => path).content();

describe('normgauge dashboard', () => {
  beforeAll(async () => {
    const found = await judged(
      'verify',
      '--backend',
      'simd-js',
      '--suite',
      'smoke',
      '--case',
      'inference/nchw',
      '--quiet',
    );
    report = found.report;
  });

  it('writes a site, and links to the pages of the runs', async () => {
    const folder = folderOf(3);
    const { status, stdout } = await normgauge('dashboard', folder);
    expect(status).toBe(0);
    expect(stdout).toContain('3 runs');
    const site = join(folder, 'dashboard');
    expect(readdirSync(site).sort()).toEqual(['compare.html', 'index.html', 'trend-1.html']);
    expect(readFileSync(join(site, 'index.html'), 'utf8')).toContain('href="../run%202/index.html"');
  });

  it('removes trends that there are no more, and nothing else', async () => {
    const folder = folderOf(1);
    const site = join(folder, 'site');
    mkdirSync(site);
    for (const name of ['trend-7.html', 'mine.html']) writeFileSync(join(site, name), 'old');
    await normgauge('dashboard', folder, '--out', site, '--quiet');
    expect(existsSync(join(site, 'trend-7.html'))).toBe(false);
    expect(existsSync(join(site, 'mine.html'))).toBe(true);
  });

  const bad: readonly [string, string, RegExp][] = [
    ['half a report', '{"schema": "https://normg', /not JSON/],
    ['another program’s file', '{"name": "left-pad"}', /at \$\.schema expected a value/],
    ['nothing', '', /not JSON/],
    ['zeros', '\u0000'.repeat(64), /not JSON/],
    ['deep nesting', '['.repeat(100_000), /not JSON|cannot be read/],
    ['a newer report', '{"schema":"https://normgauge.dev/report.schema.json","version":99}', /newer normgauge/],
  ];
  it.each(bad)('names and leaves out %s', (_what, text, reason) => {
    const folder = folderOf(1);
    writeFileSync(join(folder, 'bad.json'), text);
    const { runs, leftOut } = contentOf(folder);
    expect(runs).toHaveLength(1);
    expect(leftOut).toHaveLength(1);
    expect(leftOut[0]!.source).toBe('bad.json');
    expect(leftOut[0]!.reason).toMatch(reason);
  });

  it('takes one run that lies there twice once, and says so', () => {
    const folder = folderOf(1);
    writeFileSync(join(folder, 'run 0', 'copy.json'), readFileSync(join(folder, 'run 0', 'report.json')));
    const { runs, leftOut } = contentOf(folder);
    expect(runs).toHaveLength(1);
    expect(leftOut[0]!.reason).toContain('the same run as');
  });

  it('follows no links: a circle ends, and what lies outside stays there', () => {
    const folder = folderOf(1);
    const outside = folderOf(1);
    symlinkSync(folder, join(folder, 'circle'));
    symlinkSync(outside, join(folder, 'outside'));
    symlinkSync(join(outside, 'run 0', 'report.json'), join(folder, 'linked.json'));
    expect(contentOf(folder)).toMatchObject({ runs: [{}], leftOut: [] });
  });

  it('shows a run that goes on, whose last line is half written', () => {
    const folder = folderOf(1);
    mkdirSync(join(folder, 'latest'));
    const [first, second] = report.results;
    const stream = join(folder, 'latest', 'results.ndjson');
    writeFileSync(stream, `${JSON.stringify(first)}\n`);
    appendFileSync(stream, JSON.stringify(second).slice(0, 40));
    const { runs, inProgress, leftOut } = contentOf(folder);
    expect([runs.length, leftOut.length]).toEqual([1, 0]);
    expect(inProgress).toMatchObject([{ source: join('latest', 'results.ndjson'), counts: { passed: 1, failed: 0 } }]);
  });

  it('reads a file again only when it has changed', () => {
    const folder = folderOf(2);
    const reports = new ReportFolder(folder, join(folder, 'dashboard'), (path) => path);
    const [a, b] = [reports.content(), reports.content()];
    expect(b.runs[0]).toBe(a.runs[0]);
    const before = reports.stamp();
    write(folder, 5);
    expect(reports.stamp()).not.toBe(before);
    expect(reports.content().runs).toHaveLength(3);
  });

  it.each([
    [['no such folder'], /expected a folder of reports/],
    [['.', '--port', '70000'], /expected a port/],
  ])('refuses %j', async (options, message) => {
    const { status, stderr } = await normgauge('dashboard', ...options);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('served, builds anew and tells of it when a report comes', async () => {
    const folder = folderOf(2);
    const child = spawn(process.execPath, [cli, 'dashboard', folder, '--serve', '--port', '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const url = await new Promise<string>((resolve) => {
        let text = '';
        child.stdout.on('data', (chunk) => {
          text += chunk;
          const [found] = /http:\/\/127\.0\.0\.1:\d+\//.exec(text) ?? [];
          if (found) resolve(found);
        });
      });
      expect(await (await fetch(`${url}run/1`)).text()).toBe('page of run 1');
      const index = await (await fetch(url)).text();
      expect(index).toContain('<title>normgauge dashboard: 2 runs</title>');
      expect(index).toContain("connect-src 'self'");
      const events = (await fetch(`${url}events`)).body!.getReader();
      write(folder, 7);
      let heard = '';
      while (!heard.includes('event: reload')) heard += new TextDecoder().decode((await events.read()).value);
      await events.cancel();
      expect(await (await fetch(url)).text()).toContain('<title>normgauge dashboard: 3 runs</title>');
      expect(existsSync(join(folder, 'dashboard'))).toBe(false);
    } finally {
      child.kill('SIGINT');
    }
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
  });
});
