import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseReport } from '@normgauge/reports';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectCases } from '../src/cases/select.ts';
import { shardOf } from '../src/cases/shard.ts';
import { UsageError } from '../src/usageError.ts';
import { newFolder, normgauge } from './commandLine.ts';

const cases = selectCases({ suite: 'standard', patterns: [], conventions: [] });
const elements = (of: readonly (typeof cases)[number][]): number =>
  of.reduce((sum, { problem: { shape } }) => sum + shape.spatial.reduce((p, size) => p * size, shape.n * shape.c), 0);

describe('shards', () => {
  it('hold every case once, each in the order of the suite', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), (of) => {
        const shards = Array.from({ length: of }, (_, k) => shardOf(cases, { index: k + 1, of }));
        expect(shards.flat()).toHaveLength(cases.length);
        expect(new Set(shards.flat())).toEqual(new Set(cases));
        for (const shard of shards) {
          const places = shard.map((row) => cases.indexOf(row));
          expect(places).toEqual([...places].sort((a, b) => a - b));
        }
      }),
      { numRuns: 12 },
    );
  });

  it('do not depend on the order in which cases come', () => {
    const ids = (of: typeof cases): string[] =>
      shardOf(of, { index: 2, of: 3 })
        .map(({ id }) => id)
        .sort();
    expect(ids([...cases].reverse())).toEqual(ids(cases));
  });

  it('share the elements evenly', () => {
    const loads = [1, 2, 3, 4].map((index) => elements(shardOf(cases, { index, of: 4 })));
    const largest = Math.max(...cases.map((row) => elements([row])));
    expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(largest + 20_000 * cases.length);
    expect(Math.max(...loads)).toBeLessThan(((elements(cases) / 4) * 4) / 3 + largest);
  });

  it('share recorded durations evenly', () => {
    const slow = cases[5]!;
    const took = new Map(cases.map(({ id }) => [id, id === slow.id ? cases.length : 1]));
    const shard = [1, 2].map((index) => shardOf(cases, { index, of: 2 }, took)).find((one) => one.includes(slow))!;
    expect(shard).toEqual([slow]);
  });

  it('are refused when nothing is left', () => {
    const few = cases.slice(0, 2);
    expect(() => shardOf(few, { index: 3, of: 3 })).toThrow(UsageError);
    expect(() => shardOf(few, { index: 3, of: 3 })).toThrow('--shard 3/3: nothing is left for it of 2 cases');
  });
});

describe('normgauge verify --shard and merge', () => {
  const options = ['--backend', 'simd-js', '--suite', 'smoke', '--case', 'inference', '--quiet'];
  const folders = [newFolder(), newFolder()];

  it('make of all shards the report of the whole, and say which is missing', async () => {
    for (const [k, folder] of folders.entries()) {
      const { status } = await normgauge('verify', ...options, '--shard', `${k + 1}/2`, '--out', folder);
      expect(status).toBe(0);
    }
    const out = newFolder();
    const all = await normgauge('merge', ...folders, '--out', out, '--quiet');
    expect(all).toMatchObject({ status: 0, stderr: '' });
    const merged = parseReport(readFileSync(join(out, 'report.json'), 'utf8'), out);
    const ids = selectCases({ suite: 'smoke', patterns: ['inference'], conventions: [] }).map(({ id }) => id);
    expect(merged.results.map((result) => result.case).sort()).toEqual([...ids].sort());
    expect(readFileSync(join(out, 'index.html'), 'utf8')).toContain('<h1 class="verdict v-right">');

    const some = await normgauge('merge', folders[1]!, '--out', newFolder(), '--quiet');
    expect(some.status).toBe(4);
    expect(some.stderr).toContain('missing: shard 1/2');
    expect(some.stderr).toMatch(/missing: \d+ results: simd-js inference\//);
  });

  it.each(['0/2', '3/2', '2', '1/0', 'a/b', '1/2/3'])('refuses --shard %s', async (text) => {
    const { status, stderr } = await normgauge('verify', '--shard', text);
    expect(status).toBe(2);
    expect(stderr).toContain('expected i/n with 1 ≤ i ≤ n');
  });
});
