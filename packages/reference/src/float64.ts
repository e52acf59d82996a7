import { all, create, type MathJsInstance } from 'mathjs';

/** `predictable`: the root of a negative number is NaN, as in IEEE 754, and not a complex number. */
const math: MathJsInstance = create(all!, { predictable: true });

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
