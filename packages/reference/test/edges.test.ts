import { ops, type Problem, ProblemError, ShapeError } from '@normgauge/contract';
import { describe, expect, it } from 'vitest';
import { compute } from '../src/compute.ts';
import { oracles } from '../src/oracles/oracles.ts';
import { makeInputs } from './families.ts';
import { problemOf } from './problems.ts';

const single = { n: 1, c: 2, spatial: [1] };

describe('a single element', () => {
  const given = { x: [3, 4], gamma: [2, 2], beta: [5, 6], runningMean: [0, 0], runningVar: [1, 1] };

  it('is refused where the convention refuses it', () => {
    const problem = problemOf({ shape: single });
    expect(() => compute(problem, given)).toThrow(ProblemError);
    expect(() => compute(problem, given)).toThrow(/m−1/);
  });

  it('gives y = beta, and NaN as running variance where that divides by m−1', () => {
    const { y, runningVar } = compute(problemOf({ shape: single }, { singleElement: 'nan' }), given);
    expect(y).toEqual(Float64Array.of(5, 6));
    expect(runningVar).toEqual(Float64Array.of(Number.NaN, Number.NaN));
  });

  it('gives NaN where the normalising variance divides by m−1, and y = beta where that is guarded', () => {
    const convention = { normalizeDivisor: 'm-1' } as const;
    const nan = compute(problemOf({ shape: single }, { ...convention, singleElement: 'nan' }), given);
    expect(nan.y).toEqual(Float64Array.of(Number.NaN, Number.NaN));
    expect(nan.mean).toEqual(Float64Array.of(3, 4));
    const guarded = compute(problemOf({ shape: single }, { ...convention, singleElement: 'guard' }), given);
    expect(guarded.y).toEqual(Float64Array.of(5, 6));
    expect(guarded.runningVar).toEqual(Float64Array.of(0.9, 0.9));
  });
});

describe('a constant channel', () => {
  it.each([0.1, 1 / 3, 1e30, 1e-40, -7])('of %f has its own value as mean and no variance, whatever m is', (value) => {
    for (const n of [1, 2, 3, 7, 1000]) {
      const problem = problemOf(
        { shape: { n, c: 1, spatial: [] }, affine: false },
        { eps: 0.25, singleElement: 'nan' },
      );
      const { y, mean, invStd } = compute(problem, { x: Array(n).fill(value), runningMean: [0], runningVar: [1] });
      expect(mean![0]).toBe(value);
      expect(invStd![0]).toBe(2);
      expect(y!.every((v) => v === 0)).toBe(true);
    }
  });
});

describe('non-finite numbers', () => {
  it.each(ops)('in one channel go where IEEE 754 sends them and move no other channel by a bit: %s', (op) => {
    const problem = problemOf({ op, layout: 'nhwc' });
    const inputs = makeInputs(problem, 'normal', 3);
    const clean = compute(problem, inputs);
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      const x = Float32Array.from(inputs.x!);
      x[4] = bad; // channel 1
      const outputs = compute(problem, { ...inputs, x });
      for (const [name, tensor] of Object.entries(outputs)) {
        const before = clean[name as keyof typeof clean]!;
        tensor.forEach((value, i) => {
          if (i % 3 !== 1) expect(value).toBe(before[i]);
        });
      }
      const agreements = oracles[0]!.consult(problem, { ...inputs, x });
      expect(agreements.filter(({ deviation }) => !(deviation <= oracles[0]!.bound))).toEqual([]);
    }
  });

  it('make the mean infinite and the rest of the channel NaN', () => {
    const problem = problemOf({ shape: { n: 3, c: 1, spatial: [] }, affine: false });
    const { y, mean, invStd } = compute(problem, { x: [1, Infinity, 2], runningMean: [0], runningVar: [1] });
    expect(mean![0]).toBe(Infinity);
    expect(invStd![0]).toBeNaN();
    expect(y!.every(Number.isNaN)).toBe(true);
  });

  it('come from a negative running variance as NaN and not as a complex number', () => {
    const problem = problemOf({ op: 'inference', shape: { n: 1, c: 1, spatial: [] }, affine: false });
    expect(compute(problem, { x: [1], runningMean: [0], runningVar: [-1] }).y).toEqual(Float64Array.of(Number.NaN));
  });
});

describe('a channel of a million elements', () => {
  const m = 1_000_000;
  const problem = problemOf({ shape: { n: 1, c: 1, spatial: [m] }, affine: false });

  it('is summed to the last digits at mean 1e6', () => {
    const x = Float32Array.from({ length: m }, (_, i) => 1e6 + (i % 2 === 0 ? 1.5 : -0.5));
    const { mean, invStd } = compute(problem, { x, runningMean: [0], runningVar: [1] });
    expect(mean![0]).toBe(1_000_000.5);
    expect(invStd![0]).toBeCloseTo(1 / Math.sqrt(1 + 1e-5), 12);
  });
});

describe('what does not fit is refused', () => {
  const problem = problemOf({ op: 'backward' });
  const inputs = makeInputs(problem, 'normal', 1);

  it.each([
    { what: 'an absent tensor', change: { dy: undefined }, message: 'dy: expected 36 elements, got nothing' },
    { what: 'a wrong length', change: { gamma: [1] }, message: 'gamma: expected 3 elements, got 1 elements' },
  ])('$what', ({ change, message }) => {
    const given = { ...inputs, ...change } as typeof inputs;
    expect(() => compute(problem, given)).toThrow(ShapeError);
    expect(() => compute(problem, given)).toThrow(message);
    expect(() => oracles[0]!.consult(problem, given)).toThrow(ShapeError);
  });

  it('an unknown op', () => {
    expect(() => compute({ ...problem, op: 'forward' as Problem['op'] }, inputs)).toThrow(/op: expected one of/);
  });

  it('a cumulative average without the number of batches', () => {
    const asked = problemOf({}, { momentum: 'cumulative' });
    const { batchesTracked: _, ...others } = inputs;
    expect(() => compute(asked, others)).toThrow(/batchesTracked/);
  });
});

it('writes no input and returns new memory every time', () => {
  for (const op of ops) {
    const problem = problemOf({ op });
    const inputs = makeInputs(problem, 'normal', 11);
    const before = structuredClone(inputs);
    const first = compute(problem, inputs);
    const second = compute(problem, inputs);
    expect(inputs).toEqual(before);
    expect(second).toEqual(first);
    for (const name of Object.keys(first) as (keyof typeof first)[]) expect(second[name]).not.toBe(first[name]);
  }
});
