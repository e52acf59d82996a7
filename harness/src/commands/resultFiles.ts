import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parseReport, type Report, type Result, renderHtml } from '@normgauge/reports';
import { UsageError } from '../usageError.ts';

/** The folder that a run writes: results as they come, the report, and the page. */
export class ResultFiles {
  readonly folder: string;
  readonly #stream: number;

  private constructor(folder: string) {
    this.folder = folder;
    this.#stream = openSync(this.resultsPath, 'w');
  }

  /**
   * Makes the folder. An earlier run that lies there is kept, under the time when it began.
   * @throws {UsageError} when the folder cannot be written
   */
  static open(folder: string): ResultFiles {
    try {
      keepEarlier(folder);
      makeFolder(resolve(folder));
      return new ResultFiles(folder);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new UsageError(`--out ${folder}: the folder cannot be written (${code ?? message}); name another`);
    }
  }

  get resultsPath(): string {
    return join(this.folder, 'results.ndjson');
  }

  get reportPath(): string {
    return join(this.folder, 'report.json');
  }

  get pagePath(): string {
    return join(this.folder, 'index.html');
  }

  /** One result, on disk when this returns: a run that is killed loses only the case in flight. */
  append(result: Result): void {
    appendFileSync(this.#stream, `${JSON.stringify(result)}\n`);
  }

  /** The report, checked against its schema, and the page. */
  finish(report: Report): void {
    closeSync(this.#stream);
    const text = `${JSON.stringify(report, null, 1)}\n`;
    writeFileSync(this.reportPath, text);
    writeFileSync(this.pagePath, renderHtml(parseReport(text, this.reportPath)));
  }
}

/** Folder by folder: Node's own recursion never ends where the system says ENOENT to every attempt, as /proc does. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

/** Moves what an earlier run left in the folder beside it: `latest` becomes the time when that run began. */
function keepEarlier(folder: string): void {
  if (basename(folder) !== 'latest') return;
  const report = join(folder, 'report.json');
  if (!existsSync(report)) return;
  const began = /"startedAt":\s*"([0-9T:.Z-]+)"/.exec(readFileSync(report, 'utf8'))?.[1];
  if (began === undefined) return;
  const kept = join(dirname(folder), began.replaceAll(':', '-'));
  if (!existsSync(kept)) renameSync(folder, kept);
}
