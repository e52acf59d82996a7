import { type FloatFormat, roundTo, ulpDistance } from './floatFormat.ts';
import type { PublishedTolerance } from './format.ts';

/** `6 ULP`, `rtol 0.001, atol 1e-7`. */
export function describeTolerance(tolerance: PublishedTolerance | undefined): string {
  if (!tolerance) return 'none';
  if (tolerance.metric === 'ULP') return `${tolerance.value} ULP`;
  if (tolerance.metric === 'ATOL') return `atol ${tolerance.value}`;
  return `rtol ${tolerance.rtol}, atol ${tolerance.atol}`;
}

/** How far one element is from the published one, as the publisher measures it. */
export interface PublishedDistance {
  /** ULP for that metric, otherwise the absolute error. Infinity for a NaN that should be a number. */
  readonly distance: number;
  readonly within: boolean;
}

/**
 * The publisher's verdict on one element. Both numbers are first rounded to the published format.
 *
 * ULP is counted monotonically and ±0 are equal: where the publisher's own count jumps at zero, this one does not.
 * ATOL and rtol/atol are |got − expected| ≤ atol + rtol·|expected|, as numpy's allclose has it.
 */
export function publishedDistance(
  tolerance: PublishedTolerance,
  format: FloatFormat,
  got: number,
  expected: number,
): PublishedDistance {
  const a = roundTo(format, got);
  const b = roundTo(format, expected);
  if (tolerance.metric === 'ULP') {
    const distance = ulpDistance(format, a, b);
    return { distance, within: distance <= tolerance.value };
  }
  const distance = a === b ? 0 : Math.abs(a - b);
  const allowed = tolerance.metric === 'ATOL' ? tolerance.value : tolerance.atol + tolerance.rtol * Math.abs(b);
  return { distance: Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance, within: distance <= allowed };
}
