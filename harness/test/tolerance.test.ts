import { compute } from '@normgauge/reference';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { caseAt } from '../src/cases/case.ts';
import { makeInputs } from '../src/cases/inputs.ts';
import { boundsContext } from '../src/verify/facts.ts';
import { declaredClass, limitsFor } from '../src/verify/limits.ts';
import { prepareInputs } from '../src/verify/prepare.ts';
import { boundsOfClass, type ErrorClass, logarithmicDepth } from '../src/verify/tolerance.ts';

const f = Math.fround;
const sequential = (m: number): ErrorClass => ({
  statistics: 'two-pass',
  depth: m,
  affine: 'centred',
  invStdError: 6,
  flushToZero: false,
});

/** Training forward of one channel in float32 throughout: what an ordinary kernel does. */
function float32Forward(
  x: Float32Array,
  eps: number,
  onePass: boolean,
): { y: Float32Array; mean: number; invStd: number } {
  const m = x.length;
  let sum = 0;
  let squares = 0;
  for (const value of x) {
    sum = f(sum + value);
    squares = f(squares + f(value * value));
  }
  const mean = f(sum / m);
  let deviations = 0;
  for (const value of x) deviations = f(deviations + f(f(value - mean) ** 2));
  const variance = onePass ? f(f(squares / m) - f(mean * mean)) : f(deviations / m);
  const invStd = f(1 / f(Math.sqrt(f(variance + f(eps)))));
  return { y: x.map((value) => f(f(value - mean) * invStd)), mean, invStd };
}

function worstRatio(got: ArrayLike<number>, expected: Float64Array, allowed: Float64Array): number {
  return expected.reduce((worst, value, i) => Math.max(worst, Math.abs(got[i]! - value) / allowed[i]!), 0);
}

describe('the bound on training forward', () => {
  const families = ['no-affine'] as const;
  const m = fc.integer({ min: 2, max: 400 });

  it.each(families)('holds for a sequential float32 kernel on any amount of %s data', (fill) => {
    fc.assert(
      fc.property(m, fc.nat(1000), (size, seed) => {
        const row = caseAt(`forward-training/nchw/1x1x${size}/${fill}/onnx`);
        const inputs = makeInputs(row.problem, row.fill, seed);
        const expected = compute(row.problem, inputs);
        const bounds = boundsOfClass(boundsContext(row.problem, inputs, expected), sequential(size));
        const { y, mean, invStd } = float32Forward(inputs.x!, row.problem.convention.eps, false);
        expect(worstRatio(y, expected.y!, bounds.y!)).toBeLessThanOrEqual(1);
        expect(worstRatio([mean], expected.mean!, bounds.mean!)).toBeLessThanOrEqual(1);
        expect(worstRatio([invStd], expected.invStd!, bounds.invStd!)).toBeLessThanOrEqual(1);
      }),
      { numRuns: 60 },
    );
  });

  it.each(['large-mean-1e2', 'large-mean-1e4'])('is broken a hundredfold by a variance in one pass on %s', (fill) => {
    const row = caseAt(`forward-training/nchw/1x1x4096/${fill}/onnx`);
    const { problem } = row;
    const plain = { ...problem, affine: false };
    const inputs = makeInputs(plain, row.fill, 1);
    const expected = compute(plain, inputs);
    const bounds = boundsOfClass(boundsContext(plain, inputs, expected), {
      ...sequential(4096),
      depth: logarithmicDepth(4096),
    });
    const { invStd } = float32Forward(inputs.x!, problem.convention.eps, true);
    expect(!(worstRatio([invStd], expected.invStd!, bounds.invStd!) <= 100)).toBe(true);
  });
});

describe('the limits of a verdict', () => {
  const prepared = prepareInputs(caseAt('forward-training/nchw/64x2x33x33/large-mean-1e4/pytorch'), 1);

  it('never excuse more than six bits over grade A, or 10⁻³ of x̂, whatever is declared', () => {
    const { bounds, sampled } = prepared;
    const declared = declaredClass(
      { statistics: 'one-pass', affine: 'folded', declaresDepth: true },
      64 * 33 * 33,
      sampled,
    );
    const limits = limitsFor(bounds, declared);
    const loose = boundsOfClass(bounds.context, declared);
    const { verdict, a } = limits('invStd');
    expect(loose.invStd![0]! / a[0]!).toBeGreaterThan(64);
    expect(verdict[0]!).toBeLessThanOrEqual(Math.max(64 * a[0]!, 1.001e-3 * prepared.expected.invStd![0]!));
  });

  it('never allow less than grade A, though a depth of nothing is declared', () => {
    const limits = limitsFor(prepared.bounds, declaredClass({ declaresDepth: true }, 0, prepared.sampled));
    const { verdict, a } = limits('y');
    expect(verdict.every((allowed, k) => allowed >= a[k]!)).toBe(true);
  });

  it.each([
    { declared: 1e9, depth: 'm' },
    { declared: -1, depth: 'm' },
    { declared: Number.NaN, depth: 'm' },
    { declared: undefined, depth: 'm' },
    { declared: 12, depth: 12 },
  ])('read a declared depth of $declared as $depth', ({ declared, depth }) => {
    const { sampled } = prepared;
    const m = 64 * 33 * 33;
    expect(declaredClass({ declaresDepth: true }, declared, sampled).depth).toBe(depth === 'm' ? m : depth);
  });
});

describe('the bound on few-valued data', () => {
  it('does not take rounding errors for independent', () => {
    const bound = (fill: string): number => {
      const row = caseAt(`forward-training/nchw/1x1x65536/${fill}/onnx`);
      const inputs = makeInputs(row.problem, row.fill, 1);
      const context = boundsContext(row.problem, inputs, compute(row.problem, inputs));
      return boundsOfClass(context, sequential(65536)).mean![0]! / context.facts[0]!.meanAbs;
    };
    expect(bound('constant')).toBeGreaterThan(20 * bound('normal'));
    expect(bound('monotone')).toBeGreaterThan(20 * bound('normal'));
  });
});
