import {
  create,
  type MathJsInstance,
  meanDependencies,
  sqrtDependencies,
  sumDependencies,
  varianceDependencies,
} from 'mathjs/number';

/**
 * The part of mathjs that knows float64 and nothing else: half of the whole to load, and it stays in memory while cases run.
 * `predictable`: the root of a negative number is NaN, as in IEEE 754, and not an error.
 */
const math: MathJsInstance = create(
  { ...meanDependencies, ...sqrtDependencies, ...sumDependencies, ...varianceDependencies },
  { predictable: true },
);

/** Σv, in float64. Plain arrays only: mathjs refuses a Float64Array, and spreading a large one overflows the stack. */
export function sum(values: readonly number[]): number {
  return Number(math.sum(values as number[]));
}

/** Σv/m, in float64. */
export function mean(values: readonly number[]): number {
  return Number(math.mean(values as number[]));
}

/** Σ(v−mean)²/m, in float64. mathjs says `uncorrected` for ÷ m; its `biased` is ÷ (m+1), and it makes m = 1 ÷ (m−1) zero. */
export function variance(values: readonly number[]): number {
  return Number(math.variance(values as number[], 'uncorrected'));
}

export function sqrt(value: number): number {
  return Number(math.sqrt(value));
}
