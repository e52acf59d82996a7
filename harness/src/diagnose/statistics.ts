import { elementsOf } from '@normgauge/contract';
import {
  correct,
  type Indices,
  type Moments,
  type Place,
  type Statistics,
  type Steps,
  sum,
  twoPass,
} from '../stepwise/steps.ts';
import { type Hypothesis, suppose } from './hypothesis.ts';
import type { Observation } from './observation.ts';

/* Suppositions about which elements the statistics are of, and what stands for mean and spread. */

function perSets(size: (place: Place) => number): Pick<Steps, 'sets' | 'count'> {
  return {
    sets(elements, place) {
      const length = Math.max(size(place), 1);
      return Array.from({ length: Math.ceil(elements.length / length) }, (_, k) =>
        elements.subarray(k * length, (k + 1) * length),
      );
    },
    count: (_, summed) => summed,
  };
}

function statisticsOf(keep: (elements: Indices, place: Place) => Indices): Pick<Steps, 'summed' | 'count'> {
  return { summed: keep, count: (_, summed) => summed };
}

const around = (x: Float64Array, value: number): Statistics => ({
  mean: value,
  squares: sum(x.map((element) => (element - value) ** 2)),
});

function batchOf(x: Float32Array, place: Place): Moments {
  const { convention, op } = place.problem;
  const { mean, squares } = twoPass(
    Float64Array.from(correct.elements(place), (i) => x[i]!),
    place.m,
  );
  const variance = squares / correct.divisor(convention.normalizeDivisor, place.m, convention, 'normalise');
  return { mean, invStd: correct.invStd(variance, convention, op, place) };
}

/** Sets within a channel, and more than it. */
function ofSets({ problem: { shape } }: Observation): readonly Hypothesis[] {
  const groups = [2, 4, 8, 16, 32].filter((size) => size <= shape.c);
  return [
    suppose(
      'statistics per sample',
      'every sample has statistics of its own',
      perSets(({ positions }) => positions),
    ),
    suppose(
      'statistics per sample',
      'every row of the last axis has statistics of its own',
      perSets(({ positions }) => shape.spatial.at(-1) ?? positions),
    ),
    suppose(
      'statistics over all channels',
      'one mean and variance serve the whole tensor',
      statisticsOf(() => Uint32Array.from({ length: elementsOf(shape) }, (_, i) => i)),
    ),
    suppose('statistics over all channels', 'one mean and variance a sample serve all channels, as in LayerNorm', {
      sets: (elements, { positions }) =>
        Array.from({ length: shape.n }, (_, n) => elements.subarray(n * positions, (n + 1) * positions)),
      summed: (set, place) => {
        const n = Math.floor(set[0]! / (shape.c * place.positions));
        return Uint32Array.from({ length: shape.c * place.positions }, (_, k) => n * shape.c * place.positions + k);
      },
      count: (_, summed) => summed,
    }),
    ...groups.map((size) =>
      suppose(
        'statistics over all channels',
        `groups of ${size} channels share statistics`,
        statisticsOf((_, place) => {
          const first = place.c - (place.c % size);
          const members = Array.from({ length: Math.min(size, shape.c - first) }, (__, k) => first + k);
          return Uint32Array.from(members.flatMap((c) => [...correct.elements({ ...place, c })]));
        }),
      ),
    ),
    suppose(
      'statistics of part of the batch',
      'statistics are of the first sample',
      statisticsOf((elements, { positions }) => elements.subarray(0, positions)),
    ),
    suppose(
      'statistics of part of the batch',
      'statistics are of the last sample',
      statisticsOf((elements, { positions }) => elements.subarray(-positions)),
    ),
    suppose(
      'statistics of part of the batch',
      'statistics leave the last sample out',
      statisticsOf((elements, { positions }) => (shape.n > 1 ? elements.subarray(0, -positions) : elements)),
    ),
    ...[2, 4].map((parts) =>
      suppose(
        'statistics of part of the batch',
        `${parts} parts of the batch have statistics of their own`,
        perSets(({ positions }) => Math.ceil(shape.n / parts) * positions),
      ),
    ),
    ...[2, 3, 4, 8, 16].map((stride) =>
      suppose(
        'statistics of a sample of the elements',
        `statistics are of every ${stride}th element`,
        statisticsOf((elements) => elements.filter((_, k) => k % stride === 0)),
      ),
    ),
    ...[2, 4].map((stride) =>
      suppose('statistics of a sample of the elements', `sums are ${stride} times those of every ${stride}th element`, {
        sums(x, dy, moments) {
          const some = (values: Float64Array): Float64Array => values.filter((_, k) => k % stride === 0);
          const { dGamma, dBeta } = correct.sums(some(x), some(dy), moments);
          return { dGamma: stride * dGamma, dBeta: stride * dBeta };
        },
      }),
    ),
  ];
}

const ofMeanAndSpread: readonly Hypothesis[] = [
  suppose('padding taken for data', 'zeros are taken for padding, and not counted', {
    statistics(x) {
      const data = x.filter((value) => value !== 0);
      return data.length === 0 ? { mean: 0, squares: 0 } : twoPass(data, data.length);
    },
  }),
  suppose('mean taken for another value', 'the mean is taken for 0, as in RMSNorm', {
    statistics: (x) => around(x, 0),
  }),
  suppose('mean taken for another value', 'the first element is taken for the mean', {
    statistics: (x) => around(x, x[0]!),
  }),
  suppose('mean taken for another value', 'the mean is taken for (min + max)/2', {
    statistics: (x) => around(x, (x.reduce((a, b) => Math.min(a, b)) + x.reduce((a, b) => Math.max(a, b))) / 2),
  }),
  suppose('mean taken for another value', 'the median is taken for the mean', {
    statistics: (x) => around(x, x.toSorted()[x.length >> 1]!),
  }),
  suppose('spread taken for another value', 'the variance is taken for 1', { invStd: () => 1 }),
  suppose('spread taken for another value', 'x−μ is divided by σ² + eps, without the root', {
    invStd: (variance, { eps }) => 1 / (variance + eps),
  }),
  suppose('spread taken for another value', 'σ is taken for σ²', {
    invStd: (variance, convention, op, place) => correct.invStd(Math.sqrt(variance), convention, op, place),
  }),
  suppose('spread taken for another value', 'σ² is squared', {
    invStd: (variance, convention, op, place) => correct.invStd(variance ** 2, convention, op, place),
  }),
  suppose('spread taken for another value', 'x−μ is multiplied by √(σ² + eps)', {
    invStd: (variance, { eps }) => Math.sqrt(variance + eps),
  }),
  suppose('spread taken for another value', 'mean |x−μ| is taken for the standard deviation', {
    statistics(x, m) {
      const { mean } = twoPass(x, m);
      return { mean, squares: sum(x.map((value) => Math.abs(value - mean))) ** 2 / m };
    },
  }),
  suppose('spread taken for another value', 'mean |x−μ| is taken for the variance', {
    statistics(x, m) {
      const { mean } = twoPass(x, m);
      return { mean, squares: sum(x.map((value) => Math.abs(value - mean))) };
    },
  }),
  suppose('spread taken for another value', 'mean(x²), not centred, is taken for the variance', {
    statistics: (x, m) => ({ mean: sum(x) / m, squares: sum(x.map((value) => value ** 2)) }),
  }),
  suppose('spread taken for another value', 'max − min is taken for the standard deviation', {
    statistics(x, m) {
      const range = x.reduce((a, b) => Math.max(a, b)) - x.reduce((a, b) => Math.min(a, b));
      return { mean: sum(x) / m, squares: m * range ** 2 };
    },
  }),
];

/** Which statistics an op normalises with. */
function ofSources(): readonly Hypothesis[] {
  const running = (inputs: Parameters<Steps['given']>[0], place: Place): Moments => ({
    mean: inputs.runningMean![place.c]!,
    invStd: correct.invStd(inputs.runningVar![place.c]!, place.problem.convention, 'inference', place),
  });
  const updated = (
    batch: Parameters<Steps['normalisesWith']>[0],
    inputs: Parameters<Steps['given']>[0],
    place: Place,
  ) => {
    const weight = correct.weight(place.problem.convention, inputs.batchesTracked?.[0] ?? 0);
    const variance = correct.runningVar(inputs.runningVar![place.c]!, batch, weight, place);
    return {
      mean: correct.runningMean(inputs.runningMean![place.c]!, batch, weight, place),
      invStd: correct.invStd(variance, place.problem.convention, 'inference', place),
    };
  };
  return [
    suppose('running statistics in training', 'y is made with the running statistics', {
      normalisesWith: (_, inputs, place) => running(inputs, place),
    }),
    suppose('running statistics in training', 'y is centred at the running mean', {
      normalisesWith: ({ invStd }, inputs, { c }) => ({ mean: inputs.runningMean![c]!, invStd }),
    }),
    suppose('running statistics in training', 'y is scaled by the running variance', {
      normalisesWith: ({ mean }, inputs, place) => ({ mean, invStd: running(inputs, place).invStd }),
    }),
    suppose('running statistics in training', 'y is made with the updated running statistics', {
      normalisesWith: updated,
    }),
  ];
}

/** Where statistics are given: those of the batch are taken instead. */
const ofBatch: readonly Hypothesis[] = [
  suppose('batch statistics in inference', 'the statistics of the batch are used instead of those given', {
    given: (inputs, place) => batchOf(inputs.x!, place),
  }),
  suppose('batch statistics in inference', 'x is centred at the mean of the batch instead of the one given', {
    given: (inputs, place) => ({ ...correct.given(inputs, place), mean: batchOf(inputs.x!, place).mean }),
  }),
  suppose('batch statistics in inference', 'the variance of the batch is used instead of the one given', {
    given: (inputs, place) => ({ ...correct.given(inputs, place), invStd: batchOf(inputs.x!, place).invStd }),
  }),
  suppose('mean taken for another value', 'the given mean is taken for 0', {
    given: (inputs, place) => ({ ...correct.given(inputs, place), mean: 0 }),
  }),
];

export function ofStatistics(seen: Observation): readonly Hypothesis[] {
  const { op } = seen.problem;
  if (op === 'forward-training') return [...ofSets(seen), ...ofMeanAndSpread, ...ofSources()];
  if (op === 'backward') return ofSets(seen).filter(({ cause }) => cause !== 'statistics over all channels');
  const ofSpread = ofMeanAndSpread.filter(({ cause }) => cause === 'spread taken for another value');
  return [...ofBatch, ...ofSpread, ...(op === 'backward-frozen' ? ofSets(seen) : [])];
}
