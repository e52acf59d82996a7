import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compareReports, type Report, runsOf } from '@normgauge/reports';
import { type Arms, dashboardSite, renderArmsHtml, renderComparisonHtml } from '@normgauge/reports/pages';
import { chromiumLaunch } from '@normgauge/webgpu/chromium';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judged, kernel, newFolder } from './commandLine.ts';

/** The pages of a dashboard, of a comparison and of a gate, made of a real run with a hostile name and of variations of it. */
const folder = newFolder();
const address = (file: string): string => pathToFileURL(join(folder, file)).href;
let browser: Browser;
let before: Report;
let after: Report;

interface Looks {
  readonly width?: number;
  readonly colorScheme?: 'light' | 'dark';
  readonly javaScriptEnabled?: boolean;
}

async function open(url: string, looks: Looks = {}): Promise<{ readonly page: Page; readonly requests: string[] }> {
  const { width = 1440, colorScheme = 'light', javaScriptEnabled = true } = looks;
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, javaScriptEnabled });
  const page = await context.newPage();
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(url);
  return { page, requests };
}

/** A gate in which every third of the report's cases failed, every third became faster, and one was verified only. */
function armsFrom({ results, environment, tool, startedAt }: Report): Arms {
  const verdicts = ['pass', 'fail', 'pass', 'inconclusive', 'invalid', 'not-run'] as const;
  const rows = results.slice(0, 30).map((result, k) => {
    const ratio = [1.001, 1.06, 0.9][k % 3]!;
    const around = (median: number) => ({ median, low: median * 0.99, high: median * 1.01 });
    return {
      ...{ backend: result.backend, case: result.case, reproduce: result.reproduce, improved: k % 3 === 2 },
      ...{ verdict: verdicts[k % 6]!, reason: 'because of <img src=x onerror=alert(1)>' },
      ...(k > 0 && {
        timing: {
          ...{ head: around(ratio), control: around(1), margins: { fail: 1.015, pass: 1.04 } },
          ...{ processes: [{ rounds: 80 }], seconds: 1, software: false },
        },
      }),
    };
  });
  return {
    ...{ tool, startedAt, seconds: 60, interrupted: false, verdict: 'fail', environment, loadAtEnd: 1, rows },
    ...{ base: 'commit 0123456789ab', head: '<b>here</b>', arrangement: 'side by side in one process' },
    ...{ suite: 'smoke', seed: 1, leftOut: { wasm: 2 }, calibrations: [], warnings: ['not calibrated'] },
  };
}

const hasChromium = process.platform === 'linux' && process.arch === 'x64';

/** What axe-core calls serious or critical. */
async function violations(page: Page): Promise<unknown[]> {
  await page.evaluate(readFileSync(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8'));
  return page.evaluate(async () => {
    type Violation = { id: string; impact: string; nodes: { target: string[] }[] };
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    const { violations: found } = await axe.run();
    return found
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id} ${nodes[0]?.target.join(' ')}`);
  });
}

describe.skipIf(!hasChromium)('the dashboard in a real Chromium', () => {
  beforeAll(async () => {
    const backends = ['--backend', 'simd-js', '--backend', kernel('hostile'), '--backend', kernel('epsOutside')];
    before = (await judged('bench', ...backends, '--suite', 'smoke', '--quiet')).report;
    const environment = { ...before.environment, subject: '<img src=x onerror=alert(1)>', branch: '"><b>' };
    after = {
      ...before,
      environment,
      results: before.results.map((result, k) =>
        k === 0
          ? { ...result, status: 'failed' as const, cause: 'off by one', grade: 'F' as const }
          : result.timing && k % 2
            ? {
                ...result,
                timing: {
                  ...result.timing,
                  resident: { ...result.timing.resident, median: result.timing.resident.median * 3 },
                },
              }
            : result,
      ),
    };
    const runs = [before, after, before, after].flatMap((report, k) =>
      runsOf(
        { ...report, environment, startedAt: new Date(Date.UTC(2026, 2, 1 + k)).toISOString() },
        `${k}/report.json`,
        `${k}/index.html`,
      ),
    );
    const other = runsOf({ ...before, startedAt: '2026-01-01T00:00:00Z' }, 'other/report.json');
    const site = dashboardSite({
      runs: [...runs, ...other],
      leftOut: [{ source: '<script>.json', reason: 'no report' }],
      inProgress: [],
    });
    for (const [name, text] of site) writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, 'comparison.html'), renderComparisonHtml(compareReports(before, after)));
    writeFileSync(join(folder, 'gate.html'), renderArmsHtml(armsFrom(before)));
    browser = await chromium.launch(await chromiumLaunch());
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
  });

  const files = ['index.html', 'trend-1.html', 'compare.html', 'comparison.html', 'gate.html'];

  it.each(files)('%s asks for nothing but itself, and shows a hostile name as text', async (file) => {
    const { page, requests } = await open(address(file));
    await page.waitForTimeout(200);
    expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([address(file)]);
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.title()).not.toBe('owned');
    await page.context().close();
  });

  const looks = files.flatMap((file) =>
    ([1440, 390] as const).flatMap((width) =>
      (['light', 'dark'] as const).map((colorScheme) => ({ file, width, colorScheme })),
    ),
  );
  it.each(looks)('$file does not scroll sideways at $width px in $colorScheme', async ({ file, ...look }) => {
    const { page } = await open(address(file), look);
    await page.evaluate(() => {
      for (const fold of document.querySelectorAll('details')) fold.open = true;
    });
    const { scroll, client } = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return { scroll: scrollWidth, client: clientWidth };
    });
    expect(scroll).toBeLessThanOrEqual(client);
    await page.context().close();
  });

  it.each(files)('%s has no serious accessibility problem', async (file) => {
    const { page } = await open(address(file));
    await page.waitForTimeout(200);
    expect(await violations(page)).toEqual([]);
    await page.context().close();
  });

  it('compares two runs in the page as the command does', async () => {
    const { page } = await open(`${address('compare.html')}?before=1&after=0`);
    await page.waitForFunction(() => 'normgaugeCompare' in globalThis);
    type Row = { readonly ratio: number; readonly significant: boolean };
    type Found = {
      readonly common: number;
      readonly statuses: unknown[];
      readonly grades: unknown[];
      readonly times: Row[];
    };
    const found = await page.evaluate(() =>
      (globalThis as unknown as { normgaugeCompare(a: number, b: number): Found }).normgaugeCompare(1, 0),
    );
    const expected = compareReports(before, after);
    expect(found.common).toBe(expected.common);
    expect([found.statuses.length, found.grades.length]).toEqual([expected.statuses.length, expected.grades.length]);
    const times = expected.times.filter(({ significant }) => significant).length;
    expect(found.times.filter(({ significant }) => significant).length).toBe(times);
    expect(found.times[0]!.ratio).toBeCloseTo(expected.times[0]!.ratio, 2);
    expect(await page.locator('#sentence').innerText()).toMatch(/^1 worse in status/);
    await page.context().close();
  });

  it('keeps the choice of runs in the address', async () => {
    const { page } = await open(address('compare.html'));
    await page.locator('#before').selectOption('3');
    await expect.poll(() => new URL(page.url()).search).toBe('?before=3&after=0&which=significant');
    await page.reload();
    expect(await page.locator('#before').inputValue()).toBe('3');
    await page.context().close();
  });

  it('filters by branch, and keeps the filter in the address', async () => {
    const { page } = await open(address('index.html'));
    const rows = page.locator('#runs tbody tr:visible');
    expect(await rows.count()).toBe(5);
    await page.locator('#branch').selectOption('"><b>');
    expect(await rows.count()).toBe(4);
    await page.reload();
    expect(await rows.count()).toBe(4);
    expect(new URL(page.url()).searchParams.get('branch')).toBe('"><b>');
    await page.context().close();
  });

  it.each(['index.html', 'trend-1.html', 'comparison.html', 'gate.html'])(
    '%s says the same without scripts',
    async (file) => {
      const text = async (javaScriptEnabled: boolean): Promise<string> => {
        const { page } = await open(address(file), { javaScriptEnabled });
        await page.evaluate(() => {
          for (const made of document.querySelectorAll('.controls, .copy, .tip')) made.remove();
        });
        const shown = await page.locator('body').innerText();
        await page.context().close();
        return shown.replaceAll(/\s+/g, ' ');
      };
      const [with_, without] = [await text(true), await text(false)];
      expect(without).toBe(with_);
      expect(without.length).toBeGreaterThan(200);
    },
  );
});
