import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseReport, type Report, ReportError } from '@normgauge/reports';
import { UsageError } from '../usageError.ts';

/**
 * The report in a file, or in the `report.json` of a folder that a run left.
 * @throws {UsageError} when there is none, or it is not a report that this version reads
 */
export function readReport(path: string): Report {
  try {
    const file = statSync(path).isDirectory() ? join(path, 'report.json') : path;
    return parseReport(readFileSync(file, 'utf8'), file);
  } catch (error) {
    if (error instanceof ReportError) throw new UsageError(error.message);
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no report' : `cannot be read (${code ?? message})`;
    throw new UsageError(`${path}: ${why}; "normgauge run --out <folder>" leaves one as report.json`);
  }
}
