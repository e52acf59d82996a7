import type { Grade, Result, Status } from '@normgauge/reports';
import { describe, expect, it } from 'vitest';
import { type Compared, compareResults } from '../src/commands/gateCorrectness.ts';
import { verdictOf } from '../src/gate/gateReport.ts';

function result(status: Status, more: Partial<Result> = {}): Result {
  return {
    backend: 'tried',
    case: 'inference/nchw/2x3/normal/onnx',
    op: 'inference',
    layout: 'nchw',
    shape: [2, 3],
    fill: 'normal',
    convention: 'onnx',
    seed: 1,
    catches: '',
    seconds: 0,
    status,
    tensors: [],
    gradients: [],
    checks: [],
    reproduce: '',
    ...more,
  };
}

const graded = (grade: Grade): Result => result('passed', { grade });
const failed = result('failed', { cause: 'y is off' });
const crashed = result('crashed', { cause: 'gone' });
const skipped = result('skipped', { reason: 'no such layout' });

describe('what two verdicts say together', () => {
  const rows: readonly [string, Result, Result, Partial<Compared>][] = [
    ['right on both sides', graded('A'), graded('A'), { kind: 'right' }],
    ['a better grade', graded('C'), graded('A'), { kind: 'right', grade: { base: 'C', head: 'A' } }],
    ['a lost grade', graded('A'), graded('B'), { kind: 'worse', reason: 'accuracy grade A on base, B on head' }],
    ['two lost grades', graded('A'), graded('C'), { kind: 'worse' }],
    ['wrong on head', graded('A'), failed, { kind: 'worse', reason: 'passed on base, on head failed: y is off' }],
    ['crashed on head', graded('A'), crashed, { kind: 'worse', reason: 'passed on base, on head crashed: gone' }],
    ['skipped on head', graded('A'), skipped, { kind: 'worse' }],
    ['untrusted on base, wrong on head', result('untrusted', { grade: 'A' }), failed, { kind: 'worse' }],
    ['wrong on base, right on head', failed, graded('A'), { kind: 'no-base' }],
    ['wrong on both sides', failed, failed, { kind: 'no-base' }],
    ['skipped on base', skipped, graded('A'), { kind: 'no-base', reason: 'base does not have it: no such layout' }],
    ['skipped on base, wrong on head', skipped, failed, { kind: 'no-base' }],
    ['skipped on both sides', skipped, skipped, { kind: 'on-neither' }],
  ];
  it.each(rows)('%s', (_name, base, head, expected) => {
    expect(compareResults(base, head)).toMatchObject(expected);
  });
});

describe('the verdict of all rows', () => {
  it.each([
    [['pass', 'pass'], 'pass'],
    [['pass', 'not-run'], 'not-run'],
    [['not-run', 'inconclusive'], 'inconclusive'],
    [['inconclusive', 'invalid', 'pass'], 'invalid'],
    [['invalid', 'fail', 'pass'], 'fail'],
    [[], 'not-run'],
  ] as const)('of %j is %s', (verdicts, expected) => {
    expect(verdictOf(verdicts.map((verdict) => ({ verdict })))).toBe(expected);
  });
});
