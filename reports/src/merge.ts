import { isDeepStrictEqual } from 'node:util';
import type { BackendEntry, Network, Part, Report, Result, Selection } from './report.ts';
import { groupBy } from './summary.ts';

/** A report with the name by which a message speaks of it, usually its file. */
export interface Source {
  readonly where: string;
  readonly report: Report;
}

/** Shards that nobody handed in. */
export interface MissingShards {
  readonly of: number;
  /** Counted from 1. */
  readonly missing: readonly number[];
}

/** Reports that contradict one another, so that they cannot be one. The message says where and what to do. */
export class MergeError extends Error {
  override readonly name = 'MergeError';
}

function partsOf({ startedAt, seconds, interrupted, environment, selection, parts }: Report): readonly Part[] {
  return parts ?? [{ startedAt, seconds, interrupted, environment, selection }];
}

function agreeOn<T>(what: string, sources: readonly Source[], of: (report: Report) => T): void {
  const [first, ...others] = sources;
  const other = others.find(({ report }) => !isDeepStrictEqual(of(report), of(first!.report)));
  if (other === undefined) return;
  const show = (report: Report): string => JSON.stringify(of(report)) ?? 'none';
  throw new MergeError(
    `${first!.where} and ${other.where}: expected the same ${what}, got ${show(first!.report)} and ${show(other.report)}; one report is about one ${what}, compare the two instead`,
  );
}

/** One entry of two of the same backend: what ran speaks for what could not. */
function mergedBackend(a: BackendEntry, b: BackendEntry, where: string): BackendEntry {
  if (a.unavailable !== undefined) return b;
  if (b.unavailable !== undefined) return a;
  if (a.version !== b.version) {
    throw new MergeError(
      `${where}: "${a.id}" is version ${b.version ?? 'unknown'} here and ${a.version ?? 'unknown'} in an earlier report; run one version, or compare the two instead`,
    );
  }
  if (a.device?.name !== b.device?.name) {
    throw new MergeError(
      `${where}: "${a.id}" ran on ${b.device?.name ?? 'no device of its own'} here and on ${a.device?.name ?? 'none'} in an earlier report; leave it out of one of the runs with --backend`,
    );
  }
  return a;
}

function mergedBackends(sources: readonly Source[]): readonly BackendEntry[] {
  const entries = new Map<string, BackendEntry>();
  for (const { where, report } of sources) {
    for (const entry of report.backends) {
      const earlier = entries.get(entry.id);
      entries.set(entry.id, earlier ? mergedBackend(earlier, entry, where) : entry);
    }
  }
  return [...entries.values()];
}

/** What a result says of the kernel; how long it took and where is not part of it. */
function verdictOf({ status, cause, reason, grade, tensors, gradients, checks }: Result): unknown {
  return { status, cause, reason, grade, tensors, gradients, checks };
}

interface Found {
  readonly where: string;
  readonly result: Result;
}

/** One of two results of the same backend and case: attempted before skipped, timed before not. */
function onlyOne(a: Found, b: Found): Found {
  if (a.result.status === 'skipped' && b.result.status !== 'skipped') return b;
  if (b.result.status === 'skipped') return a;
  const sameVerdict = isDeepStrictEqual(verdictOf(a.result), verdictOf(b.result));
  const twoTimes = a.result.timing && b.result.timing && !isDeepStrictEqual(a.result.timing, b.result.timing);
  if (sameVerdict && !twoTimes) return a.result.timing ? a : b;
  const what = sameVerdict ? 'two times' : `${a.result.status} and ${b.result.status}, or other numbers`;
  throw new MergeError(
    `${a.where} and ${b.where}: expected one result of "${a.result.backend}" on ${a.result.case}, got ${what}; leave one out, or compare the two reports instead`,
  );
}

function mergedResults(sources: readonly Source[]): readonly Result[] {
  const found = new Map<string, Found>();
  let firstPart = 0;
  for (const { where, report } of sources) {
    for (const result of report.results) {
      const key = JSON.stringify([result.backend, result.case]);
      const here = { where, result: { ...result, part: firstPart + (result.part ?? 0) } };
      const earlier = found.get(key);
      found.set(key, earlier ? onlyOne(earlier, here) : here);
    }
    firstPart += partsOf(report).length;
  }
  return [...found.values()].map(({ result }) => result);
}

/** The union of what was asked for; a list that is empty asks for everything. */
function union(lists: readonly (readonly string[])[]): readonly string[] {
  return lists.some((list) => list.length === 0) ? [] : [...new Set(lists.flat())];
}

function mergedSelection(selections: readonly Selection[]): Selection {
  const [first] = selections;
  const commands = new Set(selections.map(({ command }) => command));
  const conventions = union(selections.map((selection) => selection.conventions ?? []));
  return {
    // Some verified and some timed is what `run` does.
    command: commands.size === 1 ? first!.command : 'run',
    suite: first!.suite,
    seed: first!.seed,
    backends: union(selections.map(({ backends }) => backends)),
    cases: union(selections.map(({ cases }) => cases)),
    ...(conventions.length > 0 && { conventions }),
  };
}

/** Every network that any of the reports names, once. */
function mergedNetworks(sources: readonly Source[]): readonly Network[] {
  const all = sources.flatMap(({ report }) => report.networks ?? []);
  return all.filter((network, k) => all.findIndex((other) => isDeepStrictEqual(other, network)) === k);
}

/** The selection of a part before it was split, as a key: parts that share it are shards of one. */
function wholeOf({ selection }: Part): string {
  const { shard: _, ...whole } = selection;
  return JSON.stringify(whole);
}

/** Which shards of a split selection are not among these parts. */
export function missingShards(parts: readonly Part[]): readonly MissingShards[] {
  const sharded = parts.filter(({ selection }) => selection.shard !== undefined);
  const groups = groupBy(sharded, (part) => JSON.stringify([wholeOf(part), part.selection.shard!.of]));
  return [...groups.values()].flatMap((group) => {
    const { of } = group[0]!.selection.shard!;
    const present = new Set(group.map(({ selection }) => selection.shard!.index));
    const missing = Array.from({ length: of }, (_, k) => k + 1).filter((index) => !present.has(index));
    return missing.length > 0 ? [{ of, missing }] : [];
  });
}

/**
 * One report of several: of shards, of machines. Every result keeps the run that it came from. A skipped result gives way to
 * one that was attempted, an untimed one to the same with a time.
 * @throws {MergeError} when two disagree on a result, on a backend's version or device, on suite, seed, commit or normgauge
 */
export function mergeReports(sources: readonly Source[]): Report {
  if (sources.length === 0) throw new MergeError('expected at least one report, got none');
  agreeOn('version of normgauge', sources, ({ tool }) => tool.version);
  agreeOn('suite', sources, ({ selection }) => selection.suite);
  agreeOn('seed', sources, ({ selection }) => selection.seed);
  agreeOn('commit', sources, ({ environment }) => environment.commit);
  const parts = sources.flatMap(({ report }) => partsOf(report));
  const [{ report: first }] = sources as readonly [Source];
  const networks = mergedNetworks(sources);
  const killTable = sources.map(({ report }) => report.killTable).find((table) => table !== undefined);
  const beside = sources.map(({ report }) => report.beside).find((times) => times !== undefined);
  return {
    schema: first.schema,
    version: first.version,
    tool: first.tool,
    startedAt: parts.map(({ startedAt }) => startedAt).sort()[0]!,
    seconds: parts.reduce((sum, { seconds }) => sum + seconds, 0),
    interrupted: parts.some(({ interrupted }) => interrupted) || missingShards(parts).length > 0,
    environment: first.environment,
    selection: mergedSelection(parts.map(({ selection }) => selection)),
    backends: mergedBackends(sources),
    results: mergedResults(sources),
    ...(networks.length > 0 && { networks }),
    ...(killTable && { killTable }),
    ...(beside && { beside }),
    parts,
  };
}
