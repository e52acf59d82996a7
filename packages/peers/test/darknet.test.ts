import type { Backend, Problem, Tensors } from '@normgauge/contract';
import { describe, expect, it } from 'vitest';
import { varianceFrom } from '../src/darknet/backend.ts';
import { backward, type Updates } from '../src/darknet/backward.ts';
import { batchMean, batchVariance, forwardTraining } from '../src/darknet/forward.ts';
import { alexeyab, pjreddie } from '../src/darknet/variant.ts';
import { darknet, darknetAlexeyab } from '../src/index.ts';
import { single } from '../src/precision.ts';
import { normals, problemIn } from './data.ts';
import { runOnce } from './runOnce.ts';

const f = Math.fround;
const floats = (...values: number[]): Float32Array => Float32Array.from(values);

describe('forward of Darknet', () => {
  const geometry = { n: 2, c: 2, positions: 2 };
  // Channel 0 holds 1, 3, 5, 7 and channel 1 holds 0, 0, 0, 4.
  const x = floats(1, 3, 0, 0, 5, 7, 0, 4);

  it('divides the variance by m−1', () => {
    const mean = batchMean(x, geometry, single);
    expect([...mean]).toEqual([4, 1]);
    expect([...batchVariance(x, mean, geometry, single)]).toEqual([f(20 * f(1 / 3)), f(12 * f(1 / 3))]);
  });

  it.each([
    ['darknet', pjreddie, (variance: number) => Math.sqrt(variance) + f(1e-6)],
    ['darknet-alexeyab', alexeyab, (variance: number) => Math.sqrt(f(variance + f(1e-5)))],
  ] as const)('of %s puts eps where it is published', (_id, variant, divisor) => {
    const inputs = { x, scales: floats(2, 1), biases: floats(0, -1) };
    const { y, variance } = forwardTraining(variant, inputs, geometry, single);
    expect(y[0]).toBe(f(2 * f(-3 / divisor(variance[0]!))));
    expect(y[7]).toBe(f(f(3 / divisor(variance[1]!)) - 1));
  });

  it('adds element after element in float32', () => {
    // 2²⁴ + 1 is no float32: a running float stays at 2²⁴, a double sum would not.
    const many = { n: 3, c: 1, positions: 1 };
    expect(batchMean(floats(2 ** 24, 1, 1), many, single)[0]).toBe(f(2 ** 24 * f(1 / 3)));
  });

  it('gives NaN for a single element', () => {
    const one = { n: 1, c: 1, positions: 1 };
    expect(batchVariance(floats(3), floats(3), one, single)[0]).toBeNaN();
  });
});

describe('backward of Darknet', () => {
  const geometry = { n: 2, c: 1, positions: 2 };
  const x = floats(1, 2, 4, 7);
  const delta = floats(1, 0, -2, 3);
  const scales = floats(1);
  const pass = (updates: Updates, variant = pjreddie): void => {
    const kept = forwardTraining(variant, { x, scales, biases: floats(0) }, geometry, single);
    backward(variant, delta, { x, scales, ...kept }, updates, geometry, single);
  };

  it('adds to the gradients of scales and biases instead of replacing them', () => {
    const updates = { scales: floats(0), biases: floats(10) };
    pass(updates);
    const once = updates.scales[0]!;
    expect(once).not.toBe(0);
    expect(updates.biases[0]).toBe(12);
    pass(updates);
    expect(updates.scales[0]).toBe(f(2 * once));
    expect(updates.biases[0]).toBe(14);
  });

  it('of the fork leaves the gradient of the biases alone', () => {
    const updates = { scales: floats(0), biases: floats(10) };
    pass(updates, alexeyab);
    expect(updates.biases[0]).toBe(10);
    expect(updates.scales[0]).not.toBe(0);
  });
});

describe('varianceFrom', () => {
  it.each([
    ['darknet', pjreddie],
    ['darknet-alexeyab', alexeyab],
  ])('finds the variance of %s again that its invStd came from', (_id, variant) => {
    for (const variance of [1e-4, 0.01, 1, 50, 1e6]) {
      const invStd = f(1 / variant.forwardDivisor(variance, single));
      // A float invStd is good to 2⁻²⁴, its square to 2⁻²³, of what eps was added to.
      expect(Math.abs(varianceFrom(invStd, variant.convention) / variance - 1)).toBeLessThan(2 ** -22 * 1.2);
    }
  });

  it.each([
    ['outside', pjreddie],
    ['inside', alexeyab],
  ])('with eps %s the root is 0, not negative, where nothing of the variance is left', (_place, variant) => {
    const invStd = 1 / variant.forwardDivisor(0, single);
    expect(varianceFrom(invStd * (1 + 2 ** -22), variant.convention)).toBe(0);
  });
});

describe('the backend', () => {
  const problem = problemIn('darknet');
  const x = Float32Array.from(normals(30, 1, { mean: 2 }));
  const dy = Float32Array.from(normals(30, 2));
  const gamma = floats(1.5, -0.5);
  const beta = floats(0.25, 1);
  const running = { runningMean: floats(1, 2), runningVar: floats(0.5, 4) };
  const on = async (open: typeof darknet, op: Problem['op'], inputs: Tensors, of = problem): Promise<Tensors> =>
    runOnce((await open.openBackend()) as Backend, { ...of, op }, inputs);

  it('keeps .99 of the old rolling statistics and takes .01 of the new', async () => {
    const { mean, runningMean } = await on(darknet, 'forward-training', { x, gamma, beta, ...running });
    expect(runningMean![1]).toBeCloseTo(0.99 * 2 + 0.01 * mean![1]!, 6);
  });

  it('of the fork keeps .9 and takes .1', async () => {
    const of = problemIn('darknet-alexeyab');
    const { mean, runningMean } = await on(darknetAlexeyab, 'forward-training', { x, gamma, beta, ...running }, of);
    expect(runningMean![1]).toBeCloseTo(0.9 * 2 + 0.1 * mean![1]!, 6);
  });

  it('finds from mean and invStd the dx that the layer finds from mean and variance', async () => {
    const geometry = { n: 3, c: 2, positions: 5 };
    const kept = forwardTraining(pjreddie, { x, scales: gamma, biases: beta }, geometry, single);
    const updates = { scales: new Float32Array(2), biases: new Float32Array(2) };
    const expected = backward(pjreddie, dy, { x, scales: gamma, ...kept }, updates, geometry, single);
    const forward = await on(darknet, 'forward-training', { x, gamma, beta, ...running });
    const { dx, dGamma, dBeta } = await on(darknet, 'backward', {
      x,
      dy,
      gamma,
      mean: forward.mean!,
      invStd: forward.invStd!,
    });
    expected.forEach((value, i) => {
      expect(dx![i]).toBeCloseTo(value, 6);
    });
    expect(dGamma![0]).toBeCloseTo(updates.scales[0]!, 5);
    expect([...dBeta!]).toEqual([...updates.biases]);
  });

  it('in test mode keeps the training formula, on the rolling statistics, and has no x̂ for the scales', async () => {
    const inputs = { x, dy, gamma };
    const { dx, dGamma } = await on(darknet, 'backward-frozen', { ...inputs, ...running });
    const invStd = running.runningVar.map((variance) => 1 / (Math.sqrt(variance) + 1e-6));
    const training = await on(darknet, 'backward', { ...inputs, mean: running.runningMean, invStd });
    training.dx!.forEach((value, i) => {
      expect(dx![i]).toBeCloseTo(value, 5);
    });
    const frozen = dy.map((g, i) => gamma[Math.floor(i / 5) % 2]! * invStd[Math.floor(i / 5) % 2]! * g);
    expect(dx!.some((value, i) => Math.abs(value - frozen[i]!) > 0.1)).toBe(true);
    expect([...dGamma!]).toEqual([0, 0]);
  });
});
