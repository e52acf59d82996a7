import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { UsageError } from '../usageError.ts';

/**
 * Writes a file that `--out` names, making its folder.
 * @throws {UsageError} when it cannot be written
 */
export function writeOut(path: string, text: string): void {
  try {
    mkdirSync(dirname(resolve(path)), { recursive: true });
    writeFileSync(path, text);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(`--out ${path}: cannot be written (${code ?? message}); name another`);
  }
}
