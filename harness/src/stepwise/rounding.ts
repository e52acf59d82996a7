import type { Replaced } from './kernel.ts';

/** Changes these tensors as they are read. */
export const loading = (round: (value: number) => number, names: readonly string[]): Replaced => ({
  load: (value, name) => (names.includes(name) ? round(value) : value),
});

/** Changes these tensors as they are written. */
export const storing = (round: (value: number) => number, names: readonly string[]): Replaced => ({
  store: (value, name) => (names.includes(name) ? round(value) : value),
});

/** Rounds every sum after every addition. */
export function accumulating(round: (value: number) => number): Replaced {
  const add = (values: Float64Array): number => values.reduce((total, value) => round(total + value), 0);
  return {
    statistics(x, m) {
      const mean = add(x) / m;
      return { mean, squares: add(x.map((value) => (value - mean) ** 2)) };
    },
    sums: (x, dy, { mean, invStd }) => ({
      dBeta: add(dy),
      dGamma: add(x.map((value, k) => dy[k]! * (value - mean) * invStd)),
    }),
  };
}
