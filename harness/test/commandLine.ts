import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseReport, type Report } from '@normgauge/reports';
import { afterAll } from 'vitest';

const cli = fileURLToPath(new URL('../bin/normgauge.js', import.meta.url));

const folders: string[] = [];
afterAll(() => {
  // What a process that is just ending still writes is worth another try or two.
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A folder of its own under the system's temporary folder, which goes when the tests of the file have ended. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'normgauge-'));
  folders.push(folder);
  return folder;
}

/** The path of one of the kernels that the tests try. */
export function kernel(name: string): string {
  return fileURLToPath(new URL(`kernels/${name}.mjs`, import.meta.url));
}

/** The path of one of the examples. */
export function example(name: string): string {
  return fileURLToPath(new URL(`../../examples/${name}.mjs`, import.meta.url));
}

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line in a process of its own. */
export function normgauge(...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [cli, ...args], { maxBuffer: 2 ** 28 }, (_error, stdout, stderr) => {
      resolve({ status: child.exitCode, stdout, stderr });
    });
  });
}

/** Runs `verify` or another command on a backend, and reads the report that it leaves. */
export async function judged(...args: readonly string[]): Promise<Outcome & { readonly report: Report }> {
  const out = newFolder();
  const outcome = await normgauge(...args, '--out', out);
  const path = join(out, 'report.json');
  return { ...outcome, report: parseReport(readFileSync(path, 'utf8'), path) };
}

/** Starts a run and leaves it to the test to end it. */
export function started(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [cli, ...args, '--out', newFolder()], { stdio: 'ignore' });
}

function linesIn(path: string): number {
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;
}

/**
 * Starts a run, waits for its first three results, sends the signal, and waits for its end. What an earlier run left
 * in the folder does not count where that is gone on with.
 */
export function stopped(signal: NodeJS.Signals, out: string, ...args: readonly string[]): Promise<Outcome> {
  const results = join(out, 'results.ndjson');
  const there = args.includes('--resume') ? linesIn(results) : 0;
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [cli, ...args, '--out', out], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const poll = setInterval(() => {
      if (linesIn(results) < there + 3) return;
      clearInterval(poll);
      child.kill(signal);
    }, 20);
    child.on('close', (status) => {
      clearInterval(poll);
      resolve({ status, stdout, stderr });
    });
  });
}
