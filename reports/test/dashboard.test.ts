import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { mergeReports, type Report, type Result, type Run, runsOf } from '../src/index.ts';
import { dashboardSite } from '../src/pages.ts';
import { hostileNames } from './hostileNames.ts';
import { casesOf, sampleReport } from './sample.ts';
import { seeded } from './sampleResult.ts';

const base = sampleReport({ cases: casesOf().filter(({ timed }, i) => (timed ? i % 3 === 0 : i % 40 === 0)) });
const day = 86_400_000;

interface Wanted {
  readonly cpu?: string;
  readonly branch?: string;
  readonly change?: (result: Result) => Result;
}

/** Run `k` of a history: a day later, its own commit, times with 2 % of noise. */
function nth(k: number, { cpu = 'AMD EPYC 7B13', branch = 'main', change = (result) => result }: Wanted = {}): Report {
  const random = seeded(k + 1);
  const startedAt = new Date(Date.UTC(2026, 2, 1) + k * day).toISOString();
  const noisy = (result: Result): Result => {
    const { timing } = result;
    if (!timing) return result;
    const by = Math.exp(0.04 * (random() - 0.5));
    return {
      ...result,
      timing: {
        ...timing,
        nsPerElement: timing.nsPerElement * by,
        resident: { ...timing.resident, median: timing.resident.median * by },
      },
    };
  };
  const environment = {
    ...base.environment,
    cpu,
    branch,
    commit: `${k}`.repeat(40).slice(0, 40),
    subject: `Change ${k}`,
  };
  return { ...base, startedAt, environment, results: base.results.map(noisy).map(change) };
}

const runs = (...reports: readonly Report[]): readonly Run[] =>
  reports.flatMap((report, k) => runsOf(report, `${k}/report.json`, `${k}/index.html`));

function site(all: readonly Run[]): ReadonlyMap<string, string> {
  return dashboardSite({ runs: all, leftOut: [], inProgress: [] });
}

const open = (text: string | undefined): Document => parseHTML(text!).document as unknown as Document;
const textOf = (element: Element | null): string => (element?.textContent ?? '').replace(/\s+/g, ' ');

/** `wasm` is slower by a half. */
const slower = (result: Result): Result =>
  result.backend === 'wasm' && result.timing
    ? { ...result, timing: { ...result.timing, nsPerElement: result.timing.nsPerElement * 1.5 } }
    : result;

const history = Array.from({ length: 24 }, (_, k) => nth(k, k >= 12 ? { change: slower } : {}));

describe('a dashboard', () => {
  const files = site(runs(...history));
  const index = open(files.get('index.html'));

  it('refers to no file that it does not have, but for the pages of runs', () => {
    for (const [, text] of files) {
      const links = [...open(text).querySelectorAll('a[href]')].map(
        (link) => link.getAttribute('href')!.split('#')[0]!,
      );
      for (const link of links) expect(link === '' || files.has(link) || /^\d+\/index\.html$/.test(link)).toBe(true);
    }
  });

  it('names the run with which something became slower, once, with its commit and message', () => {
    const found = [...index.querySelectorAll('#regressions details')];
    expect(found).toHaveLength(1);
    expect(textOf(found[0]!)).toMatch(/2026-03-13 .*1212121212.*Change 12.*series worse, up to \+(4|5)\d %/);
    expect(textOf(found[0]!)).not.toContain('simd-js');
  });

  it('draws a trend of each case with a mark where it changed', () => {
    const page = [...files].find(([, text]) =>
      textOf(open(text).querySelector('h1')).startsWith('wasm over 24 runs'),
    )![1];
    const sparks = [...open(page).querySelectorAll('.spark')];
    expect(sparks.length).toBeGreaterThan(3);
    expect(sparks.filter((spark) => spark.querySelectorAll('.up').length === 1).length).toBeGreaterThan(3);
    expect(open(page).querySelectorAll('.spark .down')).toHaveLength(0);
  });

  it('draws nothing of the times of a software adapter', () => {
    const page = [...files].find(([, text]) => textOf(open(text).querySelector('h1')).startsWith('webgpu on'))![1];
    const kinds = [...open(page).querySelectorAll('.trends tbody td:nth-child(2)')].map(textOf);
    expect(new Set(kinds)).toEqual(new Set(['headroom']));
  });

  it.each([
    ['machines', { cpu: 'Another CPU' }],
    ['branches', { branch: 'try/it' }],
  ])('keeps %s apart', (_what, other) => {
    const mixed = history.map((_, k) => (k % 2 ? nth(k, { ...other, change: slower }) : nth(k)));
    const first = open(site(runs(...mixed)).get('index.html'));
    expect(first.querySelectorAll('#latest tbody tr')).toHaveLength(2);
    expect(first.querySelectorAll('#regressions details')).toHaveLength(0);
  });

  it('makes of a merged report a run for each machine', () => {
    const [a, b] = ['wasm', 'simd-js'].map((id, k) => {
      const report = nth(0, { cpu: `CPU ${k}` });
      return { where: id, report: { ...report, results: report.results.filter(({ backend }) => backend === id) } };
    });
    const found = runs(mergeReports([a!, b!]));
    expect(found.map(({ machine }) => machine.slice(0, 5))).toEqual(['CPU 0', 'CPU 1']);
    expect(new Set(found[1]!.entries.map(({ backend }) => backend))).toEqual(new Set(['simd-js']));
  });

  it('names the run in which a case became wrong', () => {
    const [target] = base.results.filter(({ backend, status }) => backend === 'wasm' && status === 'passed');
    const broken = nth(2, {
      change: (result) =>
        result.backend === 'wasm' && result.case === target!.case
          ? { ...result, status: 'failed', cause: 'x' }
          : result,
    });
    const first = open(site(runs(nth(0), nth(1), broken, nth(3))).get('index.html'));
    const found = [...first.querySelectorAll('#regressions details')].map(textOf);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain('Change 2');
    expect(found[0]).toContain(target!.case);
  });

  it('names what was left out and what still runs', () => {
    const counts = runs(nth(0))[0]!.counts;
    const text = dashboardSite({
      runs: [],
      leftOut: [{ source: 'a/<b>.json', reason: 'is not JSON' }],
      inProgress: [{ source: 'latest/results.ndjson', counts }],
    }).get('index.html')!;
    const shown = textOf(open(text).querySelector('#files'));
    expect(shown).toContain('a/<b>.json: is not JSON');
    expect(shown).toContain('latest/results.ndjson');
    expect(textOf(open(text).querySelector('h1'))).toBe('There is no report in this folder yet.');
  });

  it.each(hostileNames)('shows %s as text', (_what, name) => {
    const hostile = (report: Report): Report => ({
      ...report,
      environment: { ...report.environment, commit: name, subject: name, branch: name, cpu: name },
      backends: report.backends.map((entry) => (entry.id === 'wasm' ? { ...entry, id: name } : entry)),
      results: report.results
        .filter(({ backend }) => backend === 'wasm')
        .slice(0, 3)
        .map((result) => ({ ...result, backend: name, case: `${name}${result.case}`, op: name })),
    });
    const made = dashboardSite({
      runs: [nth(0), nth(1)].flatMap((report, k) => runsOf(hostile(report), name, `${k}/index.html`)),
      leftOut: [{ source: name, reason: name }],
      inProgress: [],
    });
    expect(made.size).toBe(3);
    for (const [file, text] of made) {
      const page = open(text);
      expect(page.querySelectorAll('img, h1 + h1')).toHaveLength(0);
      expect(page.querySelectorAll('script:not([type])')).toHaveLength(1);
      expect(page.querySelectorAll('script')).toHaveLength(file === 'index.html' ? 1 : 2);
    }
  });
});
