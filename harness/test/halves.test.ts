import { type Backend, conventionNamed, dtypes, type Problem, type Tensors } from '@normgauge/contract';
import { f16round } from '@petamoriken/float16';
import { describe, expect, it } from 'vitest';
import { caseAt } from '../src/cases/case.ts';
import { makeInputs } from '../src/cases/inputs.ts';
import { selectCases } from '../src/cases/select.ts';
import { supportedBy } from '../src/hosts/process/answers.ts';
import { time } from '../src/hosts/process/timing.ts';
import { timingOf } from '../src/measure/timing.ts';
import { backendOf } from '../src/mutants/conduct.ts';
import { subjectInProcess } from '../src/mutants/inProcess.ts';
import { fillKillTable } from '../src/mutants/killTable.ts';
import { halfVariants } from '../src/mutants/right/halves.ts';
import { halfMutants } from '../src/mutants/wrong/halves.ts';
import { computeWith } from '../src/stepwise/kernel.ts';
import { prepare } from '../src/verify/prepare.ts';
import { verifyCase } from '../src/verify/verifyCase.ts';

const rows = selectCases({ suite: 'half', patterns: [], conventions: [] });

describe('cases of dtype f16', () => {
  it('are the suite `half`, of every op and layout, with an address that ends with their dtype', () => {
    const kinds = new Set(rows.map(({ problem: { op, layout } }) => `${op} ${layout}`));
    expect(kinds.size).toBe(8);
    for (const { id, problem } of rows) expect([id.endsWith('/f16'), problem.dtype]).toEqual([true, 'f16']);
  });

  it('hold values of float16 in x and dy, and statistics of these', () => {
    const { problem, fill } = caseAt('backward/nchw/3x5x7x5/normal/pytorch/f16');
    const { x, dy, mean } = makeInputs(problem, fill, 1);
    for (const tensor of [x!, dy!]) expect(tensor).toEqual(tensor.map(f16round));
    const own = x!.subarray(0, 35);
    const all = [own, x!.subarray(175, 210), x!.subarray(350, 385)].flatMap((part) => [...part]);
    expect(mean![0]).toBeCloseTo(all.reduce((sum, value) => sum + value, 0) / all.length, 6);
  });

  it('leave the data of f32 as they were', () => {
    const { problem, fill } = caseAt('backward/nchw/3x5x7x5/normal/pytorch');
    const { x } = makeInputs(problem, fill, 1);
    expect(x).not.toEqual(x!.map(f16round));
  });

  it('are not what a full address in float32 selects', () => {
    const patterns = ['inference/nchw/3x5x7x5/normal/pytorch'];
    expect(selectCases({ suite: 'half', patterns, conventions: [] }).map(({ id }) => id)).toEqual(patterns);
  });

  it.each([
    { address: 'inference/nchw/2x3/huge/pytorch/f16', says: 'huge has data outside the range of float16' },
    { address: 'inference/nchw/2x3/normal/pytorch/f8', says: 'dtype "f8": expected one of f32, f16' },
  ])('are refused at $address', ({ address, says }) => {
    expect(() => caseAt(address)).toThrow(says);
  });
});

const problem: Problem = {
  ...{ op: 'inference', layout: 'nchw', shape: { n: 4, c: 32, spatial: [14, 14] }, dtype: 'f16', affine: true },
  convention: conventionNamed('pytorch')!,
};

describe('a backend', () => {
  const backend = (stored: unknown): Backend =>
    ({ numerics: {}, supports: () => true, dtypes: stored }) as unknown as Backend;

  it.each([
    { stored: undefined, says: 'stores f32, not f16' },
    { stored: ['f32'], says: 'stores f32, not f16' },
    { stored: ['f32', 'f16'], says: true },
  ])('that declares the dtypes $stored answers $says about one of f16', ({ stored, says }) => {
    expect(supportedBy(backend(stored), problem).supported).toBe(says);
  });

  it.each(['f16', ['f8'], 7])('that declares the dtypes %s is told what they may be', (stored) => {
    expect(() => supportedBy(backend(stored), problem)).toThrow('dtypes: expected a list of f32, f16, got');
  });
});

describe('the bytes of f16', () => {
  it('are half of those of f32, in what has to be moved and in the copy beside it', async () => {
    const open = backendOf('half', computeWith({}), {}, {}, dtypes);
    const backend = await open();
    const [half, single] = await Promise.all(
      dtypes.toReversed().map(async (dtype) => {
        const asked: Problem = { ...problem, dtype };
        const inputs: Tensors = makeInputs(asked, caseAt('inference/nchw/2x3/normal/pytorch').fill, 1);
        const taken = await time(
          { open: async () => backend.plan(asked), move: async () => undefined },
          {
            ...{ problem: asked, inputSets: [inputs], places: 1, leastSample: 0.01 },
            ...{ milliseconds: 1, endToEndMilliseconds: 1, deviceMilliseconds: 0 },
          },
        );
        return timingOf(asked, taken, false);
      }),
    );
    expect(half!.traffic.bytes * 2).toBe(single!.traffic.bytes);
    expect(half!.ofRoof * half!.timesCopy).toBeCloseTo(single!.ofRoof * single!.timesCopy, 9);
  });
});

describe('the verification of f16', () => {
  it.each(halfVariants)('passes $id in every order of calls on every case, at grade A', async ({ open }) => {
    const subject = await subjectInProcess(open);
    const verdicts = [];
    for (const row of rows) {
      const { status, grade, cause } = await verifyCase(prepare(row, 2), subject);
      verdicts.push({ id: row.id, status, grade, cause });
    }
    expect(verdicts.filter(({ status, grade }) => status !== 'passed' || grade !== 'A')).toEqual([]);
  });

  it('fails every wrong kernel', async () => {
    const table = await fillKillTable({
      ...{ cases: rows, seed: 1, mutants: halfMutants, correct: [], enough: 1, thorough: false },
    });
    const survivors = table.mutants.filter(({ failures }) => failures.length === 0).map(({ variant }) => variant.id);
    expect(survivors).toEqual([]);
  }, 120_000);
});
