import { checkProblem, dtypes, inputsOf, type Problem, ShapeError } from '@normgauge/contract';
import type { RealTensors } from '../tensors.ts';

/** One channel of a problem as the oracles read it: independent of the reference, which walks the tensors by stride. */
export interface Channel {
  readonly c: number;
  /** Where its elements lie in a full tensor. */
  readonly indices: readonly number[];
  readonly x: readonly number[];
  /** Empty where the op has none. */
  readonly dy: readonly number[];
  /** 1 without affine. */
  readonly gamma: number;
  /** 0 without affine, and where the op has none. */
  readonly beta: number;
  /** NaN where the op has none, like the three below. */
  readonly mean: number;
  readonly invStd: number;
  readonly runningMean: number;
  readonly runningVar: number;
  /** Weight of the new batch statistic: the momentum, or 1/k on the k-th batch. */
  readonly weight: number;
}

/** Every element's channel by dividing its index, for [N, C, spatial] and for [N, spatial, C]. */
function indicesByChannel({ shape: { n, c, spatial }, layout }: Problem): number[][] {
  const positions = spatial.reduce((product, size) => product * size, 1);
  const channels = Array.from({ length: c }, (): number[] => []);
  for (let i = 0; i < n * c * positions; i++) {
    channels[layout === 'nchw' ? Math.floor(i / positions) % c : i % c]!.push(i);
  }
  return channels;
}

/**
 * The channels of a problem.
 *
 * @throws {ProblemError} when the problem has no meaning
 * @throws {ShapeError} when an input is absent or of another length
 */
export function channelsOf(problem: Problem, inputs: RealTensors): readonly Channel[] {
  checkProblem(problem, dtypes);
  for (const { name, length } of inputsOf(problem)) {
    const actual = inputs[name]?.length;
    if (actual !== length) throw new ShapeError(name, `${length} elements`, `${actual ?? 'no'} elements`);
  }
  const tensors: RealTensors = Object.fromEntries(inputsOf(problem).map(({ name }) => [name, inputs[name]]));
  const { x, dy, gamma, beta, mean, invStd, runningMean, runningVar, batchesTracked } = tensors;
  const { momentum } = problem.convention;
  const weight = momentum === 'cumulative' ? 1 / ((batchesTracked?.[0] ?? 0) + 1) : momentum;
  return indicesByChannel(problem).map((indices, c) => ({
    c,
    indices,
    x: indices.map((i) => x![i]!),
    dy: dy ? indices.map((i) => dy[i]!) : [],
    gamma: gamma?.[c] ?? 1,
    beta: beta?.[c] ?? 0,
    mean: mean?.[c] ?? Number.NaN,
    invStd: invStd?.[c] ?? Number.NaN,
    runningMean: runningMean?.[c] ?? Number.NaN,
    runningVar: runningVar?.[c] ?? Number.NaN,
    weight,
  }));
}

/** m, m−1 or max(m−1, 1). */
export function countedBy(kind: 'm' | 'm-1', m: number, { convention }: Problem): number {
  if (kind === 'm') return m;
  return m === 1 && convention.singleElement === 'guard' ? 1 : m - 1;
}

/** At most `most` of 0…count−1, the first and the last among them and the others evenly between. */
export function evenly(count: number, most: number): readonly number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i);
  if (most === 1) return [0];
  return Array.from({ length: most }, (_, i) => Math.round((i * (count - 1)) / (most - 1)));
}
