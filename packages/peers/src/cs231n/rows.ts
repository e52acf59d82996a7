import type { Precision, Reals } from '../precision.ts';

/** An (N, D) array in C order. */
export interface Matrix {
  readonly n: number;
  readonly d: number;
}

/**
 * `np.sum(values, axis=0)`, [D]: row after row. numpy adds pairwise only along the axis that is fast in memory (notes of
 * `numpy.sum`), which axis 0 is not unless D = 1.
 */
export function addedRows(values: Reals, { n, d }: Matrix, { round, array }: Precision): Reals {
  const sums = array(d);
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < d; column++) {
      sums[column] = round(sums[column]! + values[row * d + column]!);
    }
  }
  return sums;
}

/** One broadcast operation of an (N, D) array with something of length D; rounded once. */
export function onRows(
  values: Reals,
  { d }: Matrix,
  { round, array }: Precision,
  operation: (value: number, column: number, index: number) => number,
): Reals {
  const result = array(values.length);
  for (let i = 0; i < values.length; i++) result[i] = round(operation(values[i]!, i % d, i));
  return result;
}
