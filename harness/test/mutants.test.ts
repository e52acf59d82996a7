import { beforeAll, describe, expect, it } from 'vitest';
import type { Case } from '../src/cases/case.ts';
import { selectCases } from '../src/cases/select.ts';
import { correctVariants, mutants } from '../src/mutants/corpus.ts';
import { fillKillTable, type Outcome } from '../src/mutants/killTable.ts';
import type { Mutant, Variant } from '../src/mutants/mutant.ts';

/** Small cases of `standard` that between them see every mistake that a small case can see. */
const small = [
  '*/nchw/3x5x7x5/normal/{pytorch,paper}',
  '*/nhwc/3x5x7x5/normal/{pytorch,keras}',
  '*/nchw/3x5x7x5/negative-gamma/eps*',
  'forward-training/nchw/{1x2,2x3}/normal/*',
  '*/nchw/4x3x5x5/tiny-variance/{darknet,keras,pytorch,eps=0*}',
  '*/nchw/6x9x9x7/*/pytorch',
  '*/nchw/{2x9,4x9}/large-mean-1e4/pytorch',
  'forward-training/nchw/6x9x9x7/*/darknet',
  '*/nhwc/6x9x9x7/no-affine/pytorch',
  '*/*/{1x129x2,2x1025,1x2x1023,1x33x63,1x3x127}/exact/onnx',
  '*/*/{2x3x5x3x7,5x1,129x4x2x2,9x257x1x1}/normal/onnx',
];
/** Large cases of `standard` for the mistakes that only a large one can see. */
const large = [
  'forward-training/nchw/{1x3x4097,2x5x63x65,65537x1,2x65537}/normal/onnx',
  'backward/nchw/1x2x257x257/exact/pytorch',
  'forward-training/nchw/2x5x63x65/large-mean-1e2/pytorch',
  'forward-training/nchw/1x1x1025x1025/far-between/pytorch',
  'inference/nchw/1x257x65537/normal/onnx',
];
/** Every op, both layouts, every fill: where right kernels differ from each other most. */
const forRightOnes = [
  '*/*/3x5x7x5/normal/{pytorch,darknet}',
  '*/nchw/4x3x5x5/tiny-variance/{pytorch,darknet,keras}',
  'forward-training/nchw/1x2/normal/*',
  '*/nchw/6x9x9x7/*/pytorch',
];

const casesOf = (patterns: readonly string[]): readonly Case[] =>
  selectCases({ suite: 'standard', patterns, conventions: [] });

/** Of dtype f32; halves.test.ts tries the others. */
const isSingle = ({ dtype }: Variant): boolean => dtype === undefined;

/** Those of the mutants that none of the cases fails. */
async function survivorsOf(tried: readonly Mutant[], patterns: readonly string[]): Promise<readonly Mutant[]> {
  const cases = casesOf(patterns);
  const table = await fillKillTable({ cases, seed: 1, mutants: tried, correct: [], enough: 1, thorough: false });
  return table.mutants.filter(({ failures }) => failures.length === 0).map(({ variant }) => variant);
}

describe('the corpus', () => {
  it('holds at least 150 wrong kernels and 40 right ones, each under a name of its own', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(150);
    expect(correctVariants.length).toBeGreaterThanOrEqual(40);
    const ids = [...mutants, ...correctVariants].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has every family', () => {
    const families = new Set(mutants.map(({ family }) => family));
    expect(families).toEqual(new Set(['semantics', 'gradients', 'indexing', 'numerics', 'side effects', 'cheating']));
  });
});

describe('the verification', () => {
  let alive: readonly Mutant[];
  let right: readonly Outcome[];

  beforeAll(async () => {
    alive = await survivorsOf(await survivorsOf(mutants.filter(isSingle), small), large);
    const cases = casesOf(forRightOnes);
    const table = await fillKillTable({
      cases,
      seed: 1,
      mutants: [],
      correct: correctVariants.filter(isSingle),
      enough: 1,
      thorough: false,
    });
    right = table.correct;
  }, 600_000);

  it('fails every wrong kernel on cases of `standard`', () => {
    expect(alive.map(({ id }) => id)).toEqual([]);
  });

  it('fails no right kernel, however it sums and wherever its memory lies', () => {
    expect(right.length).toBe(correctVariants.filter(isSingle).length);
    const alarms = right.filter(({ failures }) => failures.length > 0);
    expect(alarms.map(({ variant, failures }) => ({ id: variant.id, failures }))).toEqual([]);
  });
});
