import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { judged, kernel, newFolder, stopped } from './commandLine.ts';

/** A right backend of that name that writes a line into a log at each run of a plan. */
function loggingBackend(folder: string, id: string): string {
  const path = join(folder, `${id}.mjs`);
  writeFileSync(
    path,
    `import { appendFileSync } from 'node:fs';
import { around } from ${JSON.stringify(pathToFileURL(kernel('around')).href)};
export const openBackend = around(${JSON.stringify(id)}, (plan, problem) => ({
  run() {
    appendFileSync(${JSON.stringify(join(folder, 'log'))}, ${JSON.stringify(id)} + ' ' + problem.op + '\\n');
    plan.run();
  },
}));
`,
  );
  return path;
}

/** How often each backend and op is in the log in all, and at most one after the other. */
function streaksIn(log: readonly string[]): ReadonlyMap<string, { readonly all: number; readonly streak: number }> {
  const found = new Map<string, { all: number; streak: number }>();
  let streak = 0;
  log.forEach((line, at) => {
    streak = line === log[at - 1] ? streak + 1 : 1;
    const { all, streak: longest } = found.get(line) ?? { all: 0, streak: 0 };
    found.set(line, { all: all + 1, streak: Math.max(longest, streak) });
  });
  return found;
}

async function logOf(command: 'verify' | 'bench'): Promise<readonly string[]> {
  const folder = newFolder();
  const backends = ['first', 'second'].flatMap((id) => ['--backend', loggingBackend(folder, id)]);
  const cases = ['inference', 'forward-training'].flatMap((op) => ['--case', `${op}/nchw/4x32x14x14/normal/pytorch`]);
  const { status, report } = await judged(command, ...backends, ...cases);
  expect(status).toBe(0);
  expect(report.results.map(({ backend, op }) => `${backend} ${op}`)).toEqual([
    ...['first inference', 'second inference', 'first forward-training', 'second forward-training'],
  ]);
  expect(report.results.every(({ timing }) => (timing !== undefined) === (command === 'bench'))).toBe(true);
  return readFileSync(join(folder, 'log'), 'utf8').trim().split('\n');
}

describe('a backend that is timed', () => {
  it('is alone: between its first timed call and its last no other is called', async () => {
    const verified = streaksIn(await logOf('verify'));
    const timed = streaksIn(await logOf('bench'));
    expect(timed.size).toBe(4);
    for (const [row, { all, streak }] of timed) {
      const calls = all - verified.get(row)!.all;
      expect(calls).toBeGreaterThan(20);
      expect(streak).toBeGreaterThanOrEqual(calls);
    }
  });
});

describe('a case that was timed', () => {
  it('is in the results before the next one is verified, so that a kill loses only the case in flight', async () => {
    const out = newFolder();
    const cases = [4, 8, 16, 3].flatMap((c) => ['--case', `inference/nchw/2x${c}x5x5/normal/pytorch`]);
    // The last one hangs, far longer than this test may take.
    await stopped('SIGKILL', out, 'bench', '--backend', kernel('hang'), ...cases, '--time-limit', '600');
    const lines = readFileSync(join(out, 'results.ndjson'), 'utf8').trim().split('\n');
    const results = lines.map((line) => JSON.parse(line) as { case: string; status: string; timing?: object });
    expect(
      results.map(({ case: address, status, timing }) => [address.split('/')[2], status, Boolean(timing)]),
    ).toEqual([
      ['2x4x5x5', 'passed', true],
      ['2x8x5x5', 'passed', true],
      ['2x16x5x5', 'passed', true],
    ]);
  }, 60_000);
});
