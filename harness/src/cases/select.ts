import picomatch from 'picomatch';
import { UsageError } from '../usageError.ts';
import { addressOf, type Case, caseAt, partsOf } from './case.ts';
import { formatConvention, parseConvention } from './conventionAddress.ts';
import { type Suite, suites } from './suites.ts';

/** What was asked for on the command line. */
export interface CaseSelection {
  readonly suite: string;
  /** Prefixes, globs or full addresses; none means the whole suite. */
  readonly patterns: readonly string[];
  /** Conventions by name or spelled out: every selected case is tried under each; none leaves the cases as they are. */
  readonly conventions: readonly string[];
}

/**
 * The suite of this name.
 * @throws {UsageError} when there is none
 */
export function suiteNamed(name: string): Suite {
  const suite = suites.find((row) => row.name === name);
  if (!suite) throw new UsageError(`suite "${name}": expected one of ${suites.map((row) => row.name).join(', ')}`);
  return suite;
}

/**
 * The cases of a suite that a pattern selects, as a full address, a prefix or a glob (`*` within a part, `**` across parts).
 * A full address is run even when the suite does not have it.
 * @throws {UsageError} when a pattern selects nothing
 */
export function selectCases({ suite, patterns, conventions }: CaseSelection): readonly Case[] {
  const { cases } = suiteNamed(suite);
  const chosen = patterns.length === 0 ? cases : patterns.flatMap((pattern) => matching(cases, suite, pattern));
  const once = new Map(underConventions(chosen, conventions).map((row) => [row.id, row]));
  if (once.size === 0) throw new UsageError(`--convention ${conventions.join(' ')}: defines none of the selected ops`);
  return [...once.values()];
}

/** What a run goes through, before it is split into shards. */
export interface RunCases {
  readonly cases: readonly Case[];
  /** Also times cases that their suite does not, since of the selected ones it times none. */
  readonly timeAll: boolean;
}

/**
 * The cases that a command goes through: `bench` leaves out what is not timed, unless none of them is.
 * @throws {UsageError} when the selection is empty
 */
export function casesOfRun(command: 'run' | 'verify' | 'bench', selection: CaseSelection): RunCases {
  const selected = selectCases(selection);
  const timed = selected.filter((row) => row.timed);
  const timeAll = command === 'bench' && timed.length === 0;
  return { cases: command === 'bench' && !timeAll ? timed : selected, timeAll };
}

function matching(cases: readonly Case[], suite: string, pattern: string): readonly Case[] {
  const exact = cases.filter(({ id }) => id === pattern);
  if (exact.length > 0) return exact;
  const isGlob = /[*?[{]/.test(pattern);
  // A full address is no prefix of the same case in another dtype.
  const matches = isGlob
    ? picomatch(pattern)
    : (id: string) => id.startsWith(pattern) && !(partsOf(pattern) && id[pattern.length] === '/');
  const found = cases.filter(({ id }) => matches(id));
  if (found.length > 0) return found;
  if (!isGlob && partsOf(pattern)) return [caseAt(pattern)];
  throw new UsageError(
    `--case ${pattern}: selects nothing in suite ${suite}; "normgauge list cases --suite ${suite}" prints what there is`,
  );
}

function underConventions(cases: readonly Case[], conventions: readonly string[]): readonly Case[] {
  if (conventions.length === 0) return cases;
  const records = conventions.map((text) => formatConvention(parseConvention(text)));
  return cases.flatMap((row) =>
    records.flatMap((convention) => {
      const address = addressOf({ ...partsOf(row.id)!, convention });
      try {
        return [caseAt(address, row)];
      } catch (error) {
        if (error instanceof UsageError) return [];
        throw error;
      }
    }),
  );
}
