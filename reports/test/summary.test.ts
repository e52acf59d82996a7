import { describe, expect, it } from 'vitest';
import { headline, type Report, type Result, type Status, summarise } from '../src/index.ts';
import { completeReport } from './complete.ts';
import { sampleReport } from './sample.ts';

const [whole] = completeReport.results;
const { timing: oneTiming } = whole!;

function resultOf(status: Status, fields: Partial<Result> = {}): Result {
  const { timing: _timing, grade: _grade, excused: _excused, ...rest } = whole!;
  return { ...rest, tensors: [], gradients: [], checks: [], status, ...fields };
}

function reportOf(results: readonly Result[], fields: Partial<Report> = {}): Report {
  const { unavailable: _unavailable, ...backend } = completeReport.backends[0]!;
  return { ...completeReport, interrupted: false, backends: [backend], results, ...fields };
}

describe('summarise', () => {
  it('counts every result once, in the whole, by backend and by op', () => {
    const report = sampleReport();
    const summary = summarise(report);
    const sum = (counts: object): number => Object.values(counts).reduce((a, b) => a + b, 0);
    expect(sum(summary.counts)).toBe(report.results.length);
    for (const backend of summary.backends) {
      const mine = report.results.filter((result) => result.backend === backend.entry.id);
      expect(sum(backend.counts)).toBe(mine.length);
      expect(backend.ops.map(({ cases }) => cases).reduce((a, b) => a + b, 0)).toBe(mine.length);
      for (const op of backend.ops) {
        expect(op.counts.passed).toBe(mine.filter((r) => r.op === op.op && r.status === 'passed').length);
      }
    }
  });

  it('lists the backends of the selection in their order, those that could not run too', () => {
    expect(summarise(sampleReport()).backends.map(({ entry }) => entry.id)).toEqual([
      'simd-js',
      'wasm',
      'webgpu',
      'wasm-threads',
      'mine',
    ]);
  });

  it('lists a backend that only the results name, even one named __proto__', () => {
    const summary = summarise(reportOf([resultOf('passed', { backend: '__proto__' })]));
    expect(summary.backends.map(({ entry, cases }) => [entry.id, cases])).toEqual([
      ['wasm', 0],
      ['__proto__', 1],
    ]);
  });

  it('does not hold an excused failure against a backend, and counts it', () => {
    const excused = { reason: 'published like this', until: '2027-12-31' };
    const results = [resultOf('passed'), resultOf('failed', { cause: 'dx is off', excused })];
    const summary = summarise(reportOf(results));
    expect(summary).toMatchObject({ verdict: 'right', excused: 1, counts: { failed: 1 } });
    expect(headline(summary, reportOf(results))).toContain('1 known failure excused');
    const another = resultOf('failed', { cause: 'y is off' });
    expect(summarise(reportOf([...results, another])).verdict).toBe('wrong');
  });

  it('takes NaN for the worst headroom of all', () => {
    const tensor = { name: 'y', elements: 1, checked: 1, mismatches: 0, grade: 'A' } as const;
    const summary = summarise(
      reportOf([
        resultOf('passed', { case: 'a', tensors: [{ ...tensor, headroom: 0.5 }] }),
        resultOf('failed', { case: 'b', tensors: [{ ...tensor, name: 'mean', headroom: 'NaN' }] }),
        resultOf('failed', { case: 'c', tensors: [{ ...tensor, headroom: 'Infinity' }] }),
      ]),
    );
    expect(summary.worst).toEqual({ ratio: 'NaN', tensor: 'mean', case: 'b' });
  });

  it('takes the worst grade', () => {
    const graded = (['A', 'C', 'B'] as const).map((grade) => resultOf('passed', { grade }));
    expect(summarise(reportOf(graded)).grade).toBe('C');
    expect(summarise(reportOf([resultOf('skipped')])).grade).toBeUndefined();
  });

  it.each([
    [[1, 9, 2], 2],
    [[1, 2, 4, 9], 3],
    [[5], 5],
  ])('gives the median of %o × copy as %d', (ratios, median) => {
    const timed = ratios.map((timesCopy) => resultOf('passed', { timing: { ...oneTiming, timesCopy } }));
    expect(summarise(reportOf([...timed, resultOf('failed')])).speed).toMatchObject({
      timed: ratios.length,
      timesCopy: median,
    });
  });

  it.each<[string, readonly Status[], boolean, string]>([
    ['all that ran passed', ['passed', 'skipped'], false, 'right'],
    ['one failed', ['passed', 'failed'], false, 'wrong'],
    ['one crashed', ['passed', 'crashed'], false, 'wrong'],
    ['one timed out', ['passed', 'timed-out'], false, 'wrong'],
    ['one failed before it was stopped', ['passed', 'failed'], true, 'wrong'],
    ['it was stopped', ['passed'], true, 'undecided'],
    ['one proves nothing but another does', ['passed', 'untrusted'], false, 'right'],
    ['one was measured badly but another was not', ['passed', 'invalid'], false, 'right'],
    ['nothing proves anything', ['untrusted', 'untrusted'], false, 'undecided'],
    ['everything was skipped', ['skipped'], false, 'undecided'],
    ['nothing was run', [], false, 'undecided'],
  ])('when %s (%o, interrupted %s) it is %s', (_what, statuses, interrupted, verdict) => {
    const results = statuses.map((status) => resultOf(status));
    expect(summarise(reportOf(results, { interrupted })).verdict).toBe(verdict);
  });

  it('is undecided while one op of one backend is not proved, and says which', () => {
    const report = reportOf([resultOf('passed'), resultOf('untrusted', { op: 'inference' })]);
    const summary = summarise(report);
    expect(summary.verdict).toBe('undecided');
    expect(headline(summary, report)).toBe('Not decided: no case proves inference on wasm.');
  });
});

describe('headline', () => {
  it.each<[readonly Status[], string]>([
    [['passed', 'untrusted', 'skipped'], 'The backend that ran is right: 1 case passed, 1 untrusted, 1 skipped.'],
    [['passed', 'failed', 'timed-out'], '1 of 1 backend is wrong: 1 failed, 1 timed-out of 3 cases.'],
    [['skipped'], 'Nothing is proved: no case passed.'],
  ])('of %o is "%s"', (statuses, sentence) => {
    const report = reportOf(statuses.map((status) => resultOf(status)));
    expect(headline(summarise(report), report)).toBe(sentence);
  });
});
