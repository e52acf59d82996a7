import { describe, expect, it } from 'vitest';
import { batchnormBackward } from '../src/cs231n/backward.ts';
import { batchnormForwardTest, batchnormForwardTrain } from '../src/cs231n/forward.ts';
import { addedRows } from '../src/cs231n/rows.ts';
import { cs231n } from '../src/index.ts';
import { double, type Precision, single } from '../src/precision.ts';
import { normals, problemIn } from './data.ts';
import { differenced, distance } from './differences.ts';
import { runOnce } from './runOnce.ts';

const size = { n: 7, d: 3 };
const x = normals(21, 1, { mean: 1.5 });
const dout = normals(21, 2);
const gamma = Float64Array.of(1.5, -0.5, 2);
const beta = Float64Array.of(0, 1, -1);
const bnParam = {
  eps: 1e-5,
  momentum: 0.9,
  runningMean: Float64Array.of(1, 2, 3),
  runningVar: Float64Array.of(1, 0.5, 4),
};

function gradients(precision: Precision = double) {
  const { mean, ivar } = batchnormForwardTrain(x, gamma, beta, bnParam, size, precision);
  const xmu = x.map((value, i) => value - mean[i % size.d]!);
  return batchnormBackward(dout, { xmu, ivar, gamma }, size, precision);
}

describe('CS231n', () => {
  it('has a backward that is the gradient of its own forward', () => {
    const { dx, dgamma, dbeta } = gradients();
    const out = (at: { x?: Float64Array; gamma?: Float64Array; beta?: Float64Array }) =>
      batchnormForwardTrain(at.x ?? x, at.gamma ?? gamma, at.beta ?? beta, bnParam, size, double).out;
    expect(
      distance(
        dx,
        differenced((at) => out({ x: at }), x, dout),
      ),
    ).toBeLessThan(1e-8);
    const overGamma = gamma.map((_, d) =>
      dout.reduce((sum, g, i) => sum + (i % 3 === d ? (g * (out({})[i]! - beta[d]!)) / gamma[d]! : 0), 0),
    );
    expect(distance(dgamma, overGamma)).toBeLessThan(1e-12);
    expect(distance(dbeta, addedRows(dout, size, double))).toBe(0);
  });

  it('divides by N, keeps 0.9 of the running statistics and does not write them', () => {
    const column = Float64Array.of(1, 3, 5, 7);
    const one = { eps: 0, momentum: 0.9, runningMean: Float64Array.of(10), runningVar: Float64Array.of(2) };
    const result = batchnormForwardTrain(column, Float64Array.of(1), Float64Array.of(0), one, { n: 4, d: 1 }, double);
    expect(result.mean[0]).toBe(4);
    expect(result.ivar[0]).toBeCloseTo(1 / Math.sqrt(5), 15);
    expect(result.runningMean[0]).toBeCloseTo(0.9 * 10 + 0.1 * 4, 14);
    expect(result.runningVar[0]).toBeCloseTo(0.9 * 2 + 0.1 * 5, 14);
    expect([...one.runningMean, ...one.runningVar]).toEqual([10, 2]);
  });

  it('in mode test normalises with the running statistics', () => {
    const y = batchnormForwardTest(x, gamma, beta, bnParam, size, double);
    expect(y[4]).toBeCloseTo((-0.5 * (x[4]! - 2)) / Math.sqrt(0.5 + 1e-5) + 1, 12);
  });

  it('gives beta where N is 1', () => {
    const row = Float64Array.of(3, -2, 1e6);
    const { out } = batchnormForwardTrain(row, gamma, beta, bnParam, { n: 1, d: 3 }, single);
    expect([...out]).toEqual([...beta]);
  });

  it('adds rows one after another in float32, as numpy does along axis 0', () => {
    expect(addedRows(Float32Array.of(2 ** 24, 0, 1, 0, 1, 0), { n: 3, d: 2 }, single)[0]).toBe(2 ** 24);
  });

  it('is in float32 what it is in float64, but for rounding', () => {
    expect(distance(gradients(single).dx, gradients().dx)).toBeLessThan(2 ** -20);
  });

  it.each([
    ['keras', 1e-3, 0.01],
    ['onnx', 1e-5, 0.1],
  ])('takes eps and momentum of %s from the caller', async (name, eps, w) => {
    const problem = problemIn(name, { shape: { n: 7, c: 3, spatial: [] } });
    const { invStd, runningMean, mean } = await runOnce(await cs231n.openBackend(), problem, {
      x: Float32Array.from(x),
      gamma: Float32Array.from(gamma),
      beta: Float32Array.from(beta),
      runningMean: Float32Array.from(bnParam.runningMean),
      runningVar: Float32Array.from(bnParam.runningVar),
    });
    const first = x.filter((_, i) => i % 3 === 0);
    const average = first.reduce((a, b) => a + b) / 7;
    const variance = first.reduce((sum, value) => sum + (value - average) ** 2, 0) / 7;
    expect(invStd![0]).toBeCloseTo(1 / Math.sqrt(variance + eps), 6);
    expect(runningMean![0]).toBeCloseTo((1 - w) * 1 + w * mean![0]!, 6);
  });
});
