import { fromFloat } from './float.ts';
import type { Distribution, Float } from './report.ts';

/** A number a person reads: three significant digits, powers of ten where zeros would pile up. */
export function short(value: Float, digits = 3): string {
  const x = fromFloat(value);
  if (Number.isNaN(x)) return 'NaN';
  if (!Number.isFinite(x)) return x > 0 ? '∞' : '-∞';
  if (x === 0) return '0';
  const size = Math.abs(x);
  if (size >= 1e6 || size < 1e-4) {
    return x
      .toExponential(digits - 1)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e');
  }
  return size >= 10 ** (digits - 1) ? String(Math.round(x)) : x.toPrecision(digits);
}

/** Nine significant digits: enough to tell any two float32 values apart. */
export function exact(value: Float): string {
  const x = fromFloat(value);
  return Number.isFinite(x) ? String(Number(x.toPrecision(9))) : short(value);
}

/** Whole numbers with thousands set apart: 12,544. */
export function count(x: number): string {
  return x.toLocaleString('en-US');
}

export function percent(share: number): string {
  const x = share * 100;
  return `${x !== 0 && Math.abs(x) < 10 ? short(x, 2) : Math.round(x)} %`;
}

/** Seconds as a person says them: `0.4 s`, `93 s`, `12 min 5 s`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${short(seconds, 2)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

export function gibibytes(bytes: number): string {
  return `${short(bytes / 2 ** 30)} GiB`;
}

/** `32×64×56×56`: N, C and the spatial sizes. */
export function shapeText(shape: readonly number[]): string {
  return shape.join('×');
}

/** Samples and how many calls each holds: `64 × 10`. */
export function samplesText({ samples, callsPerSample }: Distribution): string {
  return callsPerSample === 1 ? count(samples) : `${count(samples)} × ${count(callsPerSample)}`;
}

/** `1 case`, `3 cases`. */
export function plural(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? '' : 's'}`;
}
