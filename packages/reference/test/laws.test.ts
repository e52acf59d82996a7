import { elementsOf, type Layout, ops, type Problem, positionsOf } from '@normgauge/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compute } from '../src/compute.ts';
import { indicesOf, type RealTensors } from '../src/tensors.ts';
import { problemOf } from './problems.ts';

/** Rounding in float64 of a few hundred operations on numbers of size 1 to 1e4. */
const rounding = 1e-9;
const close = (actual: number, expected: number): boolean =>
  Math.abs(actual - expected) <= rounding * Math.max(1, Math.abs(expected));

const value = fc.double({ min: -10, max: 10, noNaN: true });
const values = (length: number): fc.Arbitrary<Float64Array> =>
  fc.array(value, { minLength: length, maxLength: length }).map((list) => Float64Array.from(list));

interface Given {
  readonly problem: Problem;
  readonly inputs: Required<Omit<RealTensors, 'y' | 'dx' | 'dGamma' | 'dBeta' | 'batchesTracked' | 'mean' | 'invStd'>>;
}

/** A forward-training problem with x that is not constant and an eps that keeps invStd below 32, and all inputs. */
const given: fc.Arbitrary<Given> = fc
  .record({
    shape: fc.record({
      n: fc.integer({ min: 2, max: 4 }),
      c: fc.integer({ min: 1, max: 3 }),
      spatial: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
    }),
    layout: fc.constantFrom<Layout>('nchw', 'nhwc'),
    affine: fc.boolean(),
    convention: fc.record({
      eps: fc.double({ min: 1e-3, max: 2, noNaN: true }),
      epsPlacement: fc.constantFrom('inside-sqrt' as const, 'outside-sqrt' as const),
      normalizeDivisor: fc.constantFrom('m' as const, 'm-1' as const),
    }),
  })
  .chain(({ convention, ...changes }) => {
    const problem = problemOf(changes, convention);
    const { c } = problem.shape;
    return fc.record({
      problem: fc.constant(problem),
      inputs: fc.record({
        x: values(elementsOf(problem.shape)),
        dy: values(elementsOf(problem.shape)),
        gamma: values(c),
        beta: values(c),
        runningMean: values(c),
        runningVar: values(c).map((v) => v.map(Math.abs)),
      }),
    });
  })
  .map(({ problem, inputs }) => ({ problem, inputs: { ...inputs, x: spread(problem, inputs.x) } }));

/** x with at least one unit between two elements of each channel. */
function spread(problem: Problem, x: Float64Array): Float64Array {
  const apart = x.slice();
  for (let c = 0; c < problem.shape.c; c++) {
    const [first, second] = indicesOf(problem, c);
    if (Math.abs(x[first!]! - x[second!]!) < 1) apart[second!] = x[first!]! + 1;
  }
  return apart;
}

const as = (problem: Problem, op: Problem['op']): Problem => ({ ...problem, op });

/** Backward from the exact statistics of x. */
function backwardOf({ problem, inputs }: Given, dy: Float64Array | ArrayLike<number> = inputs.dy) {
  const { mean, invStd } = compute(problem, inputs);
  const { dx, dGamma, dBeta } = compute(
    { ...problem, op: 'backward' },
    { ...inputs, dy, mean: mean!, invStd: invStd! },
  );
  return { mean: mean!, invStd: invStd!, dx: dx!, dGamma, dBeta };
}

const check = (property: fc.IProperty<[Given]> | fc.IProperty<[Given, number, number]>): void =>
  fc.assert(property as fc.IProperty<unknown>, { numRuns: 60, seed: 20150211 });

describe('forward', () => {
  it('does not see a scale and shift of x when eps is scaled with it, but for the sign', () => {
    const factor = fc.double({ min: 0.1, max: 10, noNaN: true }).chain((a) => fc.constantFrom(a, -a));
    check(
      fc.property(given, factor, value, ({ problem, inputs }, a, b) => {
        const { eps, epsPlacement } = problem.convention;
        const scaled = eps * (epsPlacement === 'inside-sqrt' ? a * a : Math.abs(a));
        const plain = { ...problem, affine: false };
        const before = compute(plain, inputs).y!;
        const x = Float64Array.from(inputs.x, (v) => a * v + b);
        const after = compute(problemOf(plain, { eps: scaled }), { ...inputs, x }).y!;
        return after.every((v, i) => close(v, Math.sign(a) * before[i]!));
      }),
    );
  });

  it('equals inference with its own batch statistics', () => {
    check(
      fc.property(given, ({ problem, inputs }) => {
        const { normalizeDivisor } = problem.convention;
        const replacing = problemOf(problem, { momentum: 1, runningDivisor: normalizeDivisor });
        const { y, runningMean, runningVar } = compute(replacing, inputs);
        const own = { ...inputs, runningMean: runningMean!, runningVar: runningVar! };
        const inferred = compute(as(replacing, 'inference'), own).y!;
        return inferred.every((v, i) => close(v, y![i]!));
      }),
    );
  });

  it('has mean 0 and variance σ²·invStd² before affine', () => {
    check(
      fc.property(given, ({ problem, inputs }) => {
        const { y, invStd } = compute({ ...problem, affine: false }, inputs);
        const { eps, epsPlacement, normalizeDivisor } = problem.convention;
        for (let c = 0; c < problem.shape.c; c++) {
          const channel = indicesOf(problem, c).map((i) => y![i]!);
          const d = normalizeDivisor === 'm' ? channel.length : channel.length - 1;
          const r = invStd![c]!;
          const variance = epsPlacement === 'inside-sqrt' ? 1 - eps * r * r : (1 - eps * r) ** 2;
          const sum = channel.reduce((a, b) => a + b, 0);
          const squares = channel.reduce((a, b) => a + b * b, 0);
          if (!close(sum, 0) || !close(squares / d, variance)) return false;
        }
        return true;
      }),
    );
  });
});

describe('backward', () => {
  it('sums to 0 in every channel, and against x̂ to what eps leaves of dGamma', () => {
    check(
      fc.property(given, (drawn) => {
        const { problem, inputs } = { ...drawn, problem: { ...drawn.problem, affine: true } };
        const { dx, dGamma, mean, invStd } = backwardOf({ problem, inputs });
        const { eps, epsPlacement } = problem.convention;
        for (let c = 0; c < problem.shape.c; c++) {
          const indices = indicesOf(problem, c);
          const r = invStd[c]!;
          const left = epsPlacement === 'inside-sqrt' ? eps * r * r : eps * r;
          const sum = indices.reduce((total, i) => total + dx[i]!, 0);
          const against = indices.reduce((total, i) => total + dx[i]! * (inputs.x[i]! - mean[c]!) * r, 0);
          if (!close(sum / 1e3, 0)) return false;
          if (!close(against / 1e3, (inputs.gamma[c]! * r * dGamma![c]! * left) / 1e3)) return false;
        }
        return true;
      }),
    );
  });

  it.each(['backward', 'backward-frozen'] as const)('is linear in dy: %s', (op) => {
    check(
      fc.property(given, value, value, ({ problem, inputs }, a, b) => {
        const asked = { ...problem, affine: true };
        const { mean, invStd } = compute(asked, inputs);
        const gradients = (dy: Float64Array) => compute(as(asked, op), { ...inputs, dy, mean: mean!, invStd: invStd! });
        const other = Float64Array.from(inputs.x, (v) => Math.sin(v));
        const first = gradients(Float64Array.from(inputs.dy));
        const second = gradients(other);
        const both = gradients(other.map((v, i) => a * inputs.dy[i]! + b * v));
        return (['dx', 'dGamma', 'dBeta'] as const).every((name) =>
          both[name]!.every((v, i) => close(v / 1e3, (a * first[name]![i]! + b * second[name]![i]!) / 1e3)),
        );
      }),
    );
  });
});

/** A full tensor with its elements moved: element i of the result is element from(i) of the tensor. */
const moved = (tensor: ArrayLike<number>, from: (i: number) => number): Float64Array =>
  Float64Array.from(tensor, (_, i) => tensor[from(i)]!);

/** (n, c, s) of an element in either layout, and back. */
function places({ shape: { n, c, spatial }, layout }: Problem) {
  const positions = positionsOf({ n, c, spatial });
  return {
    at: (i: number) =>
      layout === 'nchw'
        ? { n: Math.floor(i / (c * positions)), c: Math.floor(i / positions) % c, s: i % positions }
        : { n: Math.floor(i / (c * positions)), c: i % c, s: Math.floor(i / c) % positions },
    index: (place: { n: number; c: number; s: number }) =>
      layout === 'nchw' ? (place.n * c + place.c) * positions + place.s : (place.n * positions + place.s) * c + place.c,
  };
}

/** All four ops' outputs on the same inputs. */
function everything({ problem, inputs }: Given): RealTensors[] {
  const { mean, invStd } = compute(problem, inputs);
  return ops.map((op) => compute(as(problem, op), { ...inputs, mean: mean!, invStd: invStd! }));
}

const fullNames = ['x', 'dy', 'y', 'dx'] as const;
const isFull = (name: string): boolean => (fullNames as readonly string[]).includes(name);

describe('every op', () => {
  it('moves y and dx with the batch and the positions, and leaves the statistics', () => {
    check(
      fc.property(given, ({ problem, inputs }) => {
        const { n, spatial, c } = problem.shape;
        const positions = positionsOf({ n, c, spatial });
        const { at, index } = places(problem);
        const from = (i: number): number => {
          const place = at(i);
          return index({ n: n - 1 - place.n, c: place.c, s: (place.s + 1) % positions });
        };
        const shuffled = { ...inputs, x: moved(inputs.x, from), dy: moved(inputs.dy, from) };
        const before = everything({ problem, inputs });
        const after = everything({ problem, inputs: shuffled });
        return after.every((outputs, k) =>
          Object.entries(outputs).every(([name, tensor]) => {
            const expected = before[k]![name as keyof RealTensors]!;
            const there = isFull(name) ? moved(expected, from) : Array.from(expected);
            return Array.from(tensor).every((v, i) => close(v, there[i]!));
          }),
        );
      }),
    );
  });

  it('moves everything with the channels, to the bit', () => {
    check(
      fc.property(given, ({ problem, inputs }) => {
        const { c } = problem.shape;
        const { at, index } = places(problem);
        const fromFull = (i: number): number => index({ ...at(i), c: (at(i).c + 1) % c });
        const move = (tensors: RealTensors): RealTensors =>
          Object.fromEntries(
            Object.entries(tensors).map(([name, tensor]) => [
              name,
              moved(tensor, isFull(name) ? fromFull : (i) => (i + 1) % c),
            ]),
          );
        const after = everything({ problem, inputs: move(inputs) as Given['inputs'] });
        expect(after).toEqual(everything({ problem, inputs }).map(move));
      }),
    );
  });

  it('gives the same in nhwc as in nchw on transposed data, to the bit', () => {
    check(
      fc.property(given, ({ problem, inputs }) => {
        const nchw: Problem = { ...problem, layout: 'nchw' };
        const nhwc: Problem = { ...problem, layout: 'nhwc' };
        const fromNchw = (i: number): number => places(nchw).index(places(nhwc).at(i));
        const transpose = (tensors: RealTensors): RealTensors =>
          Object.fromEntries(
            Object.entries(tensors).map(([name, tensor]) => [
              name,
              isFull(name) ? moved(tensor, fromNchw) : Float64Array.from(tensor),
            ]),
          );
        const after = everything({ problem: nhwc, inputs: transpose(inputs) as Given['inputs'] });
        expect(after).toEqual(everything({ problem: nchw, inputs }).map(transpose));
      }),
    );
  });

  it("never moves a channel by a bit with another's data", () => {
    check(
      fc.property(given, fc.nat(2), value, ({ problem, inputs }, which, bad) => {
        const touched = which % problem.shape.c;
        const { at } = places(problem);
        const change = (tensor: ArrayLike<number>): Float64Array =>
          Float64Array.from(tensor, (v, i) => (at(i).c === touched ? v * bad + 1 : v));
        const before = everything({ problem, inputs });
        const after = everything({ problem, inputs: { ...inputs, x: change(inputs.x), dy: change(inputs.dy) } });
        return after.every((outputs, k) =>
          Object.entries(outputs).every(([name, tensor]) => {
            const expected = before[k]![name as keyof RealTensors]!;
            return Array.from(tensor).every(
              (v, i) => (isFull(name) ? at(i).c : i) === touched || Object.is(v, expected[i]),
            );
          }),
        );
      }),
    );
  });
});
