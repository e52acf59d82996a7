import { beforeAll, describe, expect, it } from 'vitest';
import { selectCases } from '../src/cases/select.ts';
import { correctVariants, mutants } from '../src/mutants/corpus.ts';
import { fillKillTable, type KillTable } from '../src/mutants/killTable.ts';

/** Few and small cases that between them see every mistake of meaning and of gradient. */
const patterns = [
  '*/*/3x5x7x5/normal/{pytorch,paper,darknet,keras}',
  '*/nchw/4x3x5x5/tiny-variance/*',
  'forward-training/nchw/1x2/normal/*',
  '*/nchw/6x9x9x7/{no-affine,negative-gamma,constant,large-mean-1e4}/*',
  '*/nchw/2x3x5x3x7/normal/onnx',
];
const tried = mutants.filter(({ family }) => family === 'semantics' || family === 'gradients');

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
  let table: KillTable;

  beforeAll(async () => {
    const cases = selectCases({ suite: 'standard', patterns, conventions: [] });
    table = await fillKillTable({
      cases,
      seed: 1,
      mutants: tried,
      correct: correctVariants,
      enough: 2,
      thorough: false,
    });
  }, 240_000);

  it('fails every wrong kernel of the families semantics and gradients', () => {
    expect(table.mutants.length).toBe(tried.length);
    const survivors = table.mutants.filter(({ failures }) => failures.length === 0);
    expect(survivors.map(({ variant }) => variant.id)).toEqual([]);
  });

  it('fails no right kernel, however it sums and wherever its memory lies', () => {
    expect(table.correct.length).toBe(correctVariants.length);
    const alarms = table.correct.filter(({ failures }) => failures.length > 0);
    expect(alarms.map(({ variant, failures }) => ({ id: variant.id, failures }))).toEqual([]);
  });
});
