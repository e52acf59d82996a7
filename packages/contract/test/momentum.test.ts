import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conventionNamed, conventions, momentumFrom, ProblemError } from '../src/index.ts';

describe('momentumFrom', () => {
  it.each([
    ['cs231n', 0.9],
    ['darknet', 0.99],
    ['darknet-alexeyab', 0.9],
    ['pytorch', 0.1],
    ['tensorflow', 1],
    ['keras', 0.99],
    ['onnx', 0.9],
    ['cudnn', 0.1],
  ])('turns the default of %s, %d, into the momentum of its row', (name, published) => {
    expect(momentumFrom(name, published)).toBeCloseTo(conventionNamed(name)!.momentum as number, 15);
  });

  it('counts as the published sentence says', () => {
    for (const { momentumCounts, momentumAsPublished } of conventions) {
      const said = /^none/.test(momentumAsPublished)
        ? 'none'
        : /weight of the (old|new)/.exec(momentumAsPublished)?.[1];
      expect(momentumCounts).toBe(said);
    }
  });

  it('is its own inverse, so that it also says what to write into an implementation', () => {
    const rows = conventions.filter(({ momentumCounts }) => momentumCounts !== 'none');
    fc.assert(
      fc.property(fc.constantFrom(...rows), fc.double({ min: 0, max: 1, noNaN: true }), (row, w) => {
        expect(Math.abs(momentumFrom(row, momentumFrom(row, w)) - w)).toBeLessThan(2 ** -52);
      }),
      { seed: 1 },
    );
    expect(momentumFrom('keras', momentumFrom('pytorch', 0.1))).toBe(0.9);
  });

  it.each([
    ['paper', 0.9, 'convention: expected one that publishes a momentum, got paper, which has none'],
    ['webnn', 0.9, 'convention: expected one that publishes a momentum, got webnn, which has none'],
    ['torch', 0.9, /^convention: expected one of paper, cs231n, .*, got "torch"$/],
    ['keras', 1.5, 'momentum: expected a number in 0…1, got 1.5'],
    ['keras', Number.NaN, 'momentum: expected a number in 0…1, got NaN'],
  ])('refuses %s with %d, in one sentence', (name, published, message) => {
    expect(() => momentumFrom(name, published)).toThrow(ProblemError);
    expect(() => momentumFrom(name, published)).toThrow(message);
  });
});
