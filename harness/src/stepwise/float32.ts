import { normal, type Uniform } from '../cases/random.ts';
import type { Replaced } from './kernel.ts';
import type { Statistics } from './steps.ts';

/* Arithmetic that rounds after every operation, and the ways to add up that kernels use. */

const f = Math.fround;

/** Σ of float32 values. */
export type Sum = (values: Float64Array) => number;

/** One accumulator of float32. */
export const sequential: Sum = (values) => {
  let total = 0;
  for (const value of values) total = f(total + value);
  return total;
};

/** Accumulators side by side, as in a vector register, then added one after the other. */
export function lanes(width: number): Sum {
  return (values) => {
    const partial = new Float32Array(width);
    for (let k = 0; k < values.length; k++) partial[k % width]! += values[k]!;
    return sequential(Float64Array.from(partial));
  };
}

/** Halves, and halves of halves, down to the leaves. */
export function pairwise(leaf: number): Sum {
  const add: Sum = (values) => {
    if (values.length <= leaf) return sequential(values);
    const half = values.length >> 1;
    return f(add(values.subarray(0, half)) + add(values.subarray(half)));
  };
  return add;
}

/** Partial sums of blocks, then their sum: a workgroup each. */
export function blocked(size: number, within: Sum = sequential, across: Sum = sequential): Sum {
  return (values) => {
    const partial = new Float64Array(Math.ceil(values.length / size));
    for (let b = 0; b < partial.length; b++) partial[b] = within(values.subarray(b * size, (b + 1) * size));
    return across(partial);
  };
}

/** Kahan 1965, doi:10.1145/363707.363723. `sign` −1 is the mistake of adding the compensation the wrong way. */
export function kahan(sign: 1 | -1 = 1): Sum {
  return (values) => {
    let total = 0;
    let lost = 0;
    for (const value of values) {
      const corrected = f(value - sign * lost);
      const next = f(total + corrected);
      lost = f(f(next - total) - corrected);
      total = next;
    }
    return total;
  };
}

/** Neumaier 1974, doi:10.1002/zamm.19740540106. */
export const neumaier: Sum = (values) => {
  let total = 0;
  let lost = 0;
  for (const value of values) {
    const next = f(total + value);
    lost = f(lost + (Math.abs(total) >= Math.abs(value) ? f(f(total - next) + value) : f(f(value - next) + total)));
    total = next;
  }
  return f(total + lost);
};

/** The elements in another order first. */
export function reordered(order: (values: Float64Array) => Float64Array, sum: Sum = sequential): Sum {
  return (values) => sum(order(values));
}

/** Fisher and Yates. */
export function shuffled(values: Float64Array, uniform: Uniform): Float64Array {
  const order = values.slice();
  for (let k = order.length - 1; k > 0; k--) {
    const other = Math.floor(uniform() * (k + 1));
    [order[k], order[other]] = [order[other]!, order[k]!];
  }
  return order;
}

/** A kernel of float32 throughout, with two passes and this sum. */
export function float32(sum: Sum = sequential): Replaced {
  return {
    statistics(x, m) {
      const mean = f(sum(x) / m);
      return { mean, squares: sum(x.map((value) => f(f(value - mean) ** 2))) };
    },
    invStd(variance, { eps, epsPlacement }) {
      const v = f(variance);
      return epsPlacement === 'inside-sqrt' ? f(1 / f(Math.sqrt(f(v + f(eps))))) : f(1 / f(f(Math.sqrt(v)) + f(eps)));
    },
    normalise: (x, { mean, invStd }, { gamma, beta }) => f(f(f(f(x - mean) * invStd) * gamma) + beta),
    sums: (x, dy, { mean, invStd }) => ({
      dGamma: sum(x.map((value, k) => f(dy[k]! * f(f(value - mean) * invStd)))),
      dBeta: sum(dy),
    }),
    q: ({ invStd }, { eps, epsPlacement }) => (epsPlacement === 'inside-sqrt' ? 1 : f(1 - f(f(eps) * invStd))),
    dx(x, dy, { mean, invStd, gamma, m, divisor, dBeta, dGamma }) {
      const xHat = f(f(x - mean) * invStd);
      return f(f(gamma * invStd) * f(f(dy - f(dBeta / m)) - f(xHat * f(dGamma / divisor))));
    },
    dxFrozen: (_x, dy, { gamma, invStd }) => f(f(gamma * invStd) * dy),
    runningMean: (old, { mean }, weight) => f(f((1 - weight) * old) + f(weight * mean)),
    runningVar: (old, { runningVariance }, weight) => f(f((1 - weight) * old) + f(weight * runningVariance)),
  };
}

/** Σx² − (Σx)²/m. */
export function onePass(sum: Sum, round: (value: number) => number = f): (x: Float64Array, m: number) => Statistics {
  return (x, m) => {
    const total = sum(x);
    const square = sum(x.map((value) => round(value * value)));
    return { mean: round(total / m), squares: round(m * round(round(square / m) - round(round(total / m) ** 2))) };
  };
}

/** Welford 1962, doi:10.1080/00401706.1962.10490022. */
export function welford(
  x: Float64Array,
  round: (value: number) => number = f,
): Statistics & { readonly count: number } {
  let mean = 0;
  let squares = 0;
  let count = 0;
  for (const value of x) {
    count++;
    const before = round(value - mean);
    mean = round(mean + round(before / count));
    squares = round(squares + round(before * round(value - mean)));
  }
  return { mean, squares, count };
}

export type Partial3 = Statistics & { readonly count: number };

/** Chan, Golub & LeVeque 1983, doi:10.1080/00031305.1983.10483115. */
export function merge(a: Partial3, b: Partial3, round: (value: number) => number = f): Partial3 {
  const count = a.count + b.count;
  const delta = round(b.mean - a.mean);
  return {
    count,
    mean: round(a.mean + round(delta * round(b.count / count))),
    squares: round(round(a.squares + b.squares) + round(round(delta * delta) * round((a.count * b.count) / count))),
  };
}

/** Statistics of blocks, merged one after the other or as a tree. */
export function chan(
  x: Float64Array,
  size: number,
  merged: (a: Partial3, b: Partial3) => Partial3 = merge,
  shape: 'chain' | 'tree' = 'chain',
  round: (value: number) => number = f,
): Statistics {
  let parts: Partial3[] = [];
  for (let start = 0; start < x.length; start += size) parts.push(welford(x.subarray(start, start + size), round));
  while (parts.length > 1) {
    parts =
      shape === 'chain'
        ? [merged(parts[0]!, parts[1]!), ...parts.slice(2)]
        : Array.from({ length: Math.ceil(parts.length / 2) }, (_, k) =>
            parts[2 * k + 1] ? merged(parts[2 * k]!, parts[2 * k + 1]!) : parts[2 * k]!,
          );
  }
  return parts[0]!;
}

/** Rounds to so many significant bits, half up in magnitude; infinities and NaN stay. */
export function significant(value: number, bits: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  const quantum = 2 ** (Math.floor(Math.log2(Math.abs(value))) - bits + 1);
  return Math.round(value / quantum) * quantum;
}

/** To float16 towards zero, as a conversion that cuts bits off. */
export function cutToFloat16(value: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  const quantum = Math.max(2 ** (Math.floor(Math.log2(Math.abs(value))) - 10), 2 ** -24);
  return Math.trunc(value / quantum) * quantum;
}

/** The range of float32 with 8 bits. */
export function bfloat16(value: number): number {
  return significant(value, 8);
}

/** What tensor cores read of a float32: 11 bits. */
export function tf32(value: number): number {
  return significant(value, 11);
}

/** Subnormals are 0. */
export function flushed(value: number): number {
  return Math.abs(value) < 2 ** -126 ? 0 : value;
}

/** Up or down by chance, so that the rounding is right on average. */
export function stochastic(value: number, uniform: Uniform): number {
  return f(value + f(value) * 2 ** -22 * normal(uniform));
}

/** Lomont 2003: the constant of Quake III, with Newton's steps. About 2e-3, 5e-6, 4e-11 after 1, 2, 3. */
export function quickInverseRoot(value: number, newtonSteps: number): number {
  const words = new Int32Array(1);
  const floats = new Float32Array(words.buffer);
  floats[0] = value;
  words[0] = 0x5f3759df - (words[0]! >> 1);
  let root = floats[0];
  for (let k = 0; k < newtonSteps; k++) root = f(root * f(1.5 - f(f(f(value * 0.5) * root) * root)));
  return root;
}
