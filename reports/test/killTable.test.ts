import { describe, expect, it } from 'vitest';
import { type KillTable, validateReport } from '../src/index.ts';
import { renderHtml } from '../src/pages.ts';
import { sampleReport } from './sample.ts';

const good: KillTable = {
  seed: 5,
  cases: 41,
  families: [
    { family: 'indexing', wrong: 7, killed: 7, by: [{ check: 'guard-zones', kernels: 7 }] },
    {
      family: 'numerics',
      wrong: 3,
      killed: 3,
      by: [
        { check: 'agreement', kernels: 2 },
        { check: 'a <law>', kernels: 1 },
      ],
    },
  ],
  survivors: [],
  right: 4,
  falseAlarms: [],
};
const bad: KillTable = {
  ...good,
  families: [{ ...good.families[0]!, killed: 6, by: [{ check: 'guard-zones', kernels: 6 }] }, good.families[1]!],
  survivors: ['<b>skips-last'],
  falseAlarms: ['welford'],
};
const page = (killTable: KillTable): string =>
  renderHtml(validateReport({ ...sampleReport({ cases: [] }), killTable }));

describe('the kill table on the page', () => {
  it('says how many wrong kernels failed and right ones passed, and by which check', () => {
    const text = page(good);
    expect(text).toContain('✓ 10 of 10 wrong kernels failed, 4 of 4 right ones passed.');
    expect(text).toContain('agreement 2, a &lt;law&gt; 1');
    expect(text).toContain('41 cases, seed 5');
  });

  it('names what it should have failed and should have passed', () => {
    const text = page(bad);
    expect(text).toContain('✗ 9 of 10 wrong kernels failed, 3 of 4 right ones passed.');
    expect(text).toContain('Not failed by any case: <bdi>&lt;b&gt;skips-last</bdi>');
    expect(text).toContain('Right, and failed: <bdi>welford</bdi>');
  });

  it('says how to get it where a report has none', () => {
    expect(renderHtml(sampleReport({ cases: [] }))).toContain('normgauge mutants --json');
  });
});
