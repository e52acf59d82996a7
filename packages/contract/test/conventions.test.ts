import { describe, expect, it } from 'vitest';
import { checkConvention, conventionNamed, conventions, divisorOf, momentumWeight } from '../src/index.ts';

describe('the table of conventions', () => {
  it('holds the eleven that are in use', () => {
    expect(conventions.map(({ name }) => name)).toEqual([
      'paper',
      'cs231n',
      'darknet',
      'darknet-alexeyab',
      'pytorch',
      'tensorflow',
      'keras',
      'onnx',
      'webnn',
      'onednn',
      'cudnn',
    ]);
  });

  it.each(conventions)('$name is a valid record with a source and an axis', (row) => {
    expect(() => checkConvention(row)).not.toThrow();
    expect(row.source).not.toBe('');
    expect(row.axis).not.toBe('');
    expect(row.ops.length).toBeGreaterThan(0);
  });

  it('finds a row by its name and nothing by another', () => {
    expect(conventionNamed('keras')).toMatchObject({ eps: 1e-3, momentum: 0.01 });
    expect(conventionNamed('Keras')).toBeUndefined();
  });
});

describe('momentumWeight', () => {
  it('is the number of the record, whatever was tracked', () => {
    expect(momentumWeight(conventionNamed('pytorch')!, 7)).toBe(0.1);
  });

  it('is 1/k on the k-th batch where momentum is cumulative', () => {
    const paper = conventionNamed('paper')!;
    expect([0, 1, 2, 3].map((tracked) => momentumWeight(paper, tracked))).toEqual([1, 1 / 2, 1 / 3, 1 / 4]);
  });
});

describe('divisorOf', () => {
  it.each([
    { kind: 'm', m: 4, singleElement: 'nan', divisor: 4 },
    { kind: 'm-1', m: 4, singleElement: 'nan', divisor: 3 },
    { kind: 'm-1', m: 1, singleElement: 'nan', divisor: 0 },
    { kind: 'm-1', m: 1, singleElement: 'guard', divisor: 1 },
    { kind: 'm-1', m: 2, singleElement: 'guard', divisor: 1 },
    { kind: 'm', m: 1, singleElement: 'guard', divisor: 1 },
  ] as const)('of $kind with m = $m and $singleElement is $divisor', ({ kind, m, singleElement, divisor }) => {
    expect(divisorOf(kind, m, singleElement)).toBe(divisor);
  });
});
