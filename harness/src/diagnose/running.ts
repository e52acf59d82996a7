import type { Replaced } from '../stepwise/kernel.ts';
import { type Batch, mix } from '../stepwise/steps.ts';
import type { Cause } from './causes.ts';
import { type Hypothesis, suppose } from './hypothesis.ts';
import type { Observation } from './observation.ts';

/* Suppositions about running and saved statistics. */

/** The weight of the new that gives the running statistic that came, if it is the same in every channel. */
function weightSeen(got: Float32Array, old: Float32Array, fresh: (c: number) => number): number | undefined {
  const estimates = [...got]
    .map((value, c) => (value - old[c]!) / (fresh(c) - old[c]!))
    .filter(Number.isFinite)
    .toSorted((a, b) => a - b);
  const median = estimates[estimates.length >> 1];
  return median === undefined ? undefined : Number(median.toPrecision(4));
}

function fitted({ problem, got, inputs, expected }: Observation): readonly Hypothesis[] {
  const { momentum } = problem.convention;
  const tracked = inputs.batchesTracked?.[0] ?? 0;
  const weight = momentum === 'cumulative' ? 1 / (tracked + 1) : momentum;
  if (!(weight > 0)) return [];
  const old = { mean: inputs.runningMean!, variance: inputs.runningVar! };
  const freshOf = (expectedNew: Float64Array, before: Float32Array) => (c: number) =>
    (expectedNew[c]! - (1 - weight) * before[c]!) / weight;
  const ofMean = weightSeen(got.runningMean!, old.mean, freshOf(expected.runningMean!, old.mean));
  const ofVariance = weightSeen(got.runningVar!, old.variance, freshOf(expected.runningVar!, old.variance));
  const rows: Hypothesis[] = [];
  const add = (seen: number | undefined, what: string, steps: (w: number) => Replaced): void => {
    if (seen === undefined || Math.abs(seen - weight) < 1e-3 * weight || Math.abs(seen) < 1e-3) return;
    const cause: Cause = momentum === 'cumulative' ? 'cumulative average ignored' : 'another momentum';
    rows.push(suppose(cause, `the weight of the new ${what} is ${seen} instead of ${weight}`, steps(seen), 2));
  };
  if (ofMean !== undefined && ofVariance !== undefined && Math.abs(ofMean - ofVariance) < 1e-2 * Math.abs(ofMean)) {
    add(ofVariance, 'statistics', (w) => ({ weight: () => w }));
  }
  add(ofMean, 'mean', (w) => ({ runningMean: (before, { mean }) => mix(before, mean, w) }));
  add(ofVariance, 'variance', (w) => ({ runningVar: (before, batch) => mix(before, batch.runningVariance, w) }));
  return rows;
}

function ofMomentum({ problem, inputs }: Observation): readonly Hypothesis[] {
  const { momentum } = problem.convention;
  const tracked = inputs.batchesTracked?.[0] ?? 0;
  const weighing = (cause: Cause, says: string, weight: (w: number) => number): readonly Hypothesis[] => [
    suppose(cause, says, { weight: (c) => weight(c.momentum === 'cumulative' ? 1 / (tracked + 1) : c.momentum) }),
    suppose(cause, `${says}, for the mean`, { runningMean: (old, { mean }, w) => mix(old, mean, weight(w)) }),
    suppose(cause, `${says}, for the variance`, {
      runningVar: (old, { runningVariance }, w) => mix(old, runningVariance, weight(w)),
    }),
  ];
  const averages =
    momentum === 'cumulative'
      ? [
          ...weighing(
            'cumulative average off by one',
            `the weight of batch ${tracked + 1} is 1/${Math.max(tracked, 1)}`,
            () => 1 / Math.max(tracked, 1),
          ),
          ...weighing(
            'cumulative average off by one',
            `the weight of batch ${tracked + 1} is 1/${tracked + 2}`,
            () => 1 / (tracked + 2),
          ),
          ...weighing('cumulative average ignored', 'the cumulative average starts anew with every batch', () => 1),
          ...weighing('cumulative average ignored', 'the cumulative average is taken for a momentum of 0.1', () => 0.1),
        ]
      : [
          ...weighing('another momentum', 'the running statistics are those of this batch', () => 1),
          ...[0.1, 0.01, 0.9, 0.99, 0.001].map((value) =>
            suppose('another momentum', `the weight of the new statistics is ${value} instead of ${momentum}`, {
              weight: () => value,
            }),
          ),
        ];
  const reversible = momentum !== 'cumulative' && momentum !== 0.5;
  return [
    ...(reversible
      ? weighing('momentum reversed', 'the momentum is the weight of the old statistics', (w) => 1 - w)
      : []),
    ...averages,
    ...weighing('another momentum', 'the momentum is applied twice', (w) => w ** 2),
    suppose('another momentum', 'the old running mean is not decayed', {
      runningMean: (old, { mean }, w) => old + w * mean,
    }),
    suppose('another momentum', 'the new mean is not weighted', {
      runningMean: (old, { mean }, w) => (1 - w) * old + mean,
    }),
    suppose('another momentum', 'the old running variance is not decayed', {
      runningVar: (old, { runningVariance }, w) => old + w * runningVariance,
    }),
    suppose('another momentum', 'the new variance is not weighted', {
      runningVar: (old, { runningVariance }, w) => (1 - w) * old + runningVariance,
    }),
  ];
}

type OfBatch = (batch: Batch, m: number) => number;

const means: readonly (readonly [string, OfBatch])[] = [
  ['σ²', ({ runningVariance }) => runningVariance],
  ['Σx, not divided by m', ({ mean }, m) => m * mean],
  ['μ·m/(m−1)', ({ mean }, m) => (mean * m) / Math.max(m - 1, 1)],
  ['|μ|', ({ mean }) => Math.abs(mean)],
  ['−μ', ({ mean }) => -mean],
  ['μ·invStd', ({ mean, invStd }) => mean * invStd],
  ['0', () => 0],
];

const variances: readonly (readonly [string, OfBatch])[] = [
  ['σ', ({ runningVariance }) => Math.sqrt(runningVariance)],
  ['invStd', ({ invStd }) => invStd],
  ['1/invStd', ({ invStd }) => 1 / invStd],
  ['invStd²', ({ invStd }) => invStd ** 2],
  ['μ', ({ mean }) => mean],
  ['mean(x²), not centred', ({ mean, variance }) => variance + mean ** 2],
  ['mean(x²)·m/(m−1), not centred', ({ mean, runningVariance }) => runningVariance + mean ** 2],
  ['Σ(x−μ)², not divided', ({ runningVariance }, m) => runningVariance * m],
  ['Σ(x−μ)², not divided', ({ variance }, m) => variance * m],
  ['σ⁴', ({ runningVariance }) => runningVariance ** 2],
  ['0', () => 0],
];

const ofUpdates: readonly Hypothesis[] = [
  suppose('running mean not updated', 'the running mean stays as it was', { runningMean: (old) => old }),
  suppose('running variance not updated', 'the running variance stays as it was', { runningVar: (old) => old }),
  suppose('running mean not updated', 'running mean and variance stay as they were', { weight: () => 0 }),
  ...means.map(([as, take]) =>
    suppose('running mean wrong', `the running mean takes ${as} instead of μ`, {
      runningMean: (old, batch, w, { m }) => mix(old, take(batch, m), w),
    }),
  ),
  ...variances.map(([as, take]) =>
    suppose('running variance wrong', `the running variance takes ${as} instead of σ²`, {
      runningVar: (old, batch, w, { m }) => mix(old, take(batch, m), w),
    }),
  ),
  suppose('running variance wrong', 'standard deviations are mixed, then squared', {
    runningVar: (old, { runningVariance }, w) => mix(Math.sqrt(old), Math.sqrt(runningVariance), w) ** 2,
  }),
  suppose('running variance wrong', 'the old running variance is decayed twice', {
    runningVar: (old, { runningVariance }, w) => (1 - w) ** 2 * old + w * runningVariance,
  }),
  suppose('running mean wrong', 'the old running mean is decayed twice', {
    runningMean: (old, { mean }, w) => (1 - w) ** 2 * old + w * mean,
  }),
  suppose('running mean wrong', 'running mean and variance are exchanged', {
    runningMean: (old, { runningVariance }, w) => mix(old, runningVariance, w),
    runningVar: (old, { mean }, w) => mix(old, mean, w),
  }),
];

const savedMeans: readonly (readonly [string, OfBatch])[] = [
  ['0', () => 0],
  ['−μ', ({ mean }) => -mean],
  ['μ·invStd', ({ mean, invStd }) => mean * invStd],
  ['−μ·invStd', ({ mean, invStd }) => -mean * invStd],
  ['Σx', ({ mean }, m) => m * mean],
];

const savedInvStds: readonly (readonly [string, OfBatch])[] = [
  ['σ²', ({ variance }) => variance],
  ['the variance', ({ runningVariance }) => runningVariance],
  ['σ', ({ variance }) => Math.sqrt(variance)],
  ['the standard deviation', ({ invStd }) => 1 / invStd],
  ['1/(σ² + eps)', ({ invStd }) => invStd ** 2],
  ['σ² + eps', ({ invStd }) => invStd ** -2],
  ['1/σ', ({ variance }) => 1 / Math.sqrt(variance)],
  ['0', () => 0],
  ['1', () => 1],
];

function ofSaved({ problem: { convention } }: Observation): readonly Hypothesis[] {
  const { eps } = convention;
  return [
    ...savedMeans.map(([as, take]) =>
      suppose('saved mean wrong', `the saved mean is ${as}`, {
        saved: (batch, { m }) => ({ mean: take(batch, m), invStd: batch.invStd }),
      }),
    ),
    ...savedInvStds.map(([as, take]) =>
      suppose('saved invStd wrong', `the saved invStd is ${as}`, {
        saved: (batch, { m }) => ({ mean: batch.mean, invStd: take(batch, m) }),
      }),
    ),
    suppose('saved invStd wrong', 'the saved invStd is made with the running divisor', {
      saved: ({ mean, runningVariance }) => ({ mean, invStd: 1 / Math.sqrt(runningVariance + eps) }),
    }),
    suppose('saved invStd wrong', 'the saved invStd is made with the other divisor', {
      saved: ({ mean, variance }, { m }) => ({
        mean,
        invStd: 1 / Math.sqrt(variance * (convention.normalizeDivisor === 'm' ? m / (m - 1) : (m - 1) / m) + eps),
      }),
    }),
  ];
}

/** Some channels only: where the running statistics that came are the old ones. */
function ofChannels({ problem, got, inputs, mask }: Observation): readonly Hypothesis[] {
  const rows = [
    { name: 'runningMean', cause: 'running mean not updated', what: 'mean' },
    { name: 'runningVar', cause: 'running variance not updated', what: 'variance' },
  ] as const;
  return rows.flatMap(({ name, cause, what }) => {
    const wrong = mask[name]!;
    const kept = [...wrong].map((isWrong, c) => isWrong === 1 && got[name]![c] === inputs[name]![c]);
    if (!kept.some(Boolean) || kept.every(Boolean)) return [];
    const which = kept.flatMap((is, c) => (is ? [c] : []));
    const says = `the running ${what} of ${which.length} of ${problem.shape.c} channels stays as it was`;
    return [
      suppose(
        cause,
        says,
        name === 'runningMean'
          ? { runningMean: (old, { mean }, w, { c }) => (kept[c] ? old : mix(old, mean, w)) }
          : { runningVar: (old, batch, w, { c }) => (kept[c] ? old : mix(old, batch.runningVariance, w)) },
        1.5,
      ),
    ];
  });
}

export function ofRunning(seen: Observation): readonly Hypothesis[] {
  if (seen.problem.op !== 'forward-training') return [];
  return [...ofMomentum(seen), ...ofUpdates, ...ofSaved(seen), ...ofChannels(seen), ...fitted(seen)];
}
