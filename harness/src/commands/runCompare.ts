import { type Comparison, compareReports, gotWorse, renderComparisonTerminal } from '@normgauge/reports';
import { renderComparisonHtml } from '@normgauge/reports/pages';
import { exitStatus } from './exitStatus.ts';
import { readReport } from './readReport.ts';
import { writeOut } from './writeOut.ts';

/** Options of `compare`, as the command line gives them. */
export interface CompareOptions {
  readonly out?: string;
  readonly json: boolean;
  readonly all: boolean;
  readonly acrossMachines: boolean;
}

/** Without the two reports, which the reader has. */
function changesOf({ before: _before, after: _after, ...changes }: Comparison): object {
  return changes;
}

/**
 * Says what changed between two reports; returns the exit status: 1 when a status or grade got worse. A time never fails it,
 * since the two were taken in different processes; that is the gate's office.
 * @throws {UsageError} when one of them is no report
 */
export function runCompare(before: string, after: string, options: CompareOptions): number {
  const comparison = compareReports(readReport(before), readReport(after), options.acrossMachines);
  if (options.out !== undefined) writeOut(options.out, renderComparisonHtml(comparison));
  if (options.json) process.stdout.write(`${JSON.stringify(changesOf(comparison))}\n`);
  else process.stdout.write(renderComparisonTerminal(comparison, options.all));
  if (options.out !== undefined && !options.json) process.stdout.write(`page: ${options.out}\n`);
  return gotWorse(comparison) ? exitStatus.failed : exitStatus.good;
}
