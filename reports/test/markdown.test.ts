import { describe, expect, it } from 'vitest';
import { type Report, renderMarkdown } from '../src/index.ts';
import { completeReport } from './complete.ts';
import { sampleReport } from './sample.ts';

const text = renderMarkdown(sampleReport());
const lines = text.split('\n');

describe('renderMarkdown', () => {
  it('begins with the answer', () => {
    expect(lines[0]).toBe('# 1 of 4 backends is wrong: 118 failed, 20 crashed of 1,888 cases.');
  });

  it('has a row for each backend and op, and one for a backend that could not run', () => {
    const rows = lines.filter((line) => line.startsWith('| <code>'));
    expect(rows).toHaveLength(17);
    expect(rows[0]).toMatch(
      /^\| <code>simd-js<\/code> \| forward-training \| 118 \| 114 \| 0 \| 4 \| 0 \| 0 \| A \| 0\.\d+ \w+ \| \d\.\d+ \|/,
    );
    expect(rows.find((row) => row.includes('wasm-threads'))).toContain('| could not run | – |');
    expect(new Set(rows.map((row) => row.split(' | ').length)).size).toBe(1);
  });

  it('shows ten failures with their commands and counts the others', () => {
    expect(lines.filter((line) => line.startsWith('- ✗'))).toHaveLength(10);
    expect(text).toContain(
      '  normgauge verify --backend ./kernels/mine.mjs --case forward-training/nchw/3x5x7x11/exact/pytorch --seed 1\n',
    );
    expect(text).toContain('… and 180 more in report.json.');
  });

  it('says what did not run and why, on what machine, and what the words mean', () => {
    expect(text).toContain('this Node was started with');
    expect(text).toContain('software adapter: times are not comparable');
    expect(text).toContain('? untrusted: passed, on data too weak to prove anything');
    expect(text).toContain('commit `e3dbabb0c1d2e3f4a5b60718293a4b5c6d7e8f90` with local changes');
  });

  it.each([
    ['a | b', '<code>a &#124; b</code>'],
    ['<img src=x>', '<code>&lt;img src=x></code>'],
    ['[x](http://evil)', '<code>\\[x\\](http&#58;//evil)</code>'],
    ['`tick`', '<code>\\`tick\\`</code>'],
    ['# mine', '<code>\\# mine</code>'],
    ['www.evil.example', '<code>www&#46;evil.example</code>'],
    ['line\nbreak', '<code>line break</code>'],
    ['\u001b[31mred', '<code>\\\\u{1b}\\[31mred</code>'],
  ])('shows a backend named %o as text', (id, shown) => {
    const [entry] = completeReport.backends;
    const hostile: Report = { ...completeReport, backends: [{ ...entry!, id }], results: [] };
    expect(renderMarkdown(hostile)).toContain(`| ${shown} | could not run |`);
  });

  it('closes no fence early when a command holds one', () => {
    const [result] = completeReport.results;
    const hostile: Report = { ...completeReport, results: [{ ...result!, reproduce: 'a ``` b\n```\n# c' }] };
    expect(renderMarkdown(hostile)).toContain('  ````sh\n  a ``` b ``` # c\n  ````');
  });

  it('says that a run was stopped', () => {
    expect(renderMarkdown(completeReport)).toContain('**The run was stopped before its end');
    expect(text).not.toContain('stopped before');
  });

  it('stays below 1 MiB however much there is to say, and counts what it left out', () => {
    const [entry] = completeReport.backends;
    const [result] = completeReport.results;
    const long = '|'.repeat(2000);
    const ids = Array.from({ length: 900 }, (_, k) => `${k} ${long}`);
    const huge: Report = {
      ...completeReport,
      backends: ids.map((id) => ({ ...entry!, id, unavailable: long })),
      results: ids.map((backend) => ({ ...result!, backend, op: long, case: long, cause: long, reproduce: long })),
    };
    const shown = renderMarkdown(huge);
    expect(Buffer.byteLength(shown)).toBeLessThan(2 ** 20);
    const rows = shown.split('\n').filter((line) => line.startsWith('| <code>')).length;
    expect(rows).toBeGreaterThan(10);
    expect(shown).toContain(`… and ${900 - rows} more rows in report.json.`);
    expect(shown).toMatch(/… and 8\d\d more in report\.json/);
  });
});
