import { describe, expect, it } from 'vitest';
import { caseAt } from '../src/cases/case.ts';
import { openCandidate, subjectOf } from '../src/commands/subjects.ts';
import { gridOf, shifted } from '../src/verify/grid.ts';
import { prepare, prepareInputs } from '../src/verify/prepare.ts';
import { type Verdict, verifyCase } from '../src/verify/verifyCase.ts';
import { kernel } from './commandLine.ts';

async function verdictOf(name: string, address: string): Promise<Verdict> {
  const candidate = await openCandidate(kernel(name));
  try {
    return await verifyCase(prepare(caseAt(address), 1), subjectOf(candidate, { request: 30_000 }));
  } finally {
    await candidate.host.close();
  }
}

const lawsOf = ({ checks }: Verdict, passed: boolean): readonly string[] =>
  checks.filter((check) => check.passed === passed && check.name.startsWith('law-')).map(({ name }) => name);

const everywhere = ['law-scale-and-shift', 'law-permutation', 'law-channels', 'law-layout', 'law-channel-independence'];

describe('laws', () => {
  it.each([
    { op: 'forward-training', laws: [...everywhere.slice(0, 4), 'law-training-is-inference', everywhere[4]] },
    { op: 'inference', laws: everywhere },
    {
      op: 'backward',
      laws: ['law-dx-sum', 'law-dx-projection', everywhere[0], 'law-linear-in-dy', ...everywhere.slice(1)],
    },
    { op: 'backward-frozen', laws: [everywhere[0], 'law-linear-in-dy', ...everywhere.slice(1)] },
  ])('hold for a correct kernel, each in a row of its own: $op', async ({ op, laws }) => {
    for (const convention of ['keras', 'darknet']) {
      const verdict = await verdictOf('correct', `${op}/nhwc/3x5x7x5/normal/${convention}`);
      expect(lawsOf(verdict, true)).toEqual(laws);
      expect(verdict.status).toBe('passed');
    }
  });

  it.each([
    { name: 'fixedEps', op: 'inference', broken: ['law-scale-and-shift'], says: /y at n=\d c=\d s=\d+: got/ },
    {
      name: 'zerosArePadding',
      op: 'backward-frozen',
      broken: ['law-linear-in-dy'],
      says: /of the sum of two dy, dBeta at c=\d: got/,
    },
    {
      name: 'checksumCache',
      op: 'inference',
      broken: ['law-permutation', 'law-channels'],
      says: /y at n=\d c=\d s=\d+: got/,
    },
    { name: 'onlyNchw', op: 'backward', broken: ['law-layout'], says: /dx at n=\d c=\d s=\d+: got/ },
    {
      name: 'otherInference',
      op: 'forward-training',
      broken: ['law-training-is-inference'],
      says: /y at n=\d c=\d s=\d+: got/,
    },
    {
      name: 'globalScale',
      op: 'forward-training',
      broken: ['law-channel-independence'],
      says: /at .*: got \S+, the law says \S+ \(Infinity× the allowed error\)/,
    },
  ])('are broken by a kernel that is right on the data of the case: $name', async ({ name, op, broken, says }) => {
    const verdict = await verdictOf(name, `${op}/nchw/3x5x7x5/normal/onnx`);
    expect(verdict.tensors.every(({ mismatches }) => mismatches === 0)).toBe(true);
    expect(lawsOf(verdict, false)).toEqual(broken);
    expect(verdict.cause).toMatch(says);
    expect(verdict.status).toBe('failed');
  });

  it.each([
    { name: 'noMeanTerm', broken: ['law-dx-sum'] },
    { name: 'noVarianceTerm', broken: ['law-dx-projection'] },
  ])('tell what a wrong gradient lacks, and leave the cause to the agreement: $name', async ({ name, broken }) => {
    const verdict = await verdictOf(name, 'backward/nchw/3x5x7x5/normal/onnx');
    expect(lawsOf(verdict, false)).toEqual(broken);
    expect(verdict.cause).toMatch(/^dx: \d+ of 525 elements outside tolerance/);
  });

  it('are read on small ordinary data only', async () => {
    expect(lawsOf(await verdictOf('correct', 'inference/nchw/6x9x9x7/normal/onnx'), true)).toEqual([]);
    expect(lawsOf(await verdictOf('correct', 'inference/nchw/3x5x7x5/constant/onnx'), true)).toEqual([]);
  });
});

describe('the data on which a·x + b is exact', () => {
  it.each(['forward-training', 'inference', 'backward', 'backward-frozen'])('%s', (op) => {
    for (const seed of [1, 2, 3]) {
      const grid = gridOf(prepareInputs(caseAt(`${op}/nchw/3x5x7x5/normal/darknet`), seed));
      const { set, law } = shifted(grid, -4);
      // Σx of a channel on a grid of few bits is exact in float64, and so is every a·x + b.
      const shift = set.inputs.x![0]! + 4 * grid.inputs.x![0]!;
      grid.inputs.x!.slice(0, 35).forEach((value, i) => {
        expect(set.inputs.x![i]).toBe(-4 * value + shift);
      });
      // The law holds between the references to the last digits of float64.
      for (const [name, before] of Object.entries(grid.expected)) {
        const { expected } = law(name as 'y', before as unknown as Float32Array);
        const after = set.expected[name as 'y']!;
        const scale = Math.max(...after.map(Math.abs));
        after.forEach((value, i) => {
          expect(Math.abs(value - expected(i))).toBeLessThanOrEqual(1e-12 * scale);
        });
      }
    }
  });
});
