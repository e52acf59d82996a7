import { elementsOf } from '@normgauge/contract';
import {
  correct,
  type Indices,
  type Moments,
  type Place,
  type Statistics,
  sum,
  twoPass,
} from '../../stepwise/steps.ts';
import { because, kernel, type Mutant } from '../mutant.ts';

/* Kernels that take their statistics over the wrong elements, or do not take them at all. */

type Given = typeof correct.given;

const givenTo: Given = (inputs, place) => correct.given(inputs, place);

/** The moments of the channel's own data. */
function batchOf(x: Float32Array, place: Place): Moments {
  const { convention, op } = place.problem;
  const { mean, squares } = twoPass(
    Float64Array.from(correct.elements(place), (i) => x[i]!),
    place.m,
  );
  return { mean, invStd: correct.invStd(squares / place.m, convention, op, place) };
}

const aroundValue = (x: Float64Array, value: number): Statistics => ({
  mean: value,
  squares: sum(x.map((element) => (element - value) ** 2)),
});

/** Statistics of sets of their own. */
const perSets = (size: (place: Place) => number): { sets: typeof correct.sets; count: typeof correct.count } => ({
  sets(elements, place) {
    const length = Math.max(size(place), 1);
    return Array.from({ length: Math.ceil(elements.length / length) }, (_, k) =>
      elements.subarray(k * length, (k + 1) * length),
    );
  },
  count: (_place, summed) => summed,
});

/** Statistics of the elements that this keeps, divided by how many these are; in training only. */
function statisticsOf(keep: (elements: Indices, place: Place) => Indices): {
  summed: typeof correct.summed;
  count: typeof correct.count;
} {
  return {
    summed: (elements, place) => (place.problem.op === 'forward-training' ? keep(elements, place) : elements),
    count: ({ m, problem }, summed) => (problem.op === 'forward-training' ? summed : m),
  };
}

/** Every element of the tensor. */
const allChannels = (_: Indices, { problem }: Place): Indices =>
  Uint32Array.from({ length: elementsOf(problem.shape) }, (__, i) => i);

export const statisticsMutants: readonly Mutant[] = [
  ...because(
    'semantics',
    'statistics per sample',
    kernel(
      'instance-norm',
      'every sample has statistics of its own',
      perSets(({ positions }) => positions),
    ),
    kernel(
      'row-norm',
      'every row of the last axis has statistics of its own',
      perSets(({ problem, positions }) => problem.shape.spatial.at(-1) ?? positions),
    ),
  ),
  ...because(
    'semantics',
    'statistics over all channels',
    kernel('all-channels', 'one mean and variance for the whole tensor', statisticsOf(allChannels)),
    kernel(
      'group-norm',
      'pairs of channels share statistics',
      statisticsOf((elements, place) => {
        const partner = Math.min(place.c ^ 1, place.problem.shape.c - 1);
        return Uint32Array.of(...elements, ...correct.elements({ ...place, c: partner }));
      }),
    ),
  ),
  ...because(
    'semantics',
    'statistics of part of the batch',
    kernel(
      'first-sample',
      'statistics of the first sample',
      statisticsOf((elements, { positions }) => elements.subarray(0, positions)),
    ),
    kernel(
      'last-sample',
      'statistics of the last sample',
      statisticsOf((elements, { positions }) => elements.subarray(-positions)),
    ),
    kernel(
      'ghost-batch',
      'the halves of the batch have statistics of their own',
      perSets(({ problem, positions }) => Math.ceil(problem.shape.n / 2) * positions),
    ),
    kernel(
      'without-last-sample',
      'the last sample is left out of its batch',
      statisticsOf((elements, { positions, problem }) =>
        problem.shape.n > 1 ? elements.subarray(0, -positions) : elements,
      ),
    ),
  ),
  ...because(
    'semantics',
    'running statistics in training',
    kernel('training-with-running', 'y of training is made with the running statistics', {
      normalisesWith: (_batch, inputs, place) => ({
        mean: inputs.runningMean![place.c]!,
        invStd: correct.invStd(inputs.runningVar![place.c]!, place.problem.convention, 'inference', place),
      }),
    }),
    kernel('training-with-running-mean', 'y of training is centred at the running mean', {
      normalisesWith: ({ invStd }, inputs, { c }) => ({ mean: inputs.runningMean![c]!, invStd }),
    }),
    kernel('training-with-updated', 'y of training is made with the updated running statistics', {
      normalisesWith(batch, inputs, place) {
        const { convention } = place.problem;
        const weight = correct.weight(convention, inputs.batchesTracked?.[0] ?? 0);
        const variance = correct.runningVar(inputs.runningVar![place.c]!, batch, weight, place);
        return {
          mean: correct.runningMean(inputs.runningMean![place.c]!, batch, weight, place),
          invStd: correct.invStd(variance, convention, 'inference', place),
        };
      },
    }),
  ),
  ...because(
    'semantics',
    'batch statistics in inference',
    kernel('inference-with-batch', 'inference normalises with the statistics of its batch', {
      given: (inputs, place) => (place.problem.op === 'inference' ? batchOf(inputs.x!, place) : givenTo(inputs, place)),
    }),
    kernel('inference-with-batch-mean', 'inference centres at the mean of its batch', {
      given(inputs, place) {
        const moments = givenTo(inputs, place);
        return place.problem.op === 'inference' ? { ...moments, mean: batchOf(inputs.x!, place).mean } : moments;
      },
    }),
    kernel('frozen-with-batch', 'backward-frozen normalises with the statistics of its batch', {
      given: (inputs, place) =>
        place.problem.op === 'backward-frozen' ? batchOf(inputs.x!, place) : givenTo(inputs, place),
    }),
  ),
  ...because(
    'semantics',
    'mean taken for another value',
    kernel('mean-zero', 'the mean is taken for 0, as RMSNorm does', { statistics: (x) => aroundValue(x, 0) }),
    kernel('mean-first', 'the first element is taken for the mean', { statistics: (x) => aroundValue(x, x[0]!) }),
    kernel('mean-middle', 'the mean is (min + max)/2', {
      statistics: (x) => aroundValue(x, (x.reduce((a, b) => Math.min(a, b)) + x.reduce((a, b) => Math.max(a, b))) / 2),
    }),
    kernel('mean-not-subtracted', 'x·invStd: the mean is found and not subtracted', {
      normalise: (x, { invStd }, { gamma, beta }) => gamma * (x * invStd) + beta,
    }),
    kernel('mean-subtracted-twice', 'x was centred before it is centred', {
      normalise: (x, { mean, invStd }, { gamma, beta }) => gamma * ((x - 2 * mean) * invStd) + beta,
    }),
    kernel('mean-added', '(x + μ)·invStd', {
      normalise: (x, { mean, invStd }, { gamma, beta }) => gamma * ((x + mean) * invStd) + beta,
    }),
  ),
  ...because(
    'semantics',
    'spread taken for another value',
    kernel('spread-one', 'the variance is taken for 1', { invStd: () => 1 }),
    kernel('spread-variance', 'divides by σ² + eps, without the root', {
      invStd: (variance, { eps }) => 1 / (variance + eps),
    }),
    kernel('spread-multiplied', 'multiplies by the standard deviation', {
      normalise: (x, { mean, invStd }, { gamma, beta }) => gamma * ((x - mean) / invStd) + beta,
    }),
    kernel('spread-absolute', 'mean |x−μ| for the standard deviation', {
      statistics(x, m) {
        const { mean } = twoPass(x, m);
        return { mean, squares: sum(x.map((value) => Math.abs(value - mean))) ** 2 / m };
      },
    }),
    kernel('spread-mean-square', 'mean(x²) for the variance', {
      statistics: (x, m) => ({ mean: sum(x) / m, squares: sum(x.map((value) => value ** 2)) }),
    }),
  ),
];
