import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seeded } from '../../reports/test/sampleResult.ts';
import { distributionOf } from '../src/measure/distribution.ts';
import { intervalOfMedian } from '../src/measure/interval.ts';

const normal = (random: () => number): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** What times look like, with the median they were drawn around. */
const shapes = [
  { name: 'even', median: 1.5, draw: (random: () => number) => 1 + random() },
  { name: 'skewed, with a long tail', median: 1, draw: (random: () => number) => Math.exp(0.5 * normal(random)) },
  {
    name: 'disturbed by a factor of 40 one time in five',
    // The median of the mixture lies where 0.8 of the undisturbed half-width reaches 0.5.
    median: 1 + 0.5 / 0.8,
    draw: (random: () => number) => (random() < 0.2 ? 40 * (1 + random()) : 1 + random()),
  },
] as const;

describe('the interval of a median', () => {
  it.each([
    { n: 1, low: 1, high: 1, confidence: 0 },
    { n: 5, low: 1, high: 5, confidence: 1 - 2 / 2 ** 5 },
    { n: 6, low: 1, high: 6, confidence: 1 - 2 / 2 ** 6 },
    { n: 8, low: 1, high: 8, confidence: 1 - 2 / 2 ** 8 },
    { n: 9, low: 2, high: 8, confidence: 1 - 2 * (10 / 2 ** 9) },
    // Conover, Practical Nonparametric Statistics, table A3: 16 observations, ranks 4 and 13.
    { n: 16, low: 4, high: 13, confidence: 0.9787 },
    { n: 100, low: 40, high: 61, confidence: 0.9648 },
  ])('of $n samples reaches from the $low. to the $high.', ({ n, low, high, confidence }) => {
    const samples = Float64Array.from({ length: n }, (_, k) => k + 1);
    const interval = intervalOfMedian(samples);
    expect(interval).toMatchObject({ low, high });
    expect(interval.confidence).toBeCloseTo(confidence, 4);
  });

  it('of a hundred thousand samples is not lost in what a double cannot hold', () => {
    const interval = intervalOfMedian(Float64Array.from({ length: 100_001 }, (_, k) => k));
    // ±1.96 standard deviations of a binomial.
    expect(Math.abs(interval.low - 49_690)).toBeLessThan(3);
    expect(interval.low + interval.high).toBe(100_000);
    expect(interval.confidence).toBeGreaterThanOrEqual(0.95);
    expect(interval.confidence).toBeLessThan(0.952);
  });

  it.each(shapes)('holds the true median in 95 % of the runs where times are $name', ({ median, draw }) => {
    const random = seeded(11);
    const runs = 2000;
    for (const n of [6, 23, 150]) {
      let covered = 0;
      for (let run = 0; run < runs; run++) {
        const { low, high } = intervalOfMedian(Float64Array.from({ length: n }, () => draw(random)).sort());
        if (low <= median && median <= high) covered++;
      }
      // Three standard deviations of 2000 throws below 95 %.
      expect(covered / runs).toBeGreaterThan(0.935);
    }
  });

  it.each([
    { visits: [5, 5], confidence: 0.5 },
    { visits: [3, 4, 5, 6], confidence: 1 - 2 / 2 ** 4 },
    { visits: [2, 2, 2, 2, 2, 2], confidence: 1 - 2 / 2 ** 6 },
  ])('of the visits $visits claims no more than so many of them can', ({ visits, confidence }) => {
    const count = visits.reduce((sum, each) => sum + each, 0);
    const milliseconds = Float64Array.from({ length: count }, (_, k) => k + 1);
    const taken = { milliseconds, callsPerSample: 1, preempted: new Uint8Array(count), visits };
    expect(distributionOf(taken).interval!.confidence).toBeCloseTo(confidence, 6);
  });

  it('covers what visits differ by, which samples of the same visit do not show', () => {
    const random = seeded(13);
    const runs = 1000;
    const samplesEach = 20;
    const visits = 8;
    const covered = { together: 0, ofSamples: 0 };
    for (let run = 0; run < runs; run++) {
      // Around 1; a visit is off by 5 %, a sample within it by 1 %.
      const centres = Array.from({ length: visits }, () => 1 + 0.05 * normal(random));
      const milliseconds = Float64Array.from(
        centres.flatMap((centre) => Array.from({ length: samplesEach }, () => centre + 0.01 * normal(random))),
      );
      const counts = Array.from({ length: visits }, () => samplesEach);
      const taken = { milliseconds, callsPerSample: 1, preempted: new Uint8Array(milliseconds.length) };
      const holds = ({ low, high }: { readonly low: number; readonly high: number }) => low <= 1 && 1 <= high;
      if (holds(distributionOf({ ...taken, visits: counts }).interval!)) covered.together++;
      if (holds(distributionOf(taken).interval!)) covered.ofSamples++;
    }
    expect(covered.together / runs).toBeGreaterThan(0.95);
    expect(covered.ofSamples / runs).toBeLessThan(0.8);
  });

  it('holds the median of its own samples, has them at its ends, and moves with the unit', () => {
    const times = fc.array(fc.double({ min: 1e-6, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(times, (list) => {
        const samples = {
          milliseconds: Float64Array.from(list),
          callsPerSample: 1,
          preempted: new Uint8Array(list.length),
        };
        const { median, interval } = distributionOf(samples);
        expect(interval!.low).toBeLessThanOrEqual(median);
        expect(interval!.high).toBeGreaterThanOrEqual(median);
        expect(list).toContain(interval!.low);
        expect(list).toContain(interval!.high);
        const doubled = { ...samples, milliseconds: samples.milliseconds.map((time) => 2 * time) };
        expect(distributionOf(doubled).interval!.low).toBe(2 * interval!.low);
      }),
    );
  });
});
