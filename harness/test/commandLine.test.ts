import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseReport } from '@normgauge/reports';
import { describe, expect, it, vi } from 'vitest';
import { main } from '../src/cli.ts';
import { example, judged, kernel, newFolder, normgauge, stopped } from './commandLine.ts';

const oneCase = ['--case', 'inference/nchw/2x3x5/normal/onnx'];

/** Runs a command line in this process: quick, and enough where no backend is opened. */
async function typed(...args: readonly string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((chunk) => {
      written[stream] += String(chunk);
      return true;
    }),
  );
  try {
    return { status: await main(args), ...written };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

describe('a command line that makes no sense ends in one sentence and exit status 2', () => {
  it.each([
    { args: [], says: 'Usage: normgauge' },
    { args: ['verfy'], says: "unknown command 'verfy'\n(Did you mean verify?)" },
    { args: ['verify', '--backnd', 'wasm'], says: "unknown option '--backnd'\n(Did you mean --backend?)" },
    { args: ['verify', 'wasm'], says: 'too many arguments' },
    {
      args: ['verify', '--suite', 'huge'],
      says: "argument 'huge' is invalid. Allowed choices are smoke, standard, full, half, limits, resnet50, sweeps.",
    },
    { args: ['verify', '--seed', '1.5'], says: 'expected a whole number ≥ 0.' },
    { args: ['verify', '--time-limit', '0'], says: 'expected a number of seconds > 0.' },
    {
      args: ['verify', '--backend', 'wsam'],
      says: '--backend wsam: expected one of simd-js, wasm, wasm-threads, webgpu',
    },
    { args: ['verify', '--backend', '/'], says: 'got a folder; name its entry file' },
    { args: ['verify', '--backend', './gone.mjs'], says: 'there is no such file' },
    { args: ['verify', '--case', 'nothing'], says: '--case nothing: selects nothing in suite standard' },
    { args: ['verify', '--convention', 'keras2'], says: 'convention "keras2": expected one of paper' },
    { args: ['list', 'everything'], says: 'Allowed choices are backends, cases' },
  ])('$args', async ({ args, says }) => {
    const { status, stderr, stdout } = await typed(...args);
    expect(stderr).toContain(says);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  it('but a question for help is answered with status 0', async () => {
    expect(await typed('verify', '--help')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('--time-limit'),
    });
    expect(await typed('--version')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });
});

describe('normgauge list', () => {
  it.each([
    { what: 'backends', has: 'wasm' },
    { what: 'suites', has: 'standard' },
    { what: 'fills', has: 'tiny-variance' },
    { what: 'conventions', has: 'darknet-alexeyab' },
    { what: 'cases', has: 'forward-training/nhwc/256x784/digits/onnx' },
  ])('prints the $what, for people and as JSON', async ({ what, has }) => {
    const { status, stdout } = await typed('list', what);
    expect(stdout).toContain(has);
    expect(status).toBe(0);
    const rows = JSON.parse((await typed('list', what, '--json')).stdout) as object[];
    expect(rows.length).toBe(stdout.trim().split('\n').length);
  });
});

describe.concurrent('what a command cannot work with ends in one sentence and exit status 2', () => {
  it.each([
    {
      what: 'exports the wrong thing',
      text: 'export const kernel = 1;',
      says: 'expected an exported function openBackend, got kernel',
    },
    { what: 'does not parse', text: 'export const = 1;', says: 'the module cannot be opened: SyntaxError' },
    {
      what: 'imports what is not there',
      text: "import 'no-such-package';",
      says: 'the module cannot be opened: Error',
    },
    {
      what: 'returns no backend',
      text: 'export const openBackend = () => 42;',
      says: 'expected openBackend to return a backend with plan(), got 42',
    },
    {
      what: 'throws',
      text: "export const openBackend = () => { throw new TypeError('no table'); };",
      says: 'the module cannot be opened: TypeError: no table',
    },
  ])('for a module that $what', async ({ text, says }) => {
    const path = join(newFolder(), 'module.mjs');
    writeFileSync(path, text);
    const { status, stderr } = await normgauge('verify', '--backend', path, ...oneCase, '--out', newFolder());
    expect(stderr).toContain(`normgauge: --backend ${path}: ${says}`);
    expect(stderr.trim().split('\n').length).toBe(1);
    expect(status).toBe(2);
  });

  it('for an output folder that cannot be written', async () => {
    const file = join(newFolder(), 'file');
    writeFileSync(file, '');
    for (const out of [join(file, 'below'), '/proc/normgauge/out']) {
      const { status, stderr } = await normgauge('verify', '--backend', kernel('correct'), ...oneCase, '--out', out);
      expect(stderr).toContain(`--out ${out}: the folder cannot be written`);
      expect(status).toBe(2);
    }
  });

  it('for two backends of the same name', async () => {
    const copy = join(newFolder(), 'copy.mjs');
    copyFileSync(example('ten-lines'), copy);
    const args = ['verify', '--backend', example('ten-lines'), '--backend', copy, ...oneCase];
    const { status, stderr } = await normgauge(...args);
    expect(stderr).toContain('two of them call themselves "ten-lines"');
    expect(status).toBe(2);
  });
});

describe.concurrent('the output folder', () => {
  it('holds the results one a line, the report and the page', async () => {
    const out = join(newFolder(), 'new', 'folder');
    const { status, stdout } = await normgauge('verify', '--backend', kernel('correct'), ...oneCase, '--out', out);
    expect(status).toBe(0);
    const report = parseReport(readFileSync(join(out, 'report.json'), 'utf8'), 'report.json');
    const lines = readFileSync(join(out, 'results.ndjson'), 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(report.results);
    expect(readFileSync(join(out, 'index.html'), 'utf8')).toContain('<!doctype html>');
    expect(stdout).toContain(join(out, 'report.json'));
    expect(stdout).toContain(join(out, 'index.html'));
  });

  it('called latest keeps what an earlier run left in it', async () => {
    const parent = newFolder();
    const out = join(parent, 'latest');
    const args = ['verify', '--backend', kernel('correct'), ...oneCase, '--out', out];
    await normgauge(...args);
    const { startedAt } = parseReport(readFileSync(join(out, 'report.json'), 'utf8'), 'report.json');
    await normgauge(...args);
    expect(readdirSync(parent).sort()).toEqual([startedAt.replaceAll(':', '-'), 'latest'].sort());
  });
});

describe('a run that is stopped', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('by %s leaves a readable partial report and says so', async (signal) => {
    const out = newFolder();
    const { status, stdout } = await stopped(signal, out, 'verify', '--backend', kernel('correct'));
    const report = parseReport(readFileSync(join(out, 'report.json'), 'utf8'), 'report.json');
    expect(report.interrupted).toBe(true);
    expect(report.results.length).toBeGreaterThanOrEqual(3);
    expect(report.results.every((row) => row.status === 'passed')).toBe(true);
    expect(existsSync(join(out, 'index.html'))).toBe(true);
    expect(stdout).toMatch(/interrupted|stopped/i);
    expect(status).toBe(130);
  });

  it('by SIGKILL leaves the results that were finished, and no process in an endless loop', async () => {
    const out = newFolder();
    const pidFile = join(out, 'pid');
    const cases = [4, 5, 6, 3].flatMap((c) => ['--case', `inference/nchw/2x${c}x5/normal/onnx`]);
    process.env['NORMGAUGE_TEST_PID'] = pidFile;
    await stopped('SIGKILL', out, 'verify', '--backend', kernel('tellsPid'), ...cases);
    const lines = readFileSync(join(out, 'results.ndjson'), 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).status)).toEqual(['passed', 'passed', 'passed']);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    const isRunning = (): boolean => {
      try {
        return process.kill(pid, 0);
      } catch {
        return false;
      }
    };
    // A thread beside the backend looks every second whether the harness is still there.
    await expect.poll(isRunning, { timeout: 10_000 }).toBe(false);
  });
});

describe('a module far from any project', () => {
  it('may import the contract all the same', async () => {
    const path = join(newFolder(), 'kernel.mjs');
    copyFileSync(example('ten-lines'), path);
    const { status, report } = await judged('verify', '--backend', path, ...oneCase);
    expect(report.results[0]).toMatchObject({ backend: 'ten-lines', status: 'passed' });
    expect(report.backends[0]!.module).toBe(path);
    expect(status).toBe(0);
  });

  it('may be named with words that a shell would take apart', async () => {
    const path = join(newFolder(), "it's; a kernel.mjs");
    copyFileSync(example('ten-lines'), path);
    const { report } = await judged('verify', '--backend', path, ...oneCase);
    const { reproduce } = report.results[0]!;
    expect(execFileSync('sh', ['-c', `printf '%s\n' ${reproduce}`], { encoding: 'utf8' }).split('\n')[4]).toBe(path);
  });
});
