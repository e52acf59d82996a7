import { describe, expect, it } from 'vitest';
import { whyBeside } from '../src/findings.ts';
import { evidenceOf, failuresOf, type Result, skippedOf } from '../src/index.ts';
import { completeReport } from './complete.ts';
import { sampleReport } from './sample.ts';

const [whole] = completeReport.results;
const [gradient] = whole!.gradients;
const tensor = { ...whole!.tensors[0]!, mismatches: 0, headroom: 0.5, grade: 'A' } as const;

const resultWith = (fields: Partial<Result>): Result => ({
  ...whole!,
  tensors: [],
  gradients: [],
  checks: [],
  ...fields,
});

describe('whyBeside', () => {
  const guard = { name: 'guard-zones', passed: false, message: 'y wrote 3 elements behind its view' };
  const ofGuard = `${guard.name}: ${guard.message}`;
  const ofY = 'y: 7 of 231 elements outside tolerance, worst at n=0 c=0 s=12';
  const y = { ...whole!.tensors[0]!, name: 'y' } as const;
  const excused = { until: '2026-12-31', reason: 'being repaired' };

  it.each<readonly [string, Partial<Result>, string | undefined]>([
    ['leaves out what the evidence says of a tensor', { cause: ofY, tensors: [y] }, undefined],
    ['leaves out what the evidence says of a rule', { cause: ofGuard, checks: [guard] }, undefined],
    ['keeps a second cause', { cause: `${ofGuard}; ${ofY}`, tensors: [y] }, `${ofGuard}; ${ofY}`],
    ['keeps a cause without evidence', { cause: 'the process ended with 3' }, 'the process ended with 3'],
    ['keeps an excuse', { cause: ofY, tensors: [y], excused }, `${ofY} [excused until 2026-12-31: being repaired]`],
  ])('%s', (_, fields, said) => {
    const { reason: _reason, excused: _excused, ...result } = resultWith({ status: 'failed' });
    const failed = { ...result, ...fields };
    expect(whyBeside(failed, evidenceOf(failed))).toBe(said);
  });
});

describe('evidenceOf', () => {
  it('shows the worst tensor first, with its element', () => {
    const evidence = evidenceOf(
      resultWith({
        tensors: [
          tensor,
          { ...tensor, name: 'mean', headroom: 7, mismatches: 1 },
          { ...whole!.tensors[0]!, name: 'y' },
        ],
        gradients: whole!.gradients,
      }),
    );
    expect(evidence).toEqual({
      of: 'y',
      ratio: 'NaN',
      mismatches: { outside: 7, checked: 231 },
      at: 'n=0 c=0 s=12 (index 12)',
      got: 'NaN',
      expected: 0.25,
    });
  });

  it('shows a gradient where all tensors agree', () => {
    const passed = { ...gradient!, passed: true, ratio: 0.5 };
    const evidence = evidenceOf(resultWith({ tensors: [tensor], gradients: [passed, gradient!] }));
    expect(evidence).toMatchObject({ of: 'dx, direction 1', at: 'gradient by differences', ratio: 'Infinity' });
  });

  it('shows a broken rule where all numbers agree', () => {
    expect(evidenceOf(resultWith({ tensors: [tensor], checks: whole!.checks }))).toEqual({
      of: 'guard-zones',
      message: 'wrote behind dx',
    });
  });

  it('has nothing to show of a crash', () => {
    expect(evidenceOf(resultWith({ status: 'crashed' }))).toBeUndefined();
  });
});

describe('failuresOf', () => {
  const report = sampleReport();
  const failures = failuresOf(report);

  it('has everything that was attempted and is not green, once', () => {
    const expected = report.results.filter(({ status }) => status !== 'passed' && status !== 'skipped');
    expect(new Set(failures.map(({ result }) => result))).toEqual(new Set(expected));
    expect(failures).toHaveLength(expected.length);
  });

  it('puts the gravest first', () => {
    const order = [...new Set(failures.map(({ result }) => result.status))];
    expect(order).toEqual(['failed', 'crashed', 'untrusted']);
  });

  it('shows every kind of failure among the first few', () => {
    expect(failures.slice(0, 2).map(({ result }) => result.op)).toEqual(['forward-training', 'backward']);
  });
});

describe('skippedOf', () => {
  it('groups by backend and reason, backends that could not be opened first', () => {
    const groups = skippedOf(sampleReport()).map(({ backend, reason, results }) => [backend, reason, results.length]);
    expect(groups).toEqual([
      ['wasm-threads', expect.stringContaining('no shared memory'), 0],
      ['mine', 'has no kernel for nhwc', 236],
    ]);
  });

  it('says a reason once when the backend and its cases give the same', () => {
    const backends = [{ id: 'wasm', unavailable: 'no SIMD', declares: {} }];
    const results = [resultWith({ status: 'skipped', reason: 'no SIMD' })];
    expect(skippedOf({ ...completeReport, backends, results })).toEqual([
      { backend: 'wasm', reason: 'no SIMD', results },
    ]);
  });
});
