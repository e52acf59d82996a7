import { describe, expect, it } from 'vitest';
import type { Report } from '../src/index.ts';
import { formats } from '../src/pages.ts';
import { completeReport } from './complete.ts';
import { hostileNames, reportNaming } from './hostileNames.ts';
import { sampleReport } from './sample.ts';

const render = (name: string, report: Report): string => formats.find((format) => format.name === name)!.render(report);

const report = sampleReport();
const timed = report.results.filter(({ timing, status }) => timing && !timing.software && status === 'passed');

interface Metric {
  readonly value: number;
  readonly lower_value?: number;
  readonly upper_value?: number;
}
type Bencher = Readonly<Record<string, Readonly<Record<string, Metric>>>>;

/** What passed once, with a time that is comparable, under this name. */
function passing(name: string): Report {
  const hostile = reportNaming(name);
  return { ...hostile, results: hostile.results.map((result) => ({ ...result, status: 'passed' as const })) };
}

describe('Bencher Metric Format', () => {
  const metrics = JSON.parse(render('bencher', report)) as Bencher;

  it('holds a finite value between its bounds for each measure', () => {
    const values = Object.values(metrics).flatMap((measures) => Object.values(measures));
    expect(values.length).toBeGreaterThan(timed.length);
    for (const { value, lower_value = value, upper_value = value } of values) {
      expect(Number.isFinite(value)).toBe(true);
      expect(lower_value).toBeLessThanOrEqual(value);
      expect(upper_value).toBeGreaterThanOrEqual(value);
    }
  });

  it('gives latency in nanoseconds', () => {
    const [first] = timed;
    const { latency } = metrics[`${first!.backend} ${first!.case}`]!;
    expect(latency!.value).toBeCloseTo(first!.timing!.resident.median * 1e6, 6);
  });

  it('leaves out the times of a software adapter and what did not pass', () => {
    const names = Object.keys(metrics);
    expect(
      names.filter((name) => name.startsWith('webgpu ')).flatMap((name) => Object.keys(metrics[name]!)),
    ).not.toContain('latency');
    expect(names.some((name) => name.startsWith('webgpu '))).toBe(true);
    const failed = report.results.filter(({ status }) => status !== 'passed');
    for (const { backend, case: id } of failed) expect(names).not.toContain(`${backend} ${id}`);
  });

  it.each(hostileNames)('has %s as a key of at most 1024 bytes', (_what, name) => {
    const keys = Object.keys(JSON.parse(render('bencher', passing(name))) as Bencher);
    expect(keys).toHaveLength(1);
    expect(Buffer.byteLength(keys[0]!)).toBeLessThanOrEqual(1024);
    expect(keys[0]!.trim()).toBe(keys[0]);
  });

  it('tells long names apart that begin alike', () => {
    const [row] = passing('x').results;
    const long = 'y'.repeat(4000);
    const two = { ...passing('x'), results: [1, 2].map((k) => ({ ...row!, case: `${long}${k}` })) };
    expect(Object.keys(JSON.parse(render('bencher', two)) as Bencher)).toHaveLength(2);
  });
});

describe('github-action-benchmark', () => {
  it('has name, unit, value, range and extra of each comparable time', () => {
    const entries = JSON.parse(render('github-action-benchmark', report)) as Record<string, unknown>[];
    expect(entries).toHaveLength(timed.length);
    for (const [k, { name, unit, value, range, extra, ...others }] of entries.entries()) {
      expect(name).toBe(`${timed[k]!.backend} ${timed[k]!.case}`);
      expect([unit, value]).toEqual(['ms', timed[k]!.timing!.resident.median]);
      expect(range).toMatch(/^± [\d.e-]+$/);
      expect(extra).toContain('ns/element');
      expect(others).toEqual({});
    }
  });
});

/** The rows of a CSV file, after RFC 4180. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n"]*))(,|\r\n)/g)) {
    rows.at(-1)!.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'));
    if (end === '\r\n') rows.push([]);
  }
  return rows.slice(0, -1);
}

describe('CSV', () => {
  it('has a row a result, all of the same length as the head', () => {
    const [head, ...rows] = parseCsv(render('csv', report));
    expect(rows).toHaveLength(report.results.length);
    expect(new Set(rows.map(({ length }) => length))).toEqual(new Set([head!.length]));
    const at = head!.indexOf('resident median ms');
    expect(rows.map((row) => row[at])).toEqual(
      report.results.map(({ timing }) => (timing ? String(timing.resident.median) : '')),
    );
  });

  it.each(hostileNames)('holds %s in one cell that no spreadsheet takes for a formula', (_what, name) => {
    const [head, row, ...more] = parseCsv(render('csv', reportNaming(name)));
    expect(more).toEqual([]);
    expect(row).toHaveLength(head!.length);
    for (const cell of row!) expect(cell).not.toMatch(/^\s*[=+@\t\r]/);
    expect(row![0]!.replace(/^'/, '')).toContain(
      name
        .trim()
        .slice(0, 3)
        .replaceAll(/[\n\u202e]/g, ''),
    );
  });

  it('keeps a negative number a number', () => {
    const [row] = completeReport.results;
    const negative = { ...completeReport, results: [{ ...row!, seconds: -1.5, backend: '-1.5' }] };
    const [, cells] = parseCsv(render('csv', negative));
    expect(cells).toContain('-1.5');
    expect(cells![0]).toBe("'-1.5");
  });
});
