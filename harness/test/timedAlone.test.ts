import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Case, caseAt } from '../src/cases/case.ts';
import { stretchesOf } from '../src/commands/stretches.ts';
import { judged, kernel, newFolder } from './commandLine.ts';

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

describe('the stretches of a run', () => {
  const row = fc
    .tuple(fc.constantFrom(1, 7, 64, 1000), fc.constantFrom(1, 30, 1024), fc.boolean())
    .map(([n, c, timed]) => ({ ...caseAt(`inference/nchw/${n}x${c}x3/normal/pytorch`), timed }));
  const elementsOfCase = ({ problem: { shape } }: Case): number => shape.n * shape.c * 3;

  it('are all cases in their order, timed or not, and what is timed together fits in memory', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 60 }), (rows) => {
        const stretches = stretchesOf(rows, ({ timed }) => timed);
        expect(stretches.flatMap((stretch) => stretch.rows)).toEqual(rows);
        for (const { timed, rows: together } of stretches) {
          expect(together.every((one) => one.timed === timed)).toBe(true);
          const elements = together.reduce((sum, one) => sum + elementsOfCase(one), 0);
          if (timed && together.length > 1) expect(elements).toBeLessThanOrEqual(2 ** 21);
        }
      }),
    );
  });
});
