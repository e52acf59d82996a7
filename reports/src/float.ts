import type { Float } from './report.ts';

/** The spelling of a float64 in a report: itself, or the name of what JSON cannot hold. −0 becomes 0, as in JSON. */
export function toFloat(x: number): Float {
  if (Number.isNaN(x)) return 'NaN';
  if (x === Number.POSITIVE_INFINITY) return 'Infinity';
  if (x === Number.NEGATIVE_INFINITY) return '-Infinity';
  return x === 0 ? 0 : x;
}

/** The float64 that a report means. */
export function fromFloat(float: Float): number {
  return Number(float);
}

/** Orders ratios from best to worst; NaN, which no limit admits, is the worst of all. */
export function compareRatios(a: Float, b: Float): number {
  const x = fromFloat(a);
  const y = fromFloat(b);
  if (Number.isNaN(x)) return Number.isNaN(y) ? 0 : 1;
  if (Number.isNaN(y)) return -1;
  return x === y ? 0 : x < y ? -1 : 1;
}
