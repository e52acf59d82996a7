import { createHash } from 'node:crypto';
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { compareRatios, failuresOf, skippedOf, sweepsOf } from '../src/index.ts';
import { renderHtml } from '../src/pages.ts';
import { casesOf, sampleReport } from './sample.ts';

/** The page as a parser sees it. */
const open = (page: string): Document => parseHTML(page).document as unknown as Document;

const textOf = (element: Element | null): string => (element?.textContent ?? '').replace(/\s+/g, ' ').trim();

const report = sampleReport();
const page = renderHtml(report);
const document = open(page);
const section = (id: string): Element => document.querySelector(`section#${id}`)!;

describe('the page', () => {
  it('is a pure function of the report', () => {
    expect(renderHtml(sampleReport())).toBe(page);
  });

  it('says at its head what is right, how good and how fast it is, and what did not run', () => {
    expect(textOf(document.querySelector('h1'))).toBe(
      '1 of 4 backends is wrong: 118 failed, 20 crashed of 1,888 cases.',
    );
    const tiles = [...document.querySelectorAll('.tile')].map(textOf);
    expect(tiles).toHaveLength(4);
    expect(tiles[0]).toContain('3 of 4 backends without a failure');
    expect(tiles[1]).toContain('Worst grade F');
    expect(tiles[2]).toMatch(/wasm: [\d.]+ × a copy/);
    expect(tiles[2]).toContain('webgpu software adapter: times are not comparable');
    expect(tiles[3]).toContain('no shared memory');
  });

  it('names the largest error with its backend, case and tensor', () => {
    const used = report.results.flatMap((result) => result.tensors.map((tensor) => ({ result, tensor })));
    const worst = used.reduce((a, b) => (compareRatios(b.tensor.headroom, a.tensor.headroom) > 0 ? b : a));
    expect(textOf(section('headroom'))).toContain(
      `Largest error: ${worst.result.backend} on ${worst.result.case}, in ${worst.tensor.name}:`,
    );
  });

  it('says of each time how sure it is, and draws how its samples are spread', () => {
    const timed = report.results.filter(({ timing }) => timing);
    const rows = [...section('timing').querySelectorAll('tbody tr')];
    expect(rows).toHaveLength(timed.length);
    for (const row of rows) {
      expect(textOf(row)).toMatch(/±[\d.]+ %/);
      const [whisker, box, middle] = [...row.querySelectorAll('.strip path')].map((path) => path.getAttribute('d')!);
      const ends = (path: string): number[] => [...path.matchAll(/[MH]([\d.]+)/g)].map(([, x]) => Number(x));
      const [low, high] = ends(box!) as [number, number];
      const [min, p75] = ends(whisker!) as [number, number];
      const [centre] = ends(middle!) as [number];
      expect(min).toBeLessThanOrEqual(low);
      expect(low).toBeLessThanOrEqual(centre);
      expect(centre).toBeLessThanOrEqual(high);
      expect(high).toBeLessThanOrEqual(p75);
    }
  });

  it('names the row that is furthest from the roof, of those on real hardware', () => {
    const timed = report.results.filter(({ timing }) => timing && !timing.software);
    const worst = timed.reduce((a, b) => (b.timing!.ofRoof < a.timing!.ofRoof ? b : a));
    expect(textOf(section('timing'))).toContain(`Furthest from the roof: ${worst.backend} on ${worst.case},`);
  });

  it('has a banner only when the run was stopped', () => {
    expect(document.querySelector('.banner')).toBeNull();
    const stopped = open(renderHtml({ ...report, interrupted: true }));
    expect(textOf(stopped.querySelector('.banner'))).toContain('stopped before its end');
  });

  it('has a card for each backend, with device, declarations and the reason where it could not run', () => {
    const cards = [...section('backends').querySelectorAll('.card')].map(textOf);
    expect(cards).toHaveLength(report.backends.length);
    expect(cards[0]).toMatch(/simd-js.*AMD EPYC 7B13.*456 passed.*two-pass/);
    expect(cards[2]).toContain('Software adapter: times are not comparable.');
    expect(cards[3]).toContain('this Node was started with --no-experimental-wasm-threads');
    expect(cards[4]).toContain('./kernels/mine.mjs');
  });

  it('has a row in the matrix for each op, layout and shape, with the gravest status in words', () => {
    const rows = [...section('matrix').querySelectorAll('tbody tr')];
    const shapes = new Set(report.results.map(({ op, layout, shape }) => JSON.stringify([op, layout, shape])));
    expect(rows).toHaveLength(shapes.size);
    expect(textOf(rows[0]!)).toMatch(/nchw 3×5×7×11.*✓ passed 10.*– could not run.*✗ failed 10/);
    expect(textOf(rows[1]!)).toContain('? untrusted 2 of 10');
  });

  it('shows every failure with its numbers and the command that repeats it', () => {
    const failures = failuresOf(report);
    const commands = [...section('failures').querySelectorAll('code.command')].map(textOf);
    expect(commands).toEqual(failures.map(({ result }) => result.reproduce));
    const [first] = failures;
    const text = textOf(section('failures').querySelector('#f0'));
    expect(text).toContain('n=2 c=4 s=76 (index 1154)');
    expect(text).toContain(String(Number(Number(first!.evidence!.got).toPrecision(9))));
    expect(text).toContain('0.442382813');
    expect(text).toContain('the variance is divided by m−1');
  });

  it('shows every reason for which something did not run', () => {
    for (const { backend, reason } of skippedOf(report)) {
      expect(textOf(section('skipped'))).toContain(`${backend}${reason}`);
    }
  });

  it('sets the gradients found in three ways side by side', () => {
    const [table] = section('gradients').querySelectorAll('table');
    const heads = [...table!.querySelectorAll('thead th')].map(textOf);
    expect(heads.slice(2)).toEqual([
      'backward against the reference',
      'reference against its oracles',
      'own forward, differenced',
    ]);
    const row = [...table!.querySelectorAll('tbody tr')].map(textOf).find((text) => text.startsWith('minebackward✗'));
    expect(row).toMatch(/✗ 59 of 118.*✓ 59 of 59.*✗ 59 of 118/);
  });

  it('draws the headroom of each op with the limit', () => {
    const figures = [...section('headroom').querySelectorAll('figure')];
    expect(figures.map((figure) => textOf(figure.querySelector('figcaption')))).toEqual([
      'forward-training',
      'inference',
      'backward',
      'backward-frozen',
    ]);
    for (const figure of figures) {
      expect(figure.querySelector('svg[role=img]')!.getAttribute('aria-label')).toContain('allowed error');
      expect(figure.querySelectorAll('[stroke="var(--limit)"]').length).toBeGreaterThan(0);
    }
  });

  it('draws a sweep for each op, axis and layout, with the roof and a line for each backend on real hardware', () => {
    const drawn = new Set(sweepsOf(report).map(({ op, axis, layout }) => JSON.stringify([op, axis, layout])));
    const figures = [...section('sweeps').querySelectorAll('figure')];
    expect(figures).toHaveLength(drawn.size);
    for (const figure of figures) {
      expect(figure.querySelectorAll('g[stroke="var(--roof)"] path')).toHaveLength(1);
      expect(figure.querySelectorAll('g[stroke^="var(--series-"] path').length).toBeGreaterThanOrEqual(2);
      expect(figure.querySelectorAll('g[stroke="var(--series-3)"]')).toHaveLength(0);
      expect(textOf(figure.querySelector('table'))).toContain('webgpu *');
    }
    expect(textOf(section('sweeps'))).toContain(
      'Not drawn, since a software adapter’s times are comparable with nothing',
    );
  });

  it('draws the times of a software adapter when there are no others', () => {
    const [, , webgpu] = report.backends;
    const alone = open(renderHtml(sampleReport({ backends: [webgpu!] })));
    expect(alone.querySelectorAll('#sweeps g[stroke="var(--series-1)"]').length).toBeGreaterThan(0);
  });

  it('has a row for every time', () => {
    const timed = report.results.filter(({ timing }) => timing !== undefined);
    expect(section('timing').querySelectorAll('tbody tr')).toHaveLength(timed.length);
  });

  it('gives the machine, the selection and the command of the whole run', () => {
    const text = textOf(section('environment'));
    expect(text).toContain('AMD EPYC 7B13');
    expect(text).toContain('8.00 GiB');
    expect(text).toContain('normgauge run --suite standard --seed 1');
    expect(text).toContain('e3dbabb0c1d2e3f4a5b60718293a4b5c6d7e8f90, with local changes');
  });

  it('quotes for a shell what a shell would read otherwise', () => {
    const selection = { ...report.selection, backends: ['./a b.mjs'], cases: ["it's/**"] };
    const text = textOf(open(renderHtml({ ...report, selection })).querySelector('#environment .command'));
    expect(text).toBe("normgauge run --suite standard --seed 1 --backend './a b.mjs' --case 'it'\\''s/**'");
  });

  it('has no link that leads nowhere, and no name twice', () => {
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const links = [...document.querySelectorAll('a')].map((link) => link.getAttribute('href')!);
    expect(links.filter((href) => !href.startsWith('#') || !ids.includes(href.slice(1)))).toEqual([]);
  });

  it('heads every table and names every column and row', () => {
    for (const table of document.querySelectorAll('table')) {
      expect(textOf(table.querySelector('caption'))).not.toBe('');
      for (const head of table.querySelectorAll('th'))
        expect(head.getAttribute('scope')).toMatch(/^(col|row|rowgroup)$/);
    }
  });

  it('is readable when there is nothing to read', () => {
    const empty = open(renderHtml({ ...report, backends: [], results: [] }));
    expect(textOf(empty.querySelector('h1'))).toBe('Nothing is proved: no case passed.');
    expect(textOf(empty.querySelector('#timing'))).toContain('Nothing was timed.');
  });

  it('stays below 5 MB with 10,000 results', { timeout: 120_000 }, () => {
    const cases = Array.from({ length: 6 }, (_, i) =>
      casesOf().map(({ shape: [n, ...rest], ...at }) => ({ ...at, shape: [n! + 100 * i, ...rest], timed: true })),
    ).flat();
    const large = sampleReport({ cases: cases.slice(0, 2500) });
    expect(large.results).toHaveLength(10_000);
    expect(Buffer.byteLength(renderHtml(large))).toBeLessThan(5e6);
  });
});

describe('the policy of the page', () => {
  const policy = document.querySelector('meta[http-equiv=Content-Security-Policy]')!.getAttribute('content')!;

  it.each(['style', 'script'])('admits the one %s there is by its hash, and no other', (element) => {
    const found = [...page.matchAll(new RegExp(`<${element}>(.*?)</${element}>`, 'gs'))];
    expect(found).toHaveLength(1);
    const hash = createHash('sha256').update(found[0]![1]!).digest('base64');
    expect(policy).toContain(`${element}-src 'sha256-${hash}'`);
    expect(policy).not.toContain('unsafe');
  });

  it('leaves nothing to be loaded', () => {
    expect(policy).toContain("default-src 'none'");
    const loading = [...document.querySelectorAll('[src], link, iframe, object, embed, form')];
    expect(loading.map((element) => element.getAttribute('href')?.slice(0, 5))).toEqual(['data:']);
    expect(page).not.toMatch(/url\(|@import|style="/);
  });
});
