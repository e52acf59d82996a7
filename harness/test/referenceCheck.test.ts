import { checkProblem, conventionNamed, type Layout, layouts, type Op, ops } from '@normgauge/contract';
import { compute } from '@normgauge/reference';
import { describe, expect, it } from 'vitest';
import { expand } from '../src/cases/case.ts';
import { fills } from '../src/cases/fills.ts';
import { type Contradiction, checkReference } from '../src/referenceCheck/check.ts';
import { referenceProblems, selectProblems } from '../src/referenceCheck/problems.ts';
import type { ReferenceVerdict } from '../src/referenceCheck/render.ts';
import { UsageError } from '../src/usageError.ts';
import { normgauge } from './commandLine.ts';
import { fileWith, folderWith, sampleCase } from './vectorSamples.ts';

const problems = referenceProblems();
const parts = problems.map(({ id }) => id.split('/') as [string, string, string, string, string]);
const conventions = [...new Set(parts.map(([, , , , convention]) => convention))];

/** Data in dy says nothing of a forward: such a fill refuses it, whatever the shape. */
const isDefined = (op: Op, layout: Layout, fill: string, convention: string): boolean =>
  expand({ ops: [op], layouts: [layout], shapes: ['2x2x2'], fills: [fill], conventions: [convention] }).length > 0;

describe('the problems of reference-check', () => {
  it('hold every op in every convention, both layouts and every family of data', () => {
    const there = new Set(parts.map(([op, layout, , fill, convention]) => [op, layout, fill, convention].join('/')));
    const missing = ops.flatMap((op) =>
      conventions
        .filter((convention) => conventionNamed(convention)?.ops.includes(op) ?? true)
        .flatMap((convention) =>
          layouts.flatMap((layout) =>
            fills
              .filter(({ name }) => name !== 'digits')
              .filter(({ name }) => isDefined(op, layout, name, convention))
              .map(({ name }) => [op, layout, name, convention].join('/'))
              .filter((address) => !there.has(address)),
          ),
        ),
    );
    expect(missing).toEqual([]);
    expect(conventions.length).toBeGreaterThan(15);
  });

  it('bring every small shape together with every op, convention, layout and fill', () => {
    const small = [...new Set(parts.map(([, , shape]) => shape))].filter((shape) => !/16x17|26x26|784/.test(shape));
    const met = (column: 0 | 1 | 3 | 4) =>
      new Set(parts.map((row) => `${row[2]} ${row[column]}`).filter((pair) => small.includes(pair.split(' ')[0]!)))
        .size;
    expect([met(0), met(1), met(4)]).toEqual([4, 2, conventions.length].map((count) => count * small.length));
    expect(met(3)).toBe(small.length * (fills.length - 1));
  });

  it('all have a meaning, with affine and without', () => {
    for (const { problem } of problems) expect(() => checkProblem(problem)).not.toThrow();
    const withoutAffine = problems.filter(({ problem }) => !problem.affine).length / problems.length;
    expect(withoutAffine).toBeGreaterThan(0.2);
    expect(withoutAffine).toBeLessThan(0.4);
  });

  it('are selected by prefix, glob or address, and an address gives the same problem again', () => {
    expect(selectProblems(['backward/nchw/2x3/']).every(({ id }) => id.startsWith('backward/nchw/2x3/'))).toBe(true);
    expect(selectProblems(['*/nhwc/*/constant/keras'])).toHaveLength(4);
    for (const row of problems.filter((_, k) => k % 97 === 0)) expect(selectProblems([row.id])).toEqual([row]);
    expect(selectProblems(['inference/nchw/5x7/normal/keras'])).toHaveLength(1);
    expect(() => selectProblems(['inference/none'])).toThrow(UsageError);
  });
});

describe('the reference', () => {
  const sample = problems.filter((_, k) => k % 37 === 0);

  it('is contradicted by no oracle on a sample of them, and every oracle is heard', () => {
    const found: Contradiction[] = [];
    const tallies = checkReference({ problems: sample, seed: 2, onContradiction: (each) => found.push(each) });
    expect(found).toEqual([]);
    expect(tallies.map(({ oracle }) => oracle)).toEqual(['bignumber', 'complex-step', 'symbolic', 'richardson']);
    for (const { problems: heard, silent, tensors, bound } of tallies) {
      expect(heard).toBeGreaterThan(10);
      expect(heard + silent.reduce((sum, each) => sum + each.problems, 0)).toBe(sample.length);
      for (const { beyond, worst } of tensors) {
        expect(beyond).toBe(0);
        expect(worst?.deviation ?? 0).toBeLessThanOrEqual(bound);
      }
    }
  });

  it('is contradicted by all of them when its gradient is off by 1e-8, with the place', () => {
    const broken: typeof compute = (problem, inputs) => {
      const outputs = compute(problem, inputs);
      return problem.op === 'backward' ? { ...outputs, dx: outputs.dx!.map((value) => value * (1 + 1e-8)) } : outputs;
    };
    const found: Contradiction[] = [];
    const gradients = selectProblems(['backward/nchw/2x2x2/normal/**']);
    const tallies = checkReference({
      problems: gradients,
      seed: 1,
      reference: broken,
      onContradiction: (each) => found.push(each),
    });
    expect(new Set(found.map(({ oracle }) => oracle)).size).toBe(4);
    expect(found[0]).toMatchObject({ tensor: 'dx', case: gradients[0]!.id });
    expect(tallies[0]!.tensors.find(({ tensor }) => tensor === 'dx')!.beyond).toBe(gradients.length);
  });
});

describe.concurrent('normgauge reference-check', () => {
  const few = ['reference-check', '--case', '*/nchw/2x3/*/keras'];

  it('prints oracle by tensor what was worst, and what did not apply and why', async () => {
    const { status, stdout } = await normgauge(...few);
    for (const oracle of ['bignumber', 'complex-step', 'symbolic', 'richardson']) {
      expect(stdout).toMatch(new RegExp(`^${oracle} +dx +\\S+ +1e-\\d+ +\\d+ +\\d+ +0 +backward`, 'm'));
    }
    expect(stdout).toMatch(/^richardson +\d+ +differences confirm gradients only$/m);
    expect(stdout).toMatch(/^published numbers: skipped: /m);
    expect(stdout).toMatch(/seed 1, .* s: the reference agrees with its oracles$/m);
    expect(status).toBe(0);
  });

  it('prints JSON, with published numbers for a fifth oracle', async () => {
    const folder = fileWith(sampleCase({ mode: 'backward', shape: [3, 4], axis: 1 }));
    const { status, stdout } = await normgauge(...few, '--vectors', folder, '--json');
    const verdict = JSON.parse(stdout) as ReferenceVerdict;
    expect(verdict).toMatchObject({ passed: true, seed: 1, published: { cases: 1, withinPublished: 1 } });
    expect(verdict.oracles).toHaveLength(4);
    expect(status).toBe(0);
  });

  it('fails where a published number contradicts the reference', async () => {
    const row = sampleCase({ mode: 'inference', shape: [3, 4], axis: 1 });
    const wrong = { ...row, expected: { y: row.expected.y!.map((value) => value + 0.1) } };
    const { status, stdout, stderr } = await normgauge(...few, '--vectors', fileWith(wrong));
    expect(stderr).toMatch(
      /✗ published numbers contradict the reference; npx normgauge vectors \S+ --backend reference/,
    );
    expect(stdout).toMatch(/: the reference is contradicted by its oracles$/m);
    expect(status).toBe(1);
  });

  it.each([
    {
      what: 'a pattern that selects nothing',
      args: ['--case', 'nothing/at/all'],
      message: /--case nothing\/at\/all: selects none/,
    },
    {
      what: 'a folder without test vectors',
      args: ['--vectors', folderWith({})],
      message: /expected \*\.json with test vectors/,
    },
  ])('refuses $what with exit status 2', async ({ args, message }) => {
    const { status, stderr } = await normgauge('reference-check', ...args);
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
  });
});
