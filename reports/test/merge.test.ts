import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MergeError,
  mergeReports,
  missingShards,
  type Report,
  type Result,
  summarise,
  validateReport,
} from '../src/index.ts';
import { casesOf, sampleReport } from './sample.ts';

const whole = sampleReport({ cases: casesOf().filter((_, i) => i % 9 === 0) });
const caseIds = [...new Set(whole.results.map((result) => result.case))];

/** The report of one shard, by dealing out the cases in turn. */
function shard(index: number, of: number): Report {
  const mine = new Set(caseIds.filter((_, k) => k % of === index - 1));
  return {
    ...whole,
    selection: { ...whole.selection, shard: { index, of } },
    results: whole.results.filter((result) => mine.has(result.case)),
  };
}

const named = (...reports: readonly Report[]): { where: string; report: Report }[] =>
  reports.map((report, k) => ({ where: `${k}.json`, report }));

const bare = ({ part: _, ...result }: Result): Omit<Result, 'part'> => result;
const byKey = (a: { backend: string; case: string }, b: { backend: string; case: string }): number =>
  `${a.backend} ${a.case}` < `${b.backend} ${b.case}` ? -1 : 1;

describe('mergeReports', () => {
  it('makes of all shards, in whatever order, the report of the whole', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 6 })
          .chain((of) => fc.shuffledSubarray([1, 2, 3, 4, 5, 6].slice(0, of), { minLength: of })),
        (order) => {
          const merged = validateReport(mergeReports(named(...order.map((index) => shard(index, order.length)))));
          expect(merged.results.map(bare).sort(byKey)).toEqual([...whole.results].sort(byKey));
          expect(merged.interrupted).toBe(false);
          expect(merged.parts!.map(({ selection }) => selection.shard!.index)).toEqual(order);
          for (const result of merged.results) {
            const { index, of } = merged.parts![result.part!]!.selection.shard!;
            expect(caseIds.indexOf(result.case) % of).toBe(index - 1);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it('says which shards are missing, and is then not decided', () => {
    const merged = mergeReports(named(shard(2, 4), shard(4, 4)));
    expect(missingShards(merged.parts!)).toEqual([{ of: 4, missing: [1, 3] }]);
    expect(merged.interrupted).toBe(true);
    const right = { ...merged, results: merged.results.filter(({ status }) => status === 'passed') };
    expect(summarise(right).verdict).toBe('undecided');
  });

  it('can merge what was merged before', () => {
    const [a, b, c] = [1, 2, 3].map((index) => shard(index, 3)) as [Report, Report, Report];
    const twice = mergeReports(named(mergeReports(named(a, b)), c));
    expect(twice).toEqual({ ...mergeReports(named(a, b, c)), results: twice.results });
    expect([...twice.results].sort(byKey)).toEqual([...mergeReports(named(a, b, c)).results].sort(byKey));
  });

  it('takes the same report twice for one', () => {
    const merged = mergeReports(named(whole, whole));
    expect(merged.results.map(bare)).toEqual(whole.results);
  });

  const [first] = whole.results;
  const altered = (change: Partial<Result>): Report => ({
    ...whole,
    results: whole.results.map((result) => (result === first ? { ...result, ...change } : result)),
  });

  it('lets a skipped result give way to one that was attempted, whichever comes first', () => {
    const skipped = altered({ status: 'skipped', reason: 'no GPU', tensors: [], gradients: [], checks: [] });
    for (const pair of [named(skipped, whole), named(whole, skipped)]) {
      expect(mergeReports(pair).results.find((result) => result.case === first!.case)!.status).toBe(first!.status);
    }
  });

  it('takes the backend that ran for the one that could not', () => {
    const missing: Report = {
      ...whole,
      backends: whole.backends.map(({ device: _, ...entry }) => ({ ...entry, unavailable: 'no GPU' })),
      results: [],
    };
    expect(mergeReports(named(missing, whole)).backends).toEqual(whole.backends);
  });

  it('keeps the machine of each part', () => {
    const elsewhere = { ...shard(2, 2), environment: { ...whole.environment, cpu: 'Another CPU' } };
    const merged = mergeReports(named(shard(1, 2), elsewhere));
    expect(merged.parts!.map(({ environment }) => environment.cpu)).toEqual([whole.environment.cpu, 'Another CPU']);
  });

  const entry = whole.backends[0]!;
  const backends = (change: object): Report => ({
    ...whole,
    backends: [{ ...entry, ...change }, ...whole.backends.slice(1)],
  });
  const refusals: readonly [string, Report, RegExp][] = [
    [
      'another status',
      altered({ status: 'failed', cause: 'off by one' }),
      /0\.json and 1\.json: expected one result of "simd-js" on .*passed and failed/,
    ],
    ['another grade', altered({ grade: 'C' }), /other numbers/],
    ['another seed', { ...whole, selection: { ...whole.selection, seed: 2 } }, /expected the same seed, got 1 and 2/],
    ['another suite', { ...whole, selection: { ...whole.selection, suite: 'smoke' } }, /same suite/],
    ['another commit', { ...whole, environment: { ...whole.environment, commit: 'abc' } }, /same commit/],
    ['another normgauge', { ...whole, tool: { ...whole.tool, version: '9.9.9' } }, /same version of normgauge/],
    ['another version of a backend', backends({ version: '9.9.9' }), /"simd-js" is version 9\.9\.9 here/],
    ['another device', backends({ device: { ...entry.device, name: 'GPU' } }), /ran on GPU here/],
  ];
  it.each(refusals)('refuses %s and says where', (_what, other, message) => {
    expect(() => mergeReports(named(whole, other))).toThrow(MergeError);
    expect(() => mergeReports(named(whole, other))).toThrow(message);
  });

  it('refuses two times of one row', () => {
    const timed = whole.results.find(({ timing }) => timing)!;
    const again = {
      ...whole,
      results: whole.results.map((result) =>
        result === timed ? { ...result, timing: { ...result.timing!, nsPerElement: 1 } } : result,
      ),
    };
    expect(() => mergeReports(named(whole, again))).toThrow(/got two times/);
  });
});
