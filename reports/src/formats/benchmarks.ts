import { createHash } from 'node:crypto';
import { plainText } from '../plainText.ts';
import type { Report, Result, Timing } from '../report.ts';

/** Bencher refuses longer names: MAX_BENCHMARK_NAME_LEN in its lib/bencher_valid/src/benchmark_name.rs, in bytes. */
const longestName = 1024;

/** `backend case`, the same from run to run; a name that is too long is cut and told apart by a hash of all of it. */
export function benchmarkName({ backend, case: id }: Result): string {
  const name = plainText(`${backend} ${id}`, Number.POSITIVE_INFINITY).trim();
  if (Buffer.byteLength(name) <= longestName) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 16);
  // A code point takes four bytes at most.
  return `${[...name].slice(0, longestName / 4 - hash.length).join('')}…${hash}`;
}

export interface TimedResult extends Result {
  readonly timing: Timing;
}

/** What has a time that is worth comparing: passed, and not on an emulation. */
export function comparableTimes({ results }: Report): readonly TimedResult[] {
  return results.filter(
    (result): result is TimedResult =>
      result.status === 'passed' && result.timing !== undefined && !result.timing.software,
  );
}
