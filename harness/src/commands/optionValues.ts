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
