import type { Shard } from '@normgauge/reports';
import { InvalidArgumentError } from 'commander';

/** The value of an option that may be repeated: every one of them, in order. */
export function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}

/** @throws {InvalidArgumentError} for anything but a whole number ≥ 0 */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('expected a whole number ≥ 0.');
  return value;
}

/** @throws {InvalidArgumentError} for anything but `i/n` with 1 ≤ i ≤ n */
export function shard(text: string): Shard {
  const [, index = 0, of = 0] = /^(\d+)\/(\d+)$/.exec(text)?.map(Number) ?? [];
  if (!(index >= 1 && index <= of)) throw new InvalidArgumentError('expected i/n with 1 ≤ i ≤ n, as in 2/8.');
  return { index, of };
}

/** @throws {InvalidArgumentError} for anything but a number > 0 */
export function seconds(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError('expected a number of seconds > 0.');
  return value;
}
