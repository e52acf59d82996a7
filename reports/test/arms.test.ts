import fc from 'fast-check';
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { type Arms, type ArmsRow, bySignificance, meansOf } from '../src/compare/arms.ts';
import { renderArmsHtml } from '../src/pages.ts';
import { sampleReport } from './sample.ts';

const row = (head: number, more: Partial<ArmsRow> = {}): ArmsRow => ({
  backend: 'wasm',
  case: 'inference/nchw/4x32x14x14/normal/pytorch',
  verdict: 'pass',
  improved: false,
  grade: { base: 'A', head: 'A' },
  timing: {
    head: { median: head, low: head - 0.01, high: head + 0.01 },
    control: { median: 1, low: 0.995, high: 1.005 },
    margins: { fail: 1.015, pass: 1.04 },
    processes: [{ rounds: 80 }, { rounds: 120 }],
    seconds: 1.5,
    software: false,
  },
  reproduce: 'npx normgauge gate --base main',
  ...more,
});

const arms = (rows: readonly ArmsRow[], more: Partial<Arms> = {}): Arms => ({
  tool: { name: 'normgauge', version: '0.1.0' },
  startedAt: '2026-11-23T16:00:00.000Z',
  seconds: 83,
  interrupted: false,
  verdict: 'pass',
  environment: sampleReport().environment,
  loadAtEnd: 1.3,
  base: 'commit 0123456789ab',
  head: 'the work tree as it is built',
  arrangement: 'side by side in one process',
  suite: 'standard',
  seed: 1,
  rows,
  leftOut: {},
  calibrations: [],
  warnings: [],
  ...more,
});

const open = (page: string): Document => parseHTML(page).document as unknown as Document;

const textOf = (element: Element | null): string => (element?.textContent ?? '').replace(/\s+/g, ' ').trim();

describe('the mean over the arms of a gate', () => {
  it('is geometric: as much slower as faster is no change, in any order', () => {
    const factors = fc.array(fc.double({ min: 0.5, max: 2, noNaN: true }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(factors, (some) => {
        const [mean] = meansOf({ rows: some.flatMap((factor) => [row(1 / factor), row(factor)]), leftOut: {} });
        expect(mean!.ratio).toBeCloseTo(1, 12);
        expect(mean!.timed).toBe(2 * some.length);
      }),
    );
  });

  it('says what it covers, and why the rest is left out', () => {
    const { timing: _, ...verifiedOnly } = row(1, { verdict: 'fail' });
    const rows = [
      row(1.1),
      row(0.9),
      row(3, { verdict: 'invalid' }),
      verifiedOnly,
      row(5, { timing: { ...row(5).timing!, software: true } }),
      row(1, { timing: { ...row(1).timing!, head: { median: 'NaN', low: 0, high: 'Infinity' } } }),
    ];
    const [mean] = meansOf({ rows, leftOut: { wasm: 4 } });
    expect(mean).toMatchObject({ backend: 'wasm', timed: 2, of: 10, slower: 1, faster: 1 });
    expect(mean!.ratio).toBeCloseTo(Math.sqrt(0.99), 12);
    expect(mean!.excluded).toEqual([
      { reason: 'invalid: the control did not hold', cases: 1 },
      { reason: 'not timed (fail)', cases: 1 },
      { reason: 'on a software adapter: times compare with nothing', cases: 1 },
      { reason: 'not timed (pass)', cases: 1 },
      { reason: 'supported by neither side', cases: 4 },
    ]);
  });

  it('is absent for a backend of which neither side supports a case', () => {
    expect(meansOf({ rows: [], leftOut: { mine: 3 } })).toEqual([
      {
        ...{ backend: 'mine', timed: 0, of: 3, slower: 0, faster: 0 },
        excluded: [{ reason: 'supported by neither side', cases: 3 }],
      },
    ]);
  });
});

describe('the page of a gate', () => {
  it('has what fails first, then what is not settled, then what became faster, and folds the rest', () => {
    const rows = [
      row(1.001, { case: 'plain' }),
      row(0.8, { case: 'faster', improved: true }),
      row(1.02, { case: 'open', verdict: 'inconclusive', reason: 'not settled within 10 s' }),
      row(1.3, { case: 'slower', verdict: 'fail', reason: '30 % slower' }),
      row(1.002, { case: 'plainer' }),
    ];
    expect(bySignificance(rows).map((one) => one.case)).toEqual(['slower', 'open', 'faster', 'plainer', 'plain']);
    const page = open(renderArmsHtml(arms(rows, { verdict: 'fail' })));
    expect(textOf(page.querySelector('h1'))).toBe('fail');
    const [first, folded] = [...page.querySelectorAll('#cases tbody')];
    expect([...first!.querySelectorAll('th > code')].map(textOf)).toEqual(['slower', 'open', 'faster']);
    expect([...folded!.querySelectorAll('th > code')].map(textOf)).toEqual(['plainer', 'plain']);
    expect(textOf(first!.querySelector('tr'))).toContain('30 % slower');
    expect(textOf(first!.querySelector('tr'))).toContain('+30 %');
    expect(textOf(first!.querySelector('.command'))).toBe('npx normgauge gate --base main');
    expect(page.querySelectorAll('#cases svg.chart')).toHaveLength(1);
  });

  it('says why nothing was compared', () => {
    const page = open(
      renderArmsHtml(arms([], { verdict: 'not-run', reason: 'base does not build', leftOut: { wasm: 2 } })),
    );
    expect(textOf(page.querySelector('#cases'))).toContain('base does not build');
    expect(page.querySelector('svg.chart')).toBeNull();
    expect(textOf(page.querySelector('#means'))).toContain('2 cases supported by neither side');
  });

  it.each(['<script>alert(1)</script>', '"><img src=x onerror=alert(2)>', '__proto__', '</style></svg><h1>mine</h1>'])(
    'shows %s as text wherever a name can come from outside',
    (text) => {
      const rows = [row(1.3, { backend: text, case: text, verdict: 'fail', reason: text, reproduce: text })];
      const names = { base: text, head: text, arrangement: text, suite: text, warnings: [text], calibrations: [text] };
      const page = open(renderArmsHtml(arms(rows, { ...names, reason: text, leftOut: { [`${text}2`]: 1 } })));
      expect(page.querySelectorAll('script')).toHaveLength(1);
      expect(page.querySelectorAll('h1')).toHaveLength(1);
      expect(page.querySelectorAll('img')).toHaveLength(0);
      const handlers = [...page.querySelectorAll('*')].flatMap((element) =>
        element.getAttributeNames().filter((name) => name.startsWith('on')),
      );
      expect(handlers).toEqual([]);
      expect(textOf(page.querySelector('#cases th bdi'))).toBe(text);
    },
  );
});
