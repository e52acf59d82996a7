import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromiumLaunch } from '@normgauge/webgpu/chromium';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kernel, newFolder, normgauge } from './commandLine.ts';

/** The page of a real run: a right kernel with a hostile name, a wrong one, and one that this machine cannot run. */
const folder = newFolder();
const address = pathToFileURL(join(folder, 'index.html')).href;
let browser: Browser;

interface Looks {
  readonly width: number;
  readonly colorScheme: 'light' | 'dark';
  readonly javaScriptEnabled?: boolean;
}

/** Opens the page and tells what else it asked for. */
async function open(looks: Looks): Promise<{ readonly page: Page; readonly requests: readonly string[] }> {
  const { width, colorScheme, javaScriptEnabled = true } = looks;
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, javaScriptEnabled });
  const page = await context.newPage();
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(address);
  return { page, requests };
}

/** The Chromium of the npm package is built for this alone. */
const hasChromium = process.platform === 'linux' && process.arch === 'x64';

describe.skipIf(!hasChromium)('the page of a report, in a real Chromium', () => {
  beforeAll(async () => {
    const kernels = ['hostile', 'epsOutside', 'unavailable'].flatMap((name) => ['--backend', kernel(name)]);
    const { status } = await normgauge(
      'bench',
      ...kernels,
      '--suite',
      'smoke',
      '--case',
      '*/nchw/4x32x14x14/**',
      '--out',
      folder,
    );
    expect(status).toBe(1);
    browser = await chromium.launch(await chromiumLaunch());
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
  });

  it('asks for nothing but itself', async () => {
    const { page, requests } = await open({ width: 1440, colorScheme: 'light' });
    expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([address]);
    await page.context().close();
  });

  it('shows a hostile name as text and runs none of it', async () => {
    const { page } = await open({ width: 1440, colorScheme: 'light' });
    expect(await page.title()).not.toBe('owned');
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.locator('body').innerText()).toContain(`<script>document.title='owned'</script>`);
    await page.context().close();
  });

  it.each([
    { width: 1440, colorScheme: 'light' },
    { width: 1440, colorScheme: 'dark' },
    { width: 390, colorScheme: 'light' },
    { width: 390, colorScheme: 'dark' },
  ] as const)('does not scroll sideways at $width px in $colorScheme', async (looks) => {
    const { page } = await open(looks);
    const { scroll, client } = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return { scroll: scrollWidth, client: clientWidth };
    });
    expect(scroll).toBeLessThanOrEqual(client);
    await page.context().close();
  });

  it('is dark where the reader wants it dark', async () => {
    const brightness = async (colorScheme: 'light' | 'dark'): Promise<number> => {
      const { page } = await open({ width: 1440, colorScheme });
      const colour = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      await page.context().close();
      return Number(/\d+/.exec(colour)![0]);
    };
    expect(await brightness('light')).toBeGreaterThan(200);
    expect(await brightness('dark')).toBeLessThan(80);
  });

  it.each([true, false])(
    'says what failed, why, and how to repeat it (with scripts: %s)',
    async (javaScriptEnabled) => {
      const { page } = await open({ width: 1440, colorScheme: 'light', javaScriptEnabled });
      const text = await page.locator('body').innerText();
      expect(text).toContain('there is no tensor unit in this machine');
      expect(text).toContain('elements outside tolerance');
      expect(text).toContain('npx normgauge');
      expect(text).toMatch(/ns.{0,3}(per|\/) ?element/i);
      await page.context().close();
    },
  );

  it('narrows what it shows to a backend, an operation, a status and a text, and keeps them in the address', async () => {
    const { page } = await open({ width: 1440, colorScheme: 'light' });
    const failures = page.locator('.failures tbody:visible');
    const all = await failures.count();
    const addresses = page.locator('.failures tbody:visible th code');
    const op = (await addresses.first().innerText()).split('/')[0]!;
    await page.locator('#f-op').selectOption(op);
    const left = await addresses.allInnerTexts();
    expect(left.length).toBeGreaterThan(0);
    expect(left.every((id) => id.startsWith(`${op}/`))).toBe(true);
    await page.locator('#f-status').selectOption('failed');
    await page.locator('#f-case').fill('4x32x14x14');
    // Playwright hears of a replaced address some time after the page has it.
    await expect.poll(() => new URL(page.url()).search).toBe(`?op=${op}&status=failed&case=4x32x14x14`);
    const shown = await page.locator('body').innerText();
    await page.reload();
    expect((await page.locator('body').innerText()).replaceAll(/\s+/g, ' ')).toBe(shown.replaceAll(/\s+/g, ' '));
    expect(await page.locator('#matrix details:visible').count()).toBe(1);
    await page.locator('#f-case').fill('no such case');
    expect(await failures.count()).toBe(0);
    await page.locator('#filters button').click();
    await expect.poll(() => failures.count()).toBe(all);
    await expect.poll(() => new URL(page.url()).search).toBe('');
    await page.context().close();
  });

  it('shows one backend in every table when it is asked for one', async () => {
    const { page } = await open({ width: 1440, colorScheme: 'light' });
    const name = page.locator('#matrix thead th bdi:visible');
    const first = (await name.allInnerTexts())[0]!;
    await page.locator('#f-backend').selectOption(first);
    expect(new Set(await name.allInnerTexts())).toEqual(new Set([first]));
    expect(await page.locator('#backends .card:visible').count()).toBe(1);
    await page.context().close();
  });

  it('fits on paper: no table is cut off at the edge of A4', async () => {
    const { page } = await open({ width: 794, colorScheme: 'light' });
    await page.emulateMedia({ media: 'print' });
    const cut = await page.evaluate(() => {
      dispatchEvent(new Event('beforeprint'));
      const frames = [...document.querySelectorAll('.scroll'), document.documentElement];
      return frames.filter((frame) => frame.scrollWidth > frame.clientWidth + 1).map((frame) => frame.ariaLabel);
    });
    expect(cut).toEqual([]);
    await page.context().close();
  });

  it('has no serious accessibility problem', async () => {
    const { page } = await open({ width: 1440, colorScheme: 'light' });
    const axePath = new URL(import.meta.resolve('axe-core/axe.min.js'));
    await page.evaluate((await import('node:fs')).readFileSync(axePath, 'utf8'));
    const violations = await page.evaluate(async () => {
      type Violation = { id: string; impact: string; nodes: { target: string[] }[] };
      const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
      const { violations: found } = await axe.run();
      return found.map(({ id, impact, nodes }) => ({ id, impact, where: nodes[0]?.target.join(' ') }));
    });
    expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
    await page.context().close();
  });
});
