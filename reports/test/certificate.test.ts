import { DOMParser } from 'linkedom';
import { describe, expect, it } from 'vitest';
import {
  brokenClaims,
  type Certificate,
  certify,
  NoCertificate,
  parseCertificate,
  type Report,
  ReportError,
  type Result,
} from '../src/index.ts';
import { formats } from '../src/pages.ts';
import { hostileNames } from './hostileNames.ts';
import { casesOf, sampleReport } from './sample.ts';

/** All of a sample suite, without data that proves nothing. */
const strong = casesOf().filter(({ fill }) => fill !== 'sparse');
const report = sampleReport({ cases: strong });
const certificate = certify(report, 'wasm');

/** The report with the results of `wasm` changed. */
function changed(change: (result: Result) => Result): Report {
  return { ...report, results: report.results.map((result) => (result.backend === 'wasm' ? change(result) : result)) };
}

function skipping(matches: (result: Result) => boolean): Report {
  return changed((result) => (matches(result) ? { ...result, status: 'skipped', reason: 'unsupported' } : result));
}

describe('a certificate', () => {
  it('claims what the report proves, and is valid by its schema', () => {
    expect(certificate).toMatchObject({ backend: { id: 'wasm' }, level: 'full', suite: 'standard', seed: 1 });
    expect(certificate.layouts).toEqual(['nchw', 'nhwc']);
    expect(certificate.conventions).toEqual(['pytorch', 'darknet', 'webnn']);
    expect(parseCertificate(JSON.stringify(certificate), 'certificate.json')).toEqual(certificate);
  });

  it.each([
    ['backward-frozen', 'training'],
    ['backward', 'inference'],
    ['forward-training', 'inference'],
    ['inference', 'training'],
  ])('without %s is of level %s', (op, level) => {
    expect(
      certify(
        skipping((result) => result.op === op),
        'wasm',
      ).level,
    ).toBe(level);
  });

  it('leaves out a layout and a convention that are not supported', () => {
    expect(
      certify(
        skipping(({ layout }) => layout === 'nhwc'),
        'wasm',
      ),
    ).toMatchObject({ level: 'full', layouts: ['nchw'] });
    const without = certify(
      skipping(({ convention }) => convention === 'darknet'),
      'wasm',
    );
    expect(without.conventions).toEqual(['pytorch', 'webnn']);
  });

  it('prefers a high level in one layout to a lower one in two', () => {
    const partly = skipping(({ layout, op }) => layout === 'nhwc' && op !== 'inference');
    expect(certify(partly, 'wasm')).toMatchObject({ level: 'full', layouts: ['nchw'] });
  });

  const first = report.results.find(({ backend }) => backend === 'wasm')!;
  const refusals: readonly [string, Report, string | undefined, RegExp][] = [
    [
      'a failure',
      changed((one) => (one.case === first.case ? { ...one, status: 'failed', cause: 'wrong' } : one)),
      'wasm',
      /1 of \d+ cases did not pass.*wrong/,
    ],
    [
      'an excused failure',
      changed((one) =>
        one.case === first.case
          ? { ...one, status: 'failed', cause: 'wrong', excused: { reason: 'known', until: '2027-01-01' } }
          : one,
      ),
      'wasm',
      /did not pass/,
    ],
    ['a run that was stopped', { ...report, interrupted: true }, 'wasm', /stopped before its end/],
    [
      'a part of a suite',
      { ...report, selection: { ...report.selection, cases: ['inference/**'] } },
      'wasm',
      /whole suite/,
    ],
    ['what is only timed', { ...report, selection: { ...report.selection, command: 'bench' } }, 'wasm', /whole suite/],
    ['a backend that could not run', report, 'wasm-threads', /could not run/],
    ['a backend that is not there', report, 'wsam', /one of "simd-js".*got "wsam"/],
    ['several backends when none is named', report, undefined, /name one with --backend/],
    ['nothing that passed', skipping(() => true), 'wasm', /supports too little/],
  ];
  it.each(refusals)('is refused for %s', (_what, of, id, message) => {
    expect(() => certify(of, id)).toThrow(NoCertificate);
    expect(() => certify(of, id)).toThrow(message);
  });

  it.each([
    ['level', 'everything', '$.level'],
    ['grade', 'F', '$.grade'],
    ['conventions', [], '$.conventions'],
    ['extra', 1, '$.extra'],
  ])('with a wrong %s is refused where it is wrong', (key, value, path) => {
    const text = JSON.stringify({ ...certificate, [key]: value });
    expect(() => parseCertificate(text, 'c.json')).toThrow(expect.objectContaining({ path }));
    expect(() => parseCertificate(text.slice(0, -9), 'c.json')).toThrow(ReportError);
  });
});

describe('a claim', () => {
  it('holds against itself, and against more than it says', () => {
    expect(brokenClaims(certificate, certificate)).toEqual([]);
    const lower: Certificate = {
      ...certificate,
      level: 'inference',
      grade: 'C',
      layouts: ['nchw'],
      conventions: ['pytorch'],
    };
    expect(brokenClaims(lower, certificate)).toEqual([]);
    expect(brokenClaims(certificate, lower).map((line) => line.split(':')[0])).toEqual([
      'level',
      'grade',
      'conventions',
      'layouts',
    ]);
  });

  it.each([
    ['backend', { backend: { ...certificate.backend, id: 'other' } }],
    ['version', { backend: { ...certificate.backend, version: '9.9.9' } }],
    ['suite', { suite: 'smoke' }],
    ['seed', { seed: 2 }],
  ])('is broken by another %s', (what, difference) => {
    const broken = brokenClaims(certificate, { ...certificate, ...difference });
    expect(broken).toHaveLength(1);
    expect(broken[0]).toMatch(new RegExp(`^${what}: the certificate says`));
  });
});

describe('a badge', () => {
  const badge = formats.find(({ name }) => name === 'badge')!;
  const only = (id: string): Report => ({
    ...report,
    backends: report.backends.filter((entry) => entry.id === id),
    results: report.results.filter(({ backend }) => backend === id),
  });

  it.each([
    ['one backend that is right', only('wasm'), /wasm: full, grade [AB]/],
    ['a wrong backend', only('mine'), /\d+ failing/],
    ['several backends, one of them wrong', report, /\d+ failing/],
    ['a run that was stopped', { ...only('wasm'), interrupted: true }, /undecided/],
  ])('says what became of %s', (_what, of, says) => {
    expect(badge.render(of)).toMatch(says);
  });

  it.each(hostileNames)('shows %s as text', (_what, name) => {
    const wasm = only('wasm');
    const svg = badge.render({
      ...wasm,
      backends: wasm.backends.map((entry) => ({ ...entry, id: name })),
      results: wasm.results.map((result) => ({ ...result, backend: name })),
    });
    const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml') as unknown as Document;
    expect([...parsed.querySelectorAll('*')].map(({ tagName }) => tagName)).toEqual([
      'svg',
      'title',
      'rect',
      'text',
      'rect',
      'text',
    ]);
    expect(Number(parsed.documentElement.getAttribute('width'))).toBeLessThan(700);
  });
});
