import fc from 'fast-check';
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import {
  compareReports,
  type Distribution,
  gotWorse,
  type Report,
  type Result,
  renderComparisonTerminal,
} from '../src/index.ts';
import { renderComparisonHtml } from '../src/pages.ts';
import { hostileNames } from './hostileNames.ts';
import { casesOf, sampleReport } from './sample.ts';

const before = sampleReport({ cases: casesOf().filter(({ timed }, i) => timed || i % 20 === 0) });

function changed(change: (result: Result, k: number) => Result, of: Report = before): Report {
  return { ...of, results: of.results.map(change) };
}

const scaled = (time: Distribution, by: number): Distribution => ({
  ...time,
  median: time.median * by,
  min: time.min * by,
  p75: time.p75 * by,
});

/** The result with its time of `run` multiplied; the copy, which is the control, stays. */
function slower(result: Result, by: number): Result {
  return result.timing
    ? { ...result, timing: { ...result.timing, resident: scaled(result.timing.resident, by) } }
    : result;
}

const timed = before.results.filter(
  ({ timing, status }) => timing !== undefined && !timing.software && status === 'passed',
);
const one = timed[3]!;
const isOne = ({ backend, case: id }: Result): boolean => backend === one.backend && id === one.case;

describe('compareReports', () => {
  it('finds no change between a report and itself', () => {
    const same = compareReports(before, before);
    expect(same).toMatchObject({ statuses: [], grades: [], differences: [], added: [], removed: [] });
    expect(same.times.filter(({ significant }) => significant)).toEqual([]);
    expect(same.backends.map(({ ratio }) => ratio ?? 1)).toEqual(same.backends.map(() => 1));
    expect(gotWorse(same)).toBe(false);
  });

  it('puts what became wrong before what became right', () => {
    const after = changed((result) =>
      isOne(result)
        ? { ...result, status: 'failed', cause: 'off by one' }
        : result.status === 'crashed'
          ? { ...result, status: 'passed' }
          : result,
    );
    const { statuses, ...rest } = compareReports(before, after);
    expect(statuses[0]).toMatchObject({
      case: one.case,
      before: 'passed',
      after: 'failed',
      worse: true,
      why: 'off by one',
    });
    expect(statuses.slice(1).every(({ worse }) => !worse)).toBe(true);
    expect(statuses.length).toBeGreaterThan(1);
    expect(gotWorse({ statuses, ...rest })).toBe(true);
  });

  it.each([
    ['A', 'B', true],
    ['B', 'A', false],
  ] as const)('calls grade %s to %s lost: %s', (was, is, lost) => {
    const first = changed((result) => (isOne(result) ? { ...result, grade: was } : result));
    const second = changed((result) => (isOne(result) ? { ...result, grade: is } : result));
    const comparison = compareReports(first, second);
    expect(comparison.grades).toMatchObject([{ case: one.case, before: was, after: is, lost }]);
    expect(gotWorse(comparison)).toBe(lost);
  });

  it('calls one row that is half as fast again significant, and no other', () => {
    const { times } = compareReports(
      before,
      changed((result) => (isOne(result) ? slower(result, 1.5) : result)),
    );
    expect(times.filter(({ significant }) => significant).map((time) => time.case)).toEqual([one.case]);
    expect(times[0]!.ratio).toBeCloseTo(1.5, 10);
    expect(times[0]!.low).toBeGreaterThan(1);
  });

  it('calls nothing significant when the control became as much slower', () => {
    const after = changed((result) => {
      const { timing } = slower(result, 1.5);
      return timing ? { ...result, timing: { ...timing, copy: scaled(timing.copy, 1.5) } } : result;
    });
    expect(compareReports(before, after).times.filter(({ significant }) => significant)).toEqual([]);
  });

  it('never lets a time alone make it worse', () => {
    const comparison = compareReports(
      before,
      changed((result) => slower(result, 9)),
    );
    expect(comparison.times.some(({ significant }) => significant)).toBe(true);
    expect(gotWorse(comparison)).toBe(false);
  });

  it('gives the geometric mean of what all rows were multiplied by', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.2, max: 5, noNaN: true }), { minLength: 3, maxLength: 3 }), (by) => {
        const after = changed((result, k) => slower(result, by[k % 3]!));
        for (const { backend, ratio, common } of compareReports(before, after).backends) {
          const factors = before.results.flatMap((result, k) =>
            result.backend === backend && timed.includes(result) ? [by[k % 3]!] : [],
          );
          expect(common).toBe(factors.length);
          if (common === 0) continue;
          const product = factors.reduce((sum, factor) => sum + Math.log(factor), 0);
          expect(ratio).toBeCloseTo(Math.exp(product / common), 8);
        }
      }),
      { numRuns: 5 },
    );
  });

  it('says why a case is not in the mean', () => {
    const after = {
      ...changed((result) => (isOne(result) ? { ...result, status: 'failed' as const, cause: 'wrong' } : result)),
      results: before.results
        .filter((result) => result !== timed.find(({ backend }) => backend === one.backend))
        .map((result): Result => {
          if (!isOne(result)) return result;
          const { timing: _, ...rest } = result;
          return { ...rest, status: 'failed', cause: 'wrong' };
        }),
    };
    const { backends } = compareReports(before, after);
    const found = backends.find(({ backend }) => backend === one.backend)!;
    expect(found.of - found.common).toBe(2);
    expect(found.excluded.map(({ reason, cases }) => `${cases} ${reason}`).sort()).toEqual([
      '1 not timed in the second report (failed)',
      '1 only in the first report',
    ]);
    const software = backends.find(({ backend }) => backend === 'webgpu')!;
    expect(software.common).toBe(0);
    expect(software.excluded[0]!.reason).toContain('software adapter');
  });

  it('compares no times across machines unless it is told to', () => {
    const elsewhere = { ...before, environment: { ...before.environment, cpu: 'Another CPU' } };
    const refused = compareReports(before, elsewhere);
    expect(refused.timesRefused).toContain('Another CPU');
    expect([refused.times, refused.backends]).toEqual([[], []]);
    expect(compareReports(before, elsewhere, true).times.length).toBe(timed.length);
  });

  it.each([
    ['the machine', { environment: { ...before.environment, cores: 64 } }, 'cores'],
    ['Node', { environment: { ...before.environment, node: '22.0.0' } }, 'Node'],
    ['the seed', { selection: { ...before.selection, seed: 9 } }, 'seed'],
    ['a backend', { backends: before.backends.map((entry) => ({ ...entry, version: '9.0.0' })) }, 'version of wasm'],
  ])('says that %s is another', (_what, difference, named) => {
    const { differences } = compareReports(before, { ...before, ...difference });
    expect(differences.map(({ what }) => what)).toContain(named);
  });

  it('leaves out the times of a backend that ran on another device', () => {
    const device = { kind: 'gpu' as const, name: 'another', software: false, details: {} };
    const after = {
      ...before,
      backends: before.backends.map((entry) => (entry.id === 'wasm' ? { ...entry, device } : entry)),
    };
    const { backends } = compareReports(before, after);
    expect(backends.find(({ backend }) => backend === 'wasm')).toMatchObject({
      common: 0,
      excluded: [{ reason: 'ran on different devices' }],
    });
  });
});

describe('a comparison that is shown', () => {
  const after = changed((result) =>
    isOne(result)
      ? { ...result, status: 'failed', cause: 'off by one', grade: 'F' }
      : slower(result, result.case.includes('/16x64x28x28/') ? 2.5 : 1),
  );
  const comparison = compareReports(before, after);

  it('ends in a terminal with the answer', () => {
    const text = renderComparisonTerminal(comparison);
    expect(text.trimEnd().split('\n').at(-1)).toMatch(
      /^1 worse, 1 grade lost, \d+ slower of [\d,]+ cases that both have\.$/,
    );
    expect(text).toContain('off by one');
    expect(text).toContain(`reproduce: ${one.reproduce}`);
  });

  it('is a page that says the same', () => {
    const { document } = parseHTML(renderComparisonHtml(comparison));
    const heading = document.querySelector('h1')!.textContent!;
    expect(heading).toMatch(/^1 worse, 1 grade lost, \d+ slower/);
    expect(document.querySelector('#status')!.textContent).toContain('off by one');
    expect(document.querySelector('#times')!.textContent).toContain('2.50×');
  });

  it.each(hostileNames)('shows %s as text', (_what, text) => {
    const hostile = (report: Report, status: 'passed' | 'failed'): Report => ({
      ...report,
      environment: { ...report.environment, commit: text, subject: text },
      results: [{ ...one, backend: text, case: text, status, cause: text, reproduce: text }],
    });
    const found = compareReports(hostile(before, 'passed'), hostile(before, 'failed'));
    const page = renderComparisonHtml(found);
    const { document } = parseHTML(page);
    expect(document.querySelectorAll('script')).toHaveLength(1);
    expect(document.querySelectorAll('img, h1 + h1')).toHaveLength(0);
    expect(found.statuses).toHaveLength(1);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly what is looked for
    expect(renderComparisonTerminal(found)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202a-\u202e]/);
  });
});
