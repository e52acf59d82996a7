import { describe, expect, it } from 'vitest';
import { double } from '../src/precision.ts';
import { differenced, distance } from './differences.ts';
import { channelOf, published, repairedBoth, repairedDivisor, repairedEps } from './layer.ts';

/** What the differences themselves are good to. */
const resolution = 1e-8;

const norm = (values: Float64Array): number => Math.hypot(...values);

/** E‖x̂·Σdy·x̂·(1/(m−1) − 1/m)‖² is 1/m², and dx has m−2 directions of dy left. */
const law = (m: number): number => 1 / (m * Math.sqrt(m - 2));

/** How far the divisor of dy in the published backward is from that of its forward; for large m all of dx is dy. */
const ofEps = (k: number, deviation: number): number => {
  const of = published[k]!;
  const variance = deviation ** 2;
  return Math.abs(of.forwardDivisor(variance, double) / of.deltaDivisor(variance, double) - 1);
};

/** The gap of all channels together, so that a channel with next to no gradient counts for next to nothing. */
function gapOver(seeds: number, m: number, k: number, deviation = 1): number {
  let apart = 0;
  let size = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const channel = channelOf(published[k]!, m, seed, deviation);
    const exact = channel.dx(repairedBoth[k]!);
    const difference = channel.dx(published[k]!).map((value, i) => value - exact[i]!);
    apart += norm(difference) ** 2;
    size += norm(exact) ** 2;
  }
  return Math.sqrt(apart / size);
}

describe.each(published.map((variant, k) => [variant.id, k] as const))('backward of %s', (_id, k) => {
  const own = (m: number, seed = 0) => {
    const channel = channelOf(published[k]!, m, seed);
    const gradient = differenced((x) => channel.forward(x).y, channel.x, channel.dy);
    return { channel, gradient };
  };

  it.each([4, 16, 1024])('is the gradient of its own forward once divisor and eps are repaired (m = %i)', (m) => {
    const { channel, gradient } = own(m);
    expect(distance(channel.dx(repairedBoth[k]!), gradient)).toBeLessThan(resolution);
  });

  it.each([4, 16])('is not that gradient as published: over 50 channels, off by about 1/(m·√(m−2)) (m = %i)', (m) => {
    let apart = 0;
    let size = 0;
    for (let seed = 0; seed < 50; seed++) {
      const { channel, gradient } = own(m, seed);
      apart += norm(channel.dx(published[k]!).map((value, i) => value - gradient[i]!)) ** 2;
      size += norm(gradient) ** 2;
    }
    const off = Math.sqrt(apart / size) / law(m);
    expect(off).toBeGreaterThan(0.75);
    expect(off).toBeLessThan(1.3);
  });

  it.each([
    [4, 4000],
    [16, 2000],
    [64, 1000],
    [1024, 400],
  ])('is off by 1/(m·√(m−2)) for random dy at σ = 1, over many channels (m = %i)', (m, seeds) => {
    const off = gapOver(seeds, m, k) / law(m);
    expect(off).toBeGreaterThan(0.9);
    expect(off).toBeLessThan(1.1);
  });

  it.each([0.1, 0.01])('is off by its epsilons where σ is small, however large m is (σ = %d)', (deviation) => {
    const off = gapOver(40, 1024, k, deviation) / ofEps(k, deviation);
    expect(off).toBeGreaterThan(0.9);
    expect(off).toBeLessThan(1.1);
  });

  it.each([4, 16, 256])('owes the larger part to the divisor and the rest to eps, each by itself (m = %i)', (m) => {
    const { channel, gradient } = own(m);
    const asPublished = distance(channel.dx(published[k]!), gradient);
    const withoutEps = distance(channel.dx(repairedEps[k]!), gradient);
    const withoutDivisor = distance(channel.dx(repairedDivisor[k]!), gradient);
    expect(Math.abs(withoutEps / asPublished - 1)).toBeLessThan(0.05);
    expect(withoutDivisor).toBeGreaterThan(100 * resolution);
    expect(withoutDivisor).toBeLessThan(1e-4);
  });

  it.each([4, 16, 1024])('loses nothing by leaving out the term of Σ(x−mean), which is zero (m = %i)', (m) => {
    const channel = channelOf(published[k]!, m, 0);
    const { mean, variance } = channel.forward(channel.x);
    const deviations = channel.x.map((x) => x - mean[0]!);
    const sumOfDeviations = deviations.reduce((a, b) => a + b, 0);
    const varianceDelta = channel.dy.reduce((sum, g, i) => sum + g * deviations[i]!, 0) * -0.5 * variance[0]! ** -1.5;
    const leftOut = (varianceDelta * -2 * sumOfDeviations) / m / m;
    expect(Math.abs(leftOut)).toBeLessThan(1e-12 * norm(channel.dx(published[k]!)));
  });
});
