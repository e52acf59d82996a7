import { join } from 'node:path';
import {
  MergeError,
  mergeReports,
  missingShards,
  type Part,
  type Report,
  renderTerminal,
  type Source,
  validateReport,
} from '@normgauge/reports';
import { renderHtml } from '@normgauge/reports/pages';
import { casesOfRun } from '../cases/select.ts';
import { UsageError } from '../usageError.ts';
import { exitStatus, exitStatusOf } from './exitStatus.ts';
import { readReport } from './readReport.ts';
import { writeOut } from './writeOut.ts';

/** Options of `merge`, as the command line gives them. */
export interface MergeOptions {
  readonly out: string;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** Missing cases that are named; the rest is counted. */
const named = 5;

function merged(sources: readonly Source[]): Report {
  try {
    return mergeReports(sources);
  } catch (error) {
    if (error instanceof MergeError) throw new UsageError(error.message);
    throw error;
  }
}

/** Every `backend case` that this part's whole selection has, whichever shard it belongs to. */
function expectedOf({ selection }: Part, backends: ReadonlySet<string>): readonly string[] {
  const { command, suite, cases: patterns, conventions = [] } = selection;
  const { cases } = casesOfRun(command, { suite, patterns, conventions });
  return [...backends].flatMap((backend) => cases.map(({ id }) => `${backend} ${id}`));
}

/** What was asked for of all parts and is in none. */
function missingCases(report: Report): readonly string[] {
  const present = new Set(report.results.map(({ backend, case: id }) => `${backend} ${id}`));
  const expected = report.parts!.flatMap((part, k) =>
    expectedOf(part, new Set(report.results.filter((result) => result.part === k).map(({ backend }) => backend))),
  );
  return [...new Set(expected)].filter((one) => !present.has(one));
}

function missingText(report: Report): readonly string[] {
  const shards = missingShards(report.parts!).map(
    ({ of, missing }) => `missing: shard ${missing.map((index) => `${index}/${of}`).join(', ')}`,
  );
  const cases = missingCases(report);
  const rest = cases.length - named;
  const more = rest > 0 ? `, … and ${rest} more` : '';
  return cases.length === 0
    ? shards
    : [...shards, `missing: ${cases.length} results: ${cases.slice(0, named).join(', ')}${more}`];
}

/**
 * Makes one report of several and writes it with its page; returns the exit status: that of a run, or 4 when something is
 * missing and nothing is wrong.
 * @throws {UsageError} when two of them contradict one another
 */
export function runMerge(paths: readonly string[], { out, json, quiet }: MergeOptions): number {
  const joined = merged(paths.map((path) => ({ where: path, report: readReport(path) })));
  const missing = missingText(joined);
  const report = validateReport(missing.length > 0 ? { ...joined, interrupted: true } : joined, out);
  writeOut(join(out, 'report.json'), `${JSON.stringify(report, null, 1)}\n`);
  writeOut(join(out, 'index.html'), renderHtml(report));
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else if (!quiet) {
    const colour = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined;
    process.stdout.write(renderTerminal(report, { columns: process.stdout.columns ?? 120, colour }));
    process.stdout.write(`report: ${join(out, 'report.json')}\n`);
  }
  for (const line of missing) process.stderr.write(`normgauge: ${line}\n`);
  const status = exitStatusOf(report, false);
  return missing.length > 0 && status !== exitStatus.failed ? exitStatus.couldNotRun : status;
}
