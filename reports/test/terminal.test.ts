import { describe, expect, it } from 'vitest';
import { plainText, type Report, renderTerminal } from '../src/index.ts';
import { completeReport } from './complete.ts';
import { sampleReport } from './sample.ts';

const report = sampleReport();
const wide = renderTerminal(report, { columns: 140, colour: false });
const lines = wide.trimEnd().split('\n');

describe('renderTerminal', () => {
  it('ends with the table, what its columns mean, and the answer', () => {
    expect(lines.at(-1)).toBe('1 of 4 backends is wrong: 118 failed, 20 crashed of 1,888 cases.');
    const head = lines.findIndex((line) => line.startsWith('backend '));
    expect(lines[head]).toMatch(
      /^backend +op +cases +passed +failed +untrusted +skipped +crashed +grade +worst headroom +× copy +± +ns\/element$/,
    );
    expect(lines[head + 2]).toMatch(
      /^simd-js +forward-training +118 +114 +0 +4 +0 +0 +A +0\.\d+ \w+ +3\.\d+ +±\d\.\d+ % +0\.\d+$/,
    );
    expect(wide.indexOf('worst headroom: largest error')).toBeGreaterThan(wide.indexOf('backward-frozen'));
  });

  it('shows ten failures with their commands and counts the others', () => {
    expect(lines.filter((line) => line.startsWith('✗ failed'))).toHaveLength(10);
    expect(lines.filter((line) => line.startsWith('    reproduce: normgauge verify'))).toHaveLength(10);
    expect(wide).toContain('… and 180 more cases that did not pass');
    expect(wide).toContain('got 0.44');
  });

  it('says what did not run and why', () => {
    expect(wide).toMatch(/– skipped {2}wasm-threads, all of it\n {4}this Node was started/);
    expect(wide).toMatch(/– skipped {2}mine, 236 cases\n {4}has no kernel for nhwc/);
  });

  it.each([60, 80, 100, 140])(
    'keeps to %d columns, but for commands and words that have no place to break',
    (columns) => {
      const shown = renderTerminal(report, { columns, colour: false }).split('\n');
      const long = shown.filter((line) => [...line].length > columns);
      const unbreakable = long.filter((line) => !line.includes('reproduce:') && !/^\S+ \S+ {2}/.test(line));
      if (columns >= 80) expect(unbreakable).toEqual([]);
      expect(shown.some((line) => line.includes('simd-js'))).toBe(true);
    },
  );

  it('explains only the columns it shows', () => {
    const narrow = renderTerminal(report, { columns: 80, colour: false });
    expect(narrow).not.toContain('ns/element');
    expect(narrow).toContain('× copy: median');
  });

  it('colours only when asked, and says nothing by colour alone', () => {
    const coloured = renderTerminal(report, { columns: 140, colour: true });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(wide);
    expect(coloured).toContain('\u001b[31m✗ failed\u001b[0m');
    expect(wide).not.toContain('\u001b');
  });

  it('lets no foreign text move the cursor or turn the line around', () => {
    const [result] = completeReport.results;
    const nasty = 'a\u001b[2Jb\u202ec\r\nd';
    const hostile: Report = {
      ...completeReport,
      backends: [{ id: nasty, unavailable: nasty, declares: {} }],
      results: [{ ...result!, backend: nasty, case: nasty, cause: nasty, reproduce: nasty }],
    };
    const shown = renderTerminal(hostile, { columns: 120, colour: false });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are exactly what must not be there
    expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e]/);
    expect(shown).toContain('a\\u{1b}[2Jb\\u{202e}c d');
  });

  it('is readable when there is nothing to read', () => {
    const empty = renderTerminal({ ...report, backends: [], results: [] }, { columns: 80, colour: false });
    expect(empty).toContain('Nothing is proved: no case passed.');
  });
});

describe('plainText', () => {
  it('cuts what is too long and says how much is missing', () => {
    expect(plainText('abcdef', 4)).toBe('abcd… (2 more characters)');
    expect(plainText('abcd', 4)).toBe('abcd');
  });
});
