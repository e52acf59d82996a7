import type { Convention } from '@normgauge/contract';
import type { Replaced } from '../stepwise/kernel.ts';
import { correct, type DivisorUse, mix, sum } from '../stepwise/steps.ts';
import type { Cause } from './causes.ts';
import { type Hypothesis, suppose } from './hypothesis.ts';
import type { Observation } from './observation.ts';

/* Suppositions about what the sums are divided by. */

type Divisor = (kind: 'm' | 'm-1', m: number, convention: Convention) => number;

function dividing(uses: readonly DivisorUse[], divisor: Divisor): Replaced {
  return {
    divisor: (kind, m, convention, use) => (uses.includes(use) ? divisor : correct.divisor)(kind, m, convention, use),
  };
}

interface Row {
  readonly as: string;
  readonly divisor: Divisor;
  readonly normalising: Cause;
  readonly running: Cause;
}

const another = {
  normalising: 'divides by another count',
  running: 'running variance divided by another count',
} as const;
const lessOne = { normalising: 'divides by m−1', running: 'running variance divided by m−1' } as const;

const rows: readonly Row[] = [
  { as: 'm', divisor: (_, m) => m, normalising: 'divides by m', running: 'running variance divided by m' },
  { as: 'm−1', divisor: (_, m) => m - 1, ...lessOne },
  { as: 'max(m−1, 1)', divisor: (_, m) => Math.max(m - 1, 1), ...lessOne },
  { as: 'm+1', divisor: (_, m) => m + 1, ...another },
  { as: 'm−1.5', divisor: (_, m) => m - 1.5, ...another },
  { as: 'm−2', divisor: (_, m) => m - 2, ...another },
  { as: 'm²/(m−1)', divisor: (_, m) => m ** 2 / (m - 1), ...another },
  { as: '(m−1)²/m', divisor: (_, m) => (m - 1) ** 2 / m, ...another },
];

function ofUses(m: number): readonly Hypothesis[] {
  const all = rows.flatMap(({ as, divisor, normalising, running }) => [
    suppose(
      normalising,
      `σ² that normalises is Σ(x−μ)² divided by ${as}`,
      dividing(['normalise', 'gradient'], divisor),
    ),
    suppose(
      normalising,
      `σ² that normalises is Σ(x−μ)² divided by ${as}, in the forward only`,
      dividing(['normalise'], divisor),
    ),
    suppose(running, `the running variance takes Σ(x−μ)² divided by ${as}`, dividing(['running'], divisor)),
    suppose(
      normalising,
      `both variances are Σ(x−μ)² divided by ${as}`,
      dividing(['normalise', 'running', 'gradient'], divisor),
      1.5,
    ),
  ]);
  if (m > 1) return all;
  // There it is the guard against 0/0 that differs, unless other cases speak for the divisor.
  return all.flatMap((row) => [
    { ...row, cause: 'a single element treated otherwise' },
    { ...row, weight: row.weight + 0.4 },
  ]);
}

/** The middle one of those that are numbers. */
function median(values: readonly number[]): number | undefined {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** A count near a whole number is one. */
function asCount(estimate: number | undefined): number | undefined {
  if (estimate === undefined || !(estimate > 0)) return undefined;
  const whole = Math.round(estimate);
  return Math.abs(estimate - whole) < 2e-3 * whole ? whole : Number(estimate.toPrecision(5));
}

/** `m+3 = 108`. */
function named(count: number, m: number): string {
  if (!Number.isInteger(count)) return `${count}`;
  const beyond = count - m;
  return beyond === 0 ? `m = ${m}` : `m${beyond < 0 ? '−' : '+'}${Math.abs(beyond)} = ${count}`;
}

/** The counts that give the invStd and the running variance that came, the same in every channel. */
function fitted({ problem, got, expected, inputs, m }: Observation): readonly Hypothesis[] {
  if (problem.op !== 'forward-training' || m < 2) return [];
  const { convention } = problem;
  const { eps, epsPlacement, momentum } = convention;
  const varianceOf = (invStd: number): number =>
    epsPlacement === 'inside-sqrt' ? 1 / invStd ** 2 - eps : (1 / invStd - eps) ** 2;
  const normalising = correct.divisor(convention.normalizeDivisor, m, convention, 'normalise');
  const forRunning = correct.divisor(convention.runningDivisor, m, convention, 'running');
  const weight = momentum === 'cumulative' ? 1 / ((inputs.batchesTracked?.[0] ?? 0) + 1) : momentum;
  const fresh = (value: number, c: number): number => (value - (1 - weight) * inputs.runningVar![c]!) / weight;
  const ofInvStd = asCount(
    median([...got.invStd!].map((invStd, c) => (normalising * varianceOf(expected.invStd![c]!)) / varianceOf(invStd))),
  );
  const ofRunning = asCount(
    median([...got.runningVar!].map((value, c) => (forRunning * fresh(expected.runningVar![c]!, c)) / fresh(value, c))),
  );
  const differs = (count: number | undefined, divisor: number): count is number =>
    count !== undefined && Math.abs(count / divisor - 1) > 1e-4;
  const { normalising: cause, running } = another;
  const rows: Hypothesis[] = [];
  if (differs(ofInvStd, normalising)) {
    const divides = (use: DivisorUse): boolean => use !== 'running';
    const says = `σ² that normalises is Σ(x−μ)² divided by ${named(ofInvStd, m)} instead of ${normalising}`;
    rows.push(
      suppose(
        cause,
        says,
        { divisor: (kind, n, of, use) => (divides(use) ? ofInvStd : correct.divisor(kind, n, of, use)) },
        2,
      ),
    );
  }
  if (differs(ofRunning, forRunning)) {
    const says = `the running variance takes Σ(x−μ)² divided by ${named(ofRunning, m)} instead of ${forRunning}`;
    rows.push(
      suppose(
        running,
        says,
        dividing(['running'], () => ofRunning),
        2,
      ),
    );
  }
  if (differs(ofInvStd, normalising) && ofRunning !== undefined) {
    const says = `σ² is Σ(x−μ)² divided by ${named(ofInvStd, m)}, and for the running variance by ${named(ofRunning, m)}`;
    rows.push(
      suppose(cause, says, { divisor: (_kind, _m, _of, use) => (use === 'running' ? ofRunning : ofInvStd) }, 2.2),
    );
  }
  return rows;
}

/** Counts that sums are divided by in place of m. */
function ofCounts({ problem: { shape }, m }: Observation): readonly Hypothesis[] {
  const positions = shape.spatial.reduce((a, b) => a * b, 1);
  const counts: readonly (readonly [string, number])[] = [
    ['N', shape.n],
    ['the positions of a sample', positions],
    ['C·N', shape.c * shape.n],
    ['all elements', shape.c * m],
    ['the width', shape.spatial.at(-1) ?? 1],
    ['N times the last two spatial sizes', shape.n * shape.spatial.slice(-2).reduce((a, b) => a * b, 1)],
    ['N times the width', shape.n * (shape.spatial.at(-1) ?? 1)],
    ['m−1', m - 1],
    ['m+1', m + 1],
  ];
  const padded = [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
    .filter((size) => m % size !== 0)
    .map((size) =>
      suppose('padding taken for data', `sums are divided by m rounded up to a multiple of ${size}`, {
        count: () => Math.ceil(m / size) * size,
      }),
    );
  const wrapped = [8, 16, 20]
    .filter((bits) => m >= 2 ** bits)
    .map((bits) => suppose('index overflows', `m is kept in ${bits} bits`, { count: () => m % 2 ** bits }));
  return [
    ...counts
      .filter(([, count]) => count !== m)
      .map(([as, count]) =>
        suppose('divides by another count', `sums are divided by ${as}, ${count}, instead of m = ${m}`, {
          count: () => count,
        }),
      ),
    ...padded,
    ...wrapped,
    suppose('divides by another count', 'the mean is Σx divided by m−1', {
      statistics(x, count) {
        const mean = sum(x) / Math.max(count - 1, 1);
        return { mean, squares: sum(x.map((value) => (value - mean) ** 2)) };
      },
    }),
    suppose('running variance divided by another count', 'the running variance is corrected by N/(N−1)', {
      runningVar: (old, { variance }, weight) => mix(old, (variance * shape.n) / (shape.n - 1), weight),
    }),
  ];
}

export function ofDivisors(seen: Observation): readonly Hypothesis[] {
  return [...ofUses(seen.m), ...ofCounts(seen), ...fitted(seen)];
}
