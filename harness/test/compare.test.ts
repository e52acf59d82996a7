import { describe, expect, it } from 'vitest';
import { compare, errorRatio, type Limits, worseGrade } from '../src/verify/compare.ts';

describe('errorRatio', () => {
  it.each([
    { what: 'equal numbers', got: 1.5, expected: 1.5, allowed: 0, ratio: 0 },
    { what: 'zeros of both signs', got: -0, expected: 0, allowed: 0, ratio: 0 },
    { what: 'an error of half the limit', got: 1.5, expected: 1, allowed: 1, ratio: 0.5 },
    { what: 'NaN where a number belongs', got: Number.NaN, expected: 1, allowed: 1, ratio: Infinity },
    { what: 'a number where NaN belongs', got: 1, expected: Number.NaN, allowed: 1, ratio: Infinity },
    { what: 'NaN where NaN belongs', got: Number.NaN, expected: Number.NaN, allowed: 0, ratio: 0 },
    { what: 'infinity where NaN belongs', got: Infinity, expected: Number.NaN, allowed: 0, ratio: 0 },
    { what: 'the wrong infinity', got: -Infinity, expected: Infinity, allowed: 1, ratio: Infinity },
    { what: 'a number where infinity belongs', got: 3e38, expected: Infinity, allowed: 1e38, ratio: Infinity },
    { what: 'infinity for a number that float32 cannot hold', got: Infinity, expected: 4e38, allowed: 1, ratio: 0 },
    { what: 'infinity where the limit reaches it', got: Infinity, expected: 3.4e38, allowed: 1e37, ratio: 1 },
    { what: 'infinity for a number that float32 holds', got: Infinity, expected: 3e38, allowed: 1, ratio: Infinity },
    { what: 'any error where none is allowed', got: 1.1, expected: 1, allowed: 0, ratio: Infinity },
    { what: 'an allowed error that is not a number', got: 1.1, expected: 1, allowed: Number.NaN, ratio: Infinity },
  ])('of $what is $ratio', ({ got, expected, allowed, ratio }) => {
    expect(errorRatio(got, expected, allowed)).toBe(ratio);
  });
});

describe('compare', () => {
  const limits = (a: number, b: number, c: number, verdict: number, length = 4): Limits => ({
    a: new Float64Array(length).fill(a),
    b: () => new Float64Array(length).fill(b),
    c: () => new Float64Array(length).fill(c),
    verdict: new Float64Array(length).fill(verdict),
  });
  const indices = Uint32Array.of(0, 1, 2, 3);

  it('counts what is outside, and finds the worst element', () => {
    const got = Float32Array.of(1, 2.5, 3, 7);
    expect(compare(got, Float64Array.of(1, 2, 3, 4), indices, limits(1, 1, 1, 1))).toMatchObject({
      checked: 4,
      mismatches: 1,
      headroom: 3,
      worst: { index: 3, got: 7, expected: 4, allowed: 1 },
    });
  });

  it('looks only at the sampled elements, where they lie in the whole', () => {
    const got = Float32Array.of(9, 1, 9, 2);
    const sampled = compare(got, Float64Array.of(1, 2), Uint32Array.of(1, 3), limits(1, 1, 1, 1, 2));
    expect(sampled).toMatchObject({ elements: 4, checked: 2, mismatches: 0, headroom: 0 });
  });

  it.each([
    { error: 0.5, grade: 'A' },
    { error: 1.5, grade: 'B' },
    { error: 2.5, grade: 'C' },
    { error: 3.5, grade: 'F' },
  ])('grades an error of $error as $grade', ({ error, grade }) => {
    const got = Float32Array.of(1, 2, 3 + error, 4);
    expect(compare(got, Float64Array.of(1, 2, 3, 4), indices, limits(1, 2, 3, 10)).grade).toBe(grade);
  });

  it('leaves out what is exempt', () => {
    const got = Float32Array.of(1, 2, Number.NaN, 4);
    const judged = compare(got, Float64Array.of(1, 2, 3, 4), indices, limits(1, 1, 1, 1), (k) => k === 2);
    expect(judged).toMatchObject({ mismatches: 0, headroom: 0, grade: 'A' });
  });

  it('tells how many of the expected values are zero', () => {
    const judged = compare(new Float32Array(4), Float64Array.of(0, 0, 0, 1), indices, limits(2, 2, 2, 2));
    expect(judged.zeros).toBe(0.75);
  });
});

describe('worseGrade', () => {
  it('is the later letter', () => {
    expect(worseGrade('A', 'C')).toBe('C');
    expect(worseGrade('F', 'B')).toBe('F');
  });
});
