import type { BackendEntry, Grade, Report, Result } from '../report.ts';
import { worseGrade } from '../statuses.ts';
import { groupBy } from '../summary.ts';

/** What a backend can be certified for, from least to most. */
export const levels = ['inference', 'training', 'full'] as const;
export type Level = (typeof levels)[number];

/** The operations that a level takes. */
export const opsOf: Readonly<Record<Level, readonly string[]>> = {
  inference: ['inference'],
  training: ['forward-training', 'backward'],
  full: ['forward-training', 'inference', 'backward', 'backward-frozen'],
};

/**
 * A claim that anybody can check again: this backend passed every case of this suite at this level. Its published form is
 * `certificate.schema.json`.
 */
export interface Certificate {
  readonly schema: 'https://normgauge.dev/certificate.schema.json';
  readonly version: 1;
  readonly backend: { readonly id: string; readonly version?: string; readonly device?: string };
  readonly level: Level;
  /** Every case of the suite under these conventions, in these layouts, passed or proved nothing. */
  readonly conventions: readonly string[];
  readonly layouts: readonly string[];
  /** Worst accuracy grade of any case that is claimed. */
  readonly grade: Grade;
  /** Cases that passed, of those that are claimed. */
  readonly cases: number;
  readonly suite: string;
  readonly seed: number;
  readonly commit?: string;
  /** The work tree differed from the commit. */
  readonly dirty?: boolean;
  /** ISO 8601, UTC: when the run began. */
  readonly date: string;
  readonly tool: { readonly name: 'normgauge'; readonly version: string };
}

/** Why there is nothing to certify: one sentence. */
export class NoCertificate extends Error {
  override readonly name = 'NoCertificate';
}

const weak = (result: Result): boolean => result.status === 'passed' || result.status === 'untrusted';

interface Claim {
  readonly level: Level;
  readonly conventions: readonly string[];
  readonly layouts: readonly string[];
  readonly passed: readonly Result[];
}

/** The claim for these layouts: the conventions under which nothing of them was left out, if every op is proved by a pass. */
function claimFor(level: Level, layouts: readonly string[], results: readonly Result[]): Claim | undefined {
  const about = results.filter(({ op, layout }) => opsOf[level].includes(op) && layouts.includes(layout));
  const complete = [...groupBy(about, ({ convention }) => convention)].filter(([, group]) => group.every(weak));
  const passed = complete.flatMap(([, group]) => group.filter(({ status }) => status === 'passed'));
  const conventions = [...new Set(passed.map(({ convention }) => convention))];
  const proved = layouts.every((layout) =>
    opsOf[level].every((op) => passed.some((result) => result.op === op && result.layout === layout)),
  );
  return proved && passed.length > 0 ? { level, conventions, layouts, passed } : undefined;
}

/** The highest level that is proved, in as many layouts as it is proved in together. */
function highestClaim(results: readonly Result[]): Claim | undefined {
  const layouts = [...new Set(results.filter(({ status }) => status === 'passed').map(({ layout }) => layout))];
  const choices = [layouts, ...layouts.map((layout) => [layout])];
  return levels.toReversed().flatMap((level) => choices.flatMap((some) => claimFor(level, some, results) ?? []))[0];
}

function entryOf({ backends }: Report, id: string | undefined): BackendEntry {
  const ran = backends.filter(({ unavailable }) => unavailable === undefined);
  const asked = id === undefined ? ran : backends.filter((entry) => entry.id === id);
  if (asked.length === 1) return asked[0]!;
  const names = backends.map((entry) => `"${entry.id}"`).join(', ');
  throw new NoCertificate(
    id === undefined
      ? `expected one backend that ran, got ${ran.length} of ${names}; name one with --backend`
      : `expected a backend of the report, one of ${names}, got "${id}"`,
  );
}

function refuse(entry: BackendEntry, report: Report, results: readonly Result[]): void {
  const { selection, interrupted } = report;
  const who = `"${entry.id}" cannot be certified`;
  if (entry.unavailable !== undefined) throw new NoCertificate(`${who}: it could not run: ${entry.unavailable}`);
  if (interrupted) throw new NoCertificate(`${who}: the run was stopped before its end; run it again`);
  if (selection.command === 'bench' || selection.cases.length > 0) {
    throw new NoCertificate(
      `${who}: a certificate is about a whole suite, this report is about a part of it; use "normgauge verify" without --case`,
    );
  }
  const wrong = results.filter((result) => !weak(result) && result.status !== 'skipped');
  if (wrong.length > 0) {
    const { case: id, status, cause, reason } = wrong[0]!;
    throw new NoCertificate(
      `${who}: ${wrong.length} of ${results.length} cases did not pass; the first is ${id}, ${status}: ${cause ?? reason ?? 'no cause was given'}`,
    );
  }
}

/**
 * The certificate of one backend: the highest level that the report proves. Nothing of the backend may have failed, excused
 * or not; what it does not support is left out of the claim.
 * @param id which backend; may be absent when only one ran
 * @throws {NoCertificate} when the report proves no level
 */
export function certify(report: Report, id?: string): Certificate {
  const entry = entryOf(report, id);
  const results = report.results.filter(({ backend }) => backend === entry.id);
  refuse(entry, report, results);
  const claim = highestClaim(results);
  const grade = claim?.passed.map((result) => result.grade).reduce(worseGrade, undefined);
  if (claim === undefined || grade === undefined) {
    throw new NoCertificate(
      `"${entry.id}" cannot be certified: under no convention did it pass inference in full; it supports too little of suite ${report.selection.suite}`,
    );
  }
  const { commit, dirty } = report.environment;
  const { suite, seed } = report.selection;
  return {
    schema: 'https://normgauge.dev/certificate.schema.json',
    version: 1,
    backend: {
      id: entry.id,
      ...(entry.version !== undefined && { version: entry.version }),
      ...(entry.device && { device: entry.device.name }),
    },
    level: claim.level,
    conventions: claim.conventions,
    layouts: claim.layouts,
    grade,
    cases: claim.passed.length,
    suite,
    seed,
    ...(commit !== undefined && { commit }),
    ...(dirty !== undefined && { dirty }),
    date: report.startedAt,
    tool: report.tool,
  };
}
