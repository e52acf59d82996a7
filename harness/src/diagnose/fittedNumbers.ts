import type { TensorName } from '@normgauge/contract';
import { storing } from '../stepwise/rounding.ts';
import { mix, sum, twoPass } from '../stepwise/steps.ts';
import { type Hypothesis, suppose } from './hypothesis.ts';
import { fullOutput, type Observation } from './observation.ts';

/* Suppositions whose number is found from the results: it must be the same in every channel. */

/** What one number more than usual costs a supposition. */
const fitted = 2;

/** How well the numbers that are found in different channels must agree. */
const agreement = 1e-3;

/** The number that these estimates agree on. */
function common(estimates: readonly number[]): number | undefined {
  const sorted = estimates.filter(Number.isFinite).toSorted((a, b) => a - b);
  if (sorted.length < 2 || sorted.length < estimates.length) return undefined;
  const median = sorted[sorted.length >> 1]!;
  const range = sorted.at(-1)! - sorted[0]!;
  return range <= agreement * Math.abs(median) ? Number(median.toPrecision(4)) : undefined;
}

/** The means that came are a multiple of the right ones, or so much beside them. */
function ofMeans({ got, expected, mask }: Observation): readonly Hypothesis[] {
  if (!mask.mean!.some((is) => is === 1)) return [];
  const cause = 'mean taken for another value';
  const means = [...got.mean!];
  const rows: Hypothesis[] = [];
  const add = (says: string, take: (mean: number) => number): void => {
    rows.push(
      suppose(
        cause,
        `the mean is taken for ${says}, and σ² is found around that`,
        {
          statistics(x, m) {
            const mean = take(sum(x) / m);
            return { mean, squares: sum(x.map((value) => (value - mean) ** 2)) };
          },
        },
        fitted,
      ),
      suppose(
        cause,
        `the mean is taken for ${says}, after σ² was found`,
        {
          statistics(x, m) {
            const { mean, squares } = twoPass(x, m);
            return { mean: take(mean), squares };
          },
        },
        fitted,
      ),
    );
  };
  const factor = common(means.map((mean, c) => mean / expected.mean![c]!));
  if (factor !== undefined && factor !== 1) add(`${factor}·μ`, (mean) => factor * mean);
  const offset = common(means.map((mean, c) => mean - expected.mean![c]!));
  if (offset !== undefined && offset !== 0) add(`μ + ${offset}`, (mean) => mean + offset);
  return rows;
}

/** The running statistics that came took so much more than the batch has. */
function ofRunningOffsets({ got, expected, inputs, mask, problem }: Observation): readonly Hypothesis[] {
  const { momentum } = problem.convention;
  const weight = momentum === 'cumulative' ? 1 / ((inputs.batchesTracked?.[0] ?? 0) + 1) : momentum;
  const offsetOf = (name: TensorName): number | undefined =>
    weight > 0 && mask[name]!.some((is) => is === 1)
      ? common([...got[name]!].map((value, c) => (value - expected[name]![c]!) / weight))
      : undefined;
  const mean = offsetOf('runningMean');
  const variance = offsetOf('runningVar');
  return [
    ...(mean !== undefined && mean !== 0
      ? [
          suppose(
            'running mean wrong',
            `the running mean takes μ + ${mean} instead of μ`,
            { runningMean: (old, batch, w) => mix(old, batch.mean + mean, w) },
            fitted,
          ),
        ]
      : []),
    ...(variance !== undefined && variance !== 0
      ? [
          suppose(
            'running variance wrong',
            `the running variance takes σ² + ${variance} instead of σ²`,
            { runningVar: (old, batch, w) => mix(old, batch.runningVariance + variance, w) },
            fitted,
          ),
        ]
      : []),
  ];
}

/** Elements that must have stopped at a limit to show that there is one. */
const stopped = 3;

/** Every wrong element of y or dx came out as the largest or the smallest of all. */
function ofLimits(seen: Observation): readonly Hypothesis[] {
  const name = fullOutput(seen);
  const values = seen.got[name]!;
  const wrong = [...values].filter((_, i) => seen.mask[name]![i] === 1);
  const most = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const atMost = wrong.filter((value) => value === most).length;
  const atLeast = wrong.filter((value) => value === least).length;
  if (Math.max(atMost, atLeast) < stopped || atMost + atLeast < wrong.length) return [];
  const low = atLeast > 0 ? least : Number.NEGATIVE_INFINITY;
  const high = atMost > 0 ? most : Number.POSITIVE_INFINITY;
  const limits = [
    ...(atLeast > 0 ? [`not below ${Number(low.toPrecision(7))}`] : []),
    ...(atMost > 0 ? [`not above ${Number(high.toPrecision(7))}`] : []),
  ];
  return [
    suppose(
      'values clamped',
      `${name} is kept ${limits.join(' and ')}`,
      storing((value) => Math.min(high, Math.max(low, value)), [name]),
      fitted,
    ),
  ];
}

/** x̂ stops at a limit, before gamma and beta. */
function ofNormalisedLimits({ got, mask, inputs, problem }: Observation): readonly Hypothesis[] {
  if (problem.op !== 'forward-training' && problem.op !== 'inference') return [];
  // With gamma and beta alike everywhere, or absent, it is a limit of y.
  if (!inputs.gamma && !inputs.beta) return [];
  const channels = problem.shape.c;
  const positions = got.y!.length / (problem.shape.n * channels);
  const channelOf = (i: number): number =>
    problem.layout === 'nhwc' ? i % channels : Math.floor(i / positions) % channels;
  const limits = [...got.y!].flatMap((value, i) => {
    const c = channelOf(i);
    return mask.y![i] === 1 ? [Math.abs((value - (inputs.beta?.[c] ?? 0)) / (inputs.gamma?.[c] ?? 1))] : [];
  });
  const limit = limits.length < stopped ? undefined : common(limits);
  if (limit === undefined || limit === 0) return [];
  return [
    suppose(
      'values clamped',
      `x̂ is kept in ±${limit}`,
      {
        normalise: (x, { mean, invStd }, { gamma, beta }) =>
          gamma * Math.max(-limit, Math.min(limit, (x - mean) * invStd)) + beta,
      },
      fitted,
    ),
  ];
}

/** Everything whose number the results tell. */
export function ofFittedNumbers(seen: Observation): readonly Hypothesis[] {
  const ofForward = seen.problem.op === 'forward-training' ? [...ofMeans(seen), ...ofRunningOffsets(seen)] : [];
  return [...ofForward, ...ofLimits(seen), ...ofNormalisedLimits(seen)];
}
