import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { type Report, renderTerminal, sideBySide, sideBySideTable } from '../src/index.ts';
import { short } from '../src/numbers.ts';
import { renderHtml } from '../src/pages.ts';
import { sampleReport } from './sample.ts';
import type { CaseOf } from './sampleResult.ts';

const cases: readonly CaseOf[] = ['inference', 'backward'].map((op) => ({
  op,
  layout: 'nchw',
  shape: [16, 64, 28, 28],
  fill: 'normal',
  convention: 'pytorch',
  timed: true,
}));
const sampled = sampleReport({ cases });
const bench: Report = { ...sampled, selection: { ...sampled.selection, command: 'bench' } };
const timed = (report: Report, id: string): readonly Report['results'][number][] =>
  report.results.filter((result) => result.case === id && result.timing);
const id = 'inference/nchw/16x64x28x28/normal/pytorch';

describe('the page of a run that timed several backends', () => {
  const row = parseHTML(renderHtml(bench)).document.querySelector('#side-by-side tbody tr')!;

  it('puts them side by side, the fastest as 1×, with grades', () => {
    const cells = [...row.querySelectorAll('td')].map((cell) => cell.textContent ?? '');
    const [best] = sideBySide(bench).cases;
    const timedOnes = best!.entries.filter(({ speed }) => speed);
    expect(cells).toHaveLength(timedOnes.length);
    expect(cells.filter((text) => text.startsWith('1.00×, '))).toHaveLength(1);
    for (const text of cells) expect(text).toMatch(/ ns [ABCF–]$/);
  });
});

describe('sideBySide', () => {
  it('has every case that several backends were timed on, with every backend of the report that has a result there', () => {
    const { cases: compared } = sideBySide(bench);
    expect(compared.map(({ case: at }) => at)).toEqual([id, 'backward/nchw/16x64x28x28/normal/pytorch']);
    for (const { case: at, entries } of compared) {
      const there = bench.results.filter((result) => result.case === at);
      expect(entries.map(({ backend }) => backend)).toEqual(there.map(({ backend }) => backend));
      expect(entries.map(({ status }) => status)).toEqual(there.map(({ status }) => status));
    }
  });

  it('measures with the fastest of the backends it is given, which itself is 1', () => {
    const { against, cases: compared } = sideBySide(bench, ['simd-js', 'of-another-run']);
    expect(against).toEqual(['simd-js']);
    const entries = compared.find(({ case: at }) => at === id)!.entries;
    const medianOf = (backend: string): number =>
      timed(bench, id).find((result) => result.backend === backend)!.timing!.resident.median;
    expect(entries.find(({ backend }) => backend === 'simd-js')!.speed!.timesBest).toBe(1);
    expect(entries.find(({ backend }) => backend === 'wasm')!.speed!.timesBest).toBe(
      medianOf('wasm') / medianOf('simd-js'),
    );
  });

  it('measures with the fastest of all where none of those it is given took part', () => {
    const { against, cases: compared } = sideBySide(bench, ['of-another-run']);
    expect(against).toEqual(bench.backends.map(({ id: backend }) => backend));
    for (const { entries } of compared) {
      const ratios = entries.flatMap(({ speed }) => speed?.timesBest ?? []);
      expect(Math.min(...ratios)).toBe(1);
    }
  });

  it('compares an emulated device with nothing', () => {
    const { cases: compared } = sideBySide(bench, ['webgpu']);
    for (const { entries } of compared) {
      expect(entries.find(({ backend }) => backend === 'webgpu')!.speed).toMatchObject({ software: true });
      expect(entries.flatMap(({ speed }) => speed?.timesBest ?? [])).toEqual([]);
    }
  });

  it('leaves out a case that one backend alone was timed on', () => {
    const alone = { ...bench, results: bench.results.filter(({ backend }) => backend === 'wasm') };
    expect(sideBySide(alone).cases).toEqual([]);
    expect(sideBySideTable(sideBySide(alone)).rows).toEqual([]);
  });
});

describe('the table of a comparison', () => {
  const shown = renderTerminal(bench, { columns: 120, colour: false, against: ['simd-js', 'wasm'] });

  it('stands in the terminal between the table per op and the answer', () => {
    const lines = shown.trimEnd().split('\n');
    const head = lines.findIndex((line) => /^case +backend +result +grade +ns\/element/.test(line));
    expect(head).toBeGreaterThan(lines.findIndex((line) => /^backend +op/.test(line)));
    expect(lines[head + 2]).toMatch(new RegExp(`^${id} +simd-js +\\w+ +\\w +[\\d.]+ +±`));
    expect(shown).toContain('÷ best: median time ÷ that of the fastest of simd-js, wasm');
    expect(lines.at(-1)).toMatch(/backend/);
  });

  it('says the status and no time of a backend that was not timed', () => {
    const rows = sideBySideTable(sideBySide({ ...bench, results: bench.results.map(withoutTimeOfMine) })).rows;
    const mine = rows.filter(({ cells }) => cells[1] === 'mine');
    expect(mine.length).toBeGreaterThan(0);
    for (const { cells } of mine) expect(cells.slice(2)).toEqual(['skipped', '–', '–', '–', '–', '–', '–']);
  });

  it('is left out of a run, which has the cases of a whole suite, and where it would be long', () => {
    expect(renderTerminal(sampled, { columns: 120, colour: false })).not.toContain('÷ best');
    const long = { ...bench, results: Array.from({ length: 60 }, (_, k) => bench.results.map(numbered(k))).flat() };
    const text = renderTerminal(long, { columns: 120, colour: false });
    expect(text).not.toContain('÷ best');
    expect(text).toMatch(/^[\d,]+ times were measured; the page has each\.$/m);
  });
});

describe('the times of a benchmark of one backend', () => {
  const alone = { ...bench, results: bench.results.filter(({ backend }) => backend === 'wasm') };

  it('stand case by case, with what moved in a second and how near that comes to the roof', () => {
    const lines = renderTerminal(alone, { columns: 140, colour: false }).split('\n');
    const head = lines.findIndex((line) => /^case +backend +ms +± +ns\/element +GB\/s +× copy +of roof$/.test(line));
    expect(head).toBeGreaterThan(0);
    for (const [k, { op, layout, shape, timing }] of alone.results.entries()) {
      expect(lines[head + 2 + k]).toMatch(new RegExp(`^${op} ${layout} ${shape.join('×')} .*wasm .*\\d %$`));
      expect(lines[head + 2 + k]).toContain(` ${short(timing!.gigabytesPerSecond)} `);
    }
  });

  it('are left out where nothing was timed', () => {
    const untimed = { ...alone, results: alone.results.map(({ timing: _timing, ...rest }) => rest) };
    expect(renderTerminal(untimed, { columns: 140, colour: false })).not.toContain('GB/s');
  });

  it('name data and convention where they differ', () => {
    const [first] = alone.results;
    const both = { ...alone, results: [first!, { ...first!, case: 'another', convention: 'keras' }] };
    const shown = renderTerminal(both, { columns: 140, colour: false });
    expect(shown).toMatch(new RegExp(`^${first!.op} .* ${first!.convention} `, 'm'));
    expect(shown).toMatch(new RegExp(`^${first!.op} .* keras `, 'm'));
  });
});

function withoutTimeOfMine(result: Report['results'][number]): Report['results'][number] {
  if (result.backend !== 'mine') return result;
  const { timing: _timing, grade: _grade, ...rest } = result;
  return { ...rest, status: 'skipped', reason: 'has no such kernel' };
}

function numbered(k: number): (result: Report['results'][number]) => Report['results'][number] {
  return (result) => ({ ...result, case: `${result.case}-${k}` });
}
