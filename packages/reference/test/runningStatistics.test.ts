import { conventionNamed, conventions, elementsPerChannel, ProblemError, ShapeError } from '@normgauge/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compute,
  convertRunningStatistics,
  type ExactRunningStatistics,
  foldInference,
  forwardTraining,
  inference,
  matchInference,
  populationStatistics,
} from '../src/index.ts';
import { problemOf, testedConventions } from './problems.ts';

const runs = { numRuns: 60, seed: 20150211 };
const value = fc.double({ min: -10, max: 10, noNaN: true });
const variance = fc.double({ min: 1e-2, max: 100, noNaN: true });
const channels = (of: fc.Arbitrary<number>) =>
  fc.array(of, { minLength: 3, maxLength: 3 }).map((v) => Float64Array.from(v));
const named = (name: string) => conventionNamed(name)!;
const anyConvention = fc.constantFrom(...testedConventions);

/** |a−b| in units of the larger, or of 1. */
const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Math.max(...Array.from(a, (v, i) => Math.abs(v - b[i]!) / Math.max(1, Math.abs(v), Math.abs(b[i]!))));

/** A problem of 3 channels and batches of it. */
const batches = fc
  .record({
    shape: fc.record({
      n: fc.integer({ min: 2, max: 4 }),
      c: fc.constant(3),
      spatial: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
    }),
    layout: fc.constantFrom('nchw' as const, 'nhwc' as const),
    count: fc.integer({ min: 1, max: 4 }),
  })
  .chain(({ shape, layout, count }) => {
    const length = 3 * elementsPerChannel(shape);
    const batch = fc.array(value, { minLength: length, maxLength: length }).map((v) => Float64Array.from(v));
    return fc.record({
      shape: fc.constant(shape),
      layout: fc.constant(layout),
      batches: fc.array(batch, { minLength: count, maxLength: count }),
    });
  });

describe('convertRunningStatistics', () => {
  it('gives what the other convention would have tracked, from a first value of 0', () => {
    fc.assert(
      fc.property(batches, ({ shape, layout, batches: xs }) => {
        const track = (name: string) => {
          let running: ExactRunningStatistics = { runningMean: new Float64Array(3), runningVar: new Float64Array(3) };
          const problem = problemOf({ shape, layout, affine: false }, { ...named(name), momentum: 0.1 });
          for (const x of xs) running = forwardTraining(problem, { x, ...running });
          return { runningMean: running.runningMean, runningVar: running.runningVar };
        };
        for (const [a, b] of [
          ['pytorch', 'keras'],
          ['keras', 'pytorch'],
          ['pytorch', 'darknet'],
          ['onnx', 'darknet-alexeyab'],
        ] as const) {
          const m = elementsPerChannel(shape);
          const converted = convertRunningStatistics({ from: named(a), to: named(b), m, ...track(a) });
          expect(apart(converted.runningVar, track(b).runningVar)).toBeLessThan(1e-13);
          expect(apart(converted.runningMean, track(b).runningMean)).toBeLessThan(1e-15);
        }
      }),
      runs,
    );
  });

  it('there and back is where it was', () => {
    fc.assert(
      fc.property(
        anyConvention,
        anyConvention,
        fc.integer({ min: 2, max: 1e6 }),
        channels(value),
        channels(variance),
        (from, to, m, runningMean, runningVar) => {
          const there = convertRunningStatistics({ from, to, m, runningMean, runningVar });
          const back = convertRunningStatistics({ from: to, to: from, m, ...there });
          expect(apart(back.runningVar, runningVar)).toBeLessThan(1e-15);
          expect(back.runningMean).toEqual(runningMean);
        },
      ),
      runs,
    );
  });

  it('turns ÷(m−1) into ÷m by (m−1)/m, and leaves its arguments alone', () => {
    const given = { runningMean: [3], runningVar: [10] };
    const { runningVar } = convertRunningStatistics({ from: named('pytorch'), to: named('keras'), m: 5, ...given });
    expect(runningVar[0]).toBe(8);
    expect(given.runningVar).toEqual([10]);
  });

  it.each([0, 1.5, Number.NaN])('refuses m = %d', (m) => {
    const running = { runningMean: [0], runningVar: [1] };
    const convert = () => convertRunningStatistics({ from: named('onnx'), to: named('keras'), m, ...running });
    expect(convert).toThrow(ProblemError);
  });

  it('refuses m = 1 where only one of the two divides by m−1, unless that one is guarded', () => {
    const running = { runningMean: [0], runningVar: [1] };
    const convert = (from: string) =>
      convertRunningStatistics({ from: named(from), to: named('keras'), m: 1, ...running });
    expect(() => convert('pytorch')).toThrow(/^m: expected more than one element per channel/);
    expect(convert('tensorflow').runningVar[0]).toBe(1);
  });
});

describe('matchInference', () => {
  it('gives the y of the one convention in the other', () => {
    fc.assert(
      fc.property(
        anyConvention,
        anyConvention,
        channels(value),
        channels(variance),
        channels(value),
        (from, to, x, runningVar, gamma) => {
          fc.pre(Math.max(to.eps, from.eps) <= 1e-2);
          const layer = { x, gamma, beta: [0, 1, 2], runningMean: [0, 1, -1] };
          const problem = problemOf({ op: 'inference', shape: { n: 1, c: 3, spatial: [] } });
          const before = inference({ ...problem, convention: from }, { ...layer, runningVar });
          const matched = matchInference({ from, to, runningVar });
          const after = inference({ ...problem, convention: to }, { ...layer, runningVar: matched });
          expect(apart(after.y, before.y)).toBeLessThan(1e-12);
        },
      ),
      runs,
    );
  });

  it('refuses a variance that the other eps cannot reach, and names the channel', () => {
    const match = () => matchInference({ from: named('pytorch'), to: named('keras'), runningVar: [1, 1e-4] });
    expect(match).toThrow(ProblemError);
    expect(match).toThrow(/^runningVar\[1\]: expected 1\/invStd of at least 0\.0316/);
  });
});

describe('populationStatistics', () => {
  it('is what forward-training in the convention of the paper has tracked after the last batch', () => {
    fc.assert(
      fc.property(batches, ({ shape, layout, batches: xs }) => {
        const problem = problemOf({ shape, layout, affine: false, convention: named('paper') });
        let running: ExactRunningStatistics = { runningMean: new Float64Array(3), runningVar: new Float64Array(3) };
        xs.forEach((x, k) => {
          running = forwardTraining(problem, { x, ...running, batchesTracked: [k] });
        });
        const { runningMean, runningVar } = populationStatistics({ shape, layout }, xs);
        expect(apart(runningMean, running.runningMean)).toBeLessThan(1e-14);
        expect(apart(runningVar, running.runningVar)).toBeLessThan(1e-13);
      }),
      runs,
    );
  });

  it('averages means, and variances with m/(m−1)', () => {
    const layer = { shape: { n: 2, c: 1, spatial: [] }, layout: 'nchw' as const };
    const { runningMean, runningVar } = populationStatistics(layer, [
      [1, 3],
      [4, 10],
    ]);
    expect(runningMean[0]).toBe(4.5);
    expect(runningVar[0]).toBe((2 + 18) / 2);
  });

  it('refuses no batches, a batch of another size, and m = 1', () => {
    const layer = { shape: { n: 2, c: 1, spatial: [] }, layout: 'nchw' as const };
    expect(() => populationStatistics(layer, [])).toThrow(ProblemError);
    expect(() => populationStatistics(layer, [[1, 2], [1]])).toThrow(ShapeError);
    expect(() => populationStatistics({ ...layer, shape: { n: 1, c: 1, spatial: [] } }, [[1]])).toThrow(ProblemError);
  });
});

describe('foldInference', () => {
  it('gives the y of inference, whatever the convention', () => {
    fc.assert(
      fc.property(
        anyConvention,
        fc.boolean(),
        channels(value),
        channels(value),
        channels(value),
        channels(variance),
        channels(value),
        (convention, affine, x, gamma, beta, runningVar, runningMean) => {
          const problem = problemOf({ op: 'inference', shape: { n: 1, c: 3, spatial: [] }, affine, convention });
          const layer = { ...(affine && { gamma, beta }), runningMean, runningVar };
          const { y } = compute(problem, { x, ...layer });
          const { a, b } = foldInference({ convention, ...layer });
          // Cancellation: a·x and b are at most a few hundred here.
          expect(
            apart(
              x.map((v, c) => a[c]! * v + b[c]!),
              y!,
            ),
          ).toBeLessThan(1e-12);
        },
      ),
      runs,
    );
  });

  it('sees the place of eps', () => {
    const layer = { runningMean: [0], runningVar: [4] };
    const inside = { ...conventions[0]!, eps: 5, epsPlacement: 'inside-sqrt' as const };
    expect(foldInference({ convention: inside, ...layer }).a[0]).toBe(1 / 3);
    expect(foldInference({ convention: { ...inside, epsPlacement: 'outside-sqrt' }, ...layer }).a[0]).toBe(1 / 7);
  });

  it('refuses tensors of different lengths', () => {
    const layer = { convention: named('pytorch'), runningMean: [0, 0], runningVar: [1, 1], gamma: [1] };
    expect(() => foldInference(layer)).toThrow('gamma: expected 2 elements [C], got 1 elements');
  });
});
