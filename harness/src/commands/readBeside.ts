import { readFileSync } from 'node:fs';
import { type Beside, ReportError, validateBeside } from '@normgauge/reports';
import { UsageError } from '../usageError.ts';

/**
 * The times of another program in a file, as a report holds them.
 * @throws {UsageError} when the file cannot be read or is not what scripts/torch_batch_norm.py writes
 */
export function readBeside(path: string): Beside {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(
      `--beside ${path}: expected times in JSON, got ${(error as Error).message}; write them with scripts/torch_batch_norm.py`,
    );
  }
  try {
    return validateBeside(value, `--beside ${path}`);
  } catch (error) {
    if (error instanceof ReportError) throw new UsageError(error.message);
    throw error;
  }
}
