import { describe, expect, it } from 'vitest';
import { caseAt } from '../src/cases/case.ts';
import { openCandidate, subjectOf } from '../src/commands/subjects.ts';
import { prepare } from '../src/verify/prepare.ts';
import { type Verdict, verifyCase } from '../src/verify/verifyCase.ts';
import { kernel } from './commandLine.ts';

const everyCheck = [
  'outputs-complete',
  'guard-zones',
  'inputs-unchanged',
  'repeatable',
  'work-awaited',
  'fresh-content',
  'fresh-problem',
  'order-irrelevant',
  'two-plans',
  'inputs-taken-over',
  'results-late',
  'outputs-in-part',
  'many-calls',
  'any-memory',
  'aligned-views',
  'whole-buffers',
  'concurrent-calls',
  'wrong-problem-refused',
  'wrong-inputs-refused',
  'wrong-views-refused',
];
/** Not tried where only the cheap ones are. */
const costly = ['fresh-problem', 'many-calls', 'wrong-problem-refused', 'wrong-inputs-refused', 'wrong-views-refused'];

async function verdictOf(name: string, address: string): Promise<Verdict> {
  const candidate = await openCandidate(kernel(name));
  try {
    return await verifyCase(prepare(caseAt(address), 1), subjectOf(candidate, { request: 30_000 }));
  } finally {
    await candidate.host.close();
  }
}

const namesOf = ({ checks }: Verdict, passed: boolean): readonly string[] =>
  checks.filter((check) => check.passed === passed && !check.name.startsWith('law-')).map(({ name }) => name);

describe('calls in other orders', () => {
  it.each(['forward-training', 'inference', 'backward', 'backward-frozen'])(
    'pass a correct kernel, each check in a row of its own: %s',
    async (op) => {
      const verdict = await verdictOf('correct', `${op}/nchw/3x5x7x3/normal/pytorch`);
      expect(namesOf(verdict, true)).toEqual(everyCheck);
      expect(verdict.status).toBe('passed');
    },
  );

  it('do not hold different bits against a kernel that declares them', async () => {
    const verdict = await verdictOf('jitters', 'forward-training/nhwc/3x5x7x3/normal/pytorch');
    expect(namesOf(verdict, true)).toEqual(everyCheck);
    expect(verdict.status).toBe('passed');
  });

  it.each([
    {
      name: 'sampledCache',
      broken: ['fresh-content', 'inputs-taken-over'],
      says: 'fresh-content: after an element of x was changed, y: ',
    },
    {
      name: 'shapeCache',
      broken: ['fresh-problem', 'wrong-problem-refused'],
      says: 'fresh-problem: in a plan with another eps, y: ',
    },
    {
      name: 'remembersData',
      broken: [
        'work-awaited',
        'order-irrelevant',
        'two-plans',
        'inputs-taken-over',
        'outputs-in-part',
        'many-calls',
        'any-memory',
        'aligned-views',
        'whole-buffers',
        'concurrent-calls',
      ],
      says: 'y: 1 of 315 elements outside tolerance',
    },
    {
      name: 'sharedScratch',
      broken: ['two-plans', 'results-late', 'concurrent-calls'],
      says: 'two-plans: from the first of two plans, y: 315 of 315 elements outside tolerance',
    },
    { name: 'closesAll', broken: ['two-plans', 'results-late'], says: 'after the other plan was closed, y: ' },
    {
      name: 'identityCache',
      broken: ['inputs-taken-over', 'aligned-views', 'whole-buffers'],
      says: 'inputs-taken-over: from arrays overwritten before run, y: ',
    },
    {
      name: 'readsWhenRun',
      broken: ['inputs-taken-over', 'aligned-views', 'whole-buffers'],
      says: 'inputs-taken-over: from arrays overwritten before run, y: ',
    },
    { name: 'wantsAllOutputs', broken: ['outputs-in-part'], says: 'outputs-in-part: Cannot read properties' },
    { name: 'tires', broken: ['many-calls'], says: 'many-calls: in call 52 of a plan, y: ' },
    {
      name: 'rarelyOff',
      broken: ['many-calls'],
      says: 'y: element 314 differs from an earlier run of the same plan on the same inputs',
    },
    { name: 'writesLate', broken: ['work-awaited'], says: 'the buffers that y was read into had changed' },
    { name: 'refusesShared', broken: ['any-memory'], says: 'any-memory: x: expected an ArrayBuffer' },
    {
      name: 'notReentrant',
      broken: ['concurrent-calls'],
      says: 'concurrent-calls: two runs pending, y: 315 of 315 elements outside tolerance',
    },
  ])('fail a kernel that is right when it is called once: $name', async ({ name, broken, says }) => {
    const verdict = await verdictOf(name, 'forward-training/nchw/3x5x7x3/normal/pytorch');
    expect(namesOf(verdict, false)).toEqual(broken);
    expect(verdict.cause).toContain(says);
    expect(verdict.status).toBe('failed');
  });

  it.each([
    { op: 'forward-training', says: 'gamma absent' },
    { op: 'inference', says: 'gamma absent' },
    { op: 'backward', says: 'dy absent' },
    { op: 'backward-frozen', says: 'runningVar absent' },
  ])('fail a kernel that takes inputs as they come: $op', async ({ op, says }) => {
    const verdict = await verdictOf('takesAnything', `${op}/nchw/3x5x7x3/normal/pytorch`);
    expect(namesOf(verdict, false)).toEqual(['wrong-inputs-refused']);
    expect(verdict.cause).toContain(says);
    expect(verdict.cause).toContain('x one element short, x one element long');
    expect(verdict.cause).toContain(': expected an error from plan, write, run or read, got a result');
  });

  it('are named where a kernel does not come back', async () => {
    const candidate = await openCandidate(kernel('hangsWithTwo'));
    const prepared = prepare(caseAt('inference/nchw/3x5x7x3/normal/pytorch'), 1);
    try {
      const verdict = verifyCase(prepared, subjectOf(candidate, { request: 2_000 }));
      await expect(verdict).rejects.toThrow(/^in fresh-content: no answer within 2 s/);
    } finally {
      await candidate.host.close();
    }
  });

  it('fail a kernel whose run leaves its work behind', async () => {
    const verdict = await verdictOf('unawaited', 'inference/nchw/3x5x7x3/normal/pytorch');
    expect(namesOf(verdict, true).slice(0, 4)).toEqual(everyCheck.slice(0, 4));
    expect(verdict.cause).toMatch(/^work-awaited: /);
  });

  it.each([
    { what: 'all of them under pytorch', address: 'inference/nhwc/3x5x7x3/normal/pytorch', checks: everyCheck },
    {
      what: 'the cheap ones under onnx',
      address: 'inference/nhwc/3x5x7x3/normal/onnx',
      checks: everyCheck.filter((name) => !costly.includes(name)),
    },
    {
      what: 'none under another convention',
      address: 'inference/nhwc/3x5x7x3/normal/keras',
      checks: everyCheck.slice(0, 4),
    },
    { what: 'none on other data', address: 'inference/nhwc/3x5x7x3/constant/pytorch', checks: everyCheck.slice(0, 4) },
    {
      what: 'none on large problems',
      address: 'inference/nhwc/8x8x9x9/normal/pytorch',
      checks: everyCheck.slice(0, 4),
    },
  ])('are tried where they are cheap: $what', async ({ address, checks }) => {
    expect(namesOf(await verdictOf('correct', address), true)).toEqual(checks);
  });
});
