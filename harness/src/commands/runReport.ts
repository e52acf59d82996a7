import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { NoCertificate, type Report } from '@normgauge/reports';
import { type Format, formats } from '@normgauge/reports/pages';
import { UsageError } from '../usageError.ts';
import { exitStatus } from './exitStatus.ts';
import { readBeside } from './readBeside.ts';
import { readKillTable } from './readKillTable.ts';
import { readReport } from './readReport.ts';
import { writeOut } from './writeOut.ts';

/** Options of `report`, as the command line gives them. */
export interface ReportOptions {
  readonly format: readonly string[];
  /** Which backend a certificate or badge is about. */
  readonly backend?: string;
  /** What `mutants --json` printed, to be shown beside. */
  readonly killTable?: string;
  /** What scripts/torch_batch_norm.py wrote, to be shown beside. */
  readonly beside?: string;
  /** A file, or a folder for several formats; absent: one format goes to standard output. */
  readonly out?: string;
}

function text(report: Report, format: Format, backend: string | undefined): string {
  try {
    return format.render(report, backend);
  } catch (error) {
    if (error instanceof NoCertificate) throw new UsageError(`--format ${format.name}: ${error.message}`);
    throw error;
  }
}

const isFolder = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

/**
 * Writes a report in other formats; returns the exit status.
 * @throws {UsageError} when the options make no sense, or a certificate was asked for that the report does not support
 */
export function runReport(path: string, options: ReportOptions): number {
  const { format: names, backend, killTable, beside, out } = options;
  const asked = [...new Set(names)].map((name) => formats.find((format) => format.name === name)!);
  const read = readReport(path);
  const report: Report = {
    ...read,
    ...(killTable !== undefined && { killTable: readKillTable(killTable) }),
    ...(beside !== undefined && { beside: readBeside(beside) }),
  };
  const several = asked.length > 1;
  if (several && out === undefined) {
    throw new UsageError(`--format ${names.join(',')}: several formats need a folder; name one with --out`);
  }
  for (const format of asked) {
    const rendered = text(report, format, backend);
    if (out === undefined) {
      process.stdout.write(rendered);
      continue;
    }
    const file = several || isFolder(out) ? join(out, format.file) : out;
    writeOut(file, rendered);
    process.stderr.write(`${format.name}: ${file}\n`);
  }
  return exitStatus.good;
}
