import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parseReport, type Report, type Result } from '@normgauge/reports';
import type { Experience } from '../diagnose/diagnostician.ts';
import { UsageError } from '../usageError.ts';
import { type InterruptedRun, namesIn, type RunManifest, readInterruptedRun } from './interruptedRun.ts';
import type { RunIdentity } from './runIdentity.ts';

/** The folder that a run writes: what run it is, results as they come, the report, and the page. */
export class ResultFiles {
  readonly folder: string;
  /** Results that were there when the run went on; none when it began. */
  readonly earlier: readonly Result[];
  /** What was learned about each backend in them, by its id. */
  readonly learned: InterruptedRun['learned'];
  readonly startedAt: string;
  /** Wall time before it went on, seconds. */
  readonly secondsBefore: number;
  readonly #stream: number;
  readonly #experience: number;

  private constructor(
    folder: string,
    { results, learned }: Pick<InterruptedRun, 'results' | 'learned'>,
    { startedAt, secondsBefore }: RunManifest,
  ) {
    this.folder = folder;
    this.earlier = results;
    this.learned = learned;
    this.startedAt = startedAt;
    this.secondsBefore = secondsBefore;
    this.#experience = openSync(join(folder, namesIn.experience), 'a');
    this.#stream = openSync(this.resultsPath, 'a');
  }

  /**
   * Makes the folder and begins a run in it. An earlier run that lies in a folder called `latest` is kept, under the
   * time when it began; in any other folder it is overwritten.
   * @throws {UsageError} when the folder cannot be written
   */
  static open(folder: string, run: RunIdentity): ResultFiles {
    return written(folder, () => {
      keepEarlier(folder);
      makeFolder(resolve(folder));
      // The results go first: without them there is no run to go on with.
      for (const name of [namesIn.results, namesIn.experience, 'report.json', 'index.html'])
        rmSync(join(folder, name), { force: true });
      const now = new Date().toISOString();
      const manifest: RunManifest = { format: 1, startedAt: now, resumedAt: now, secondsBefore: 0, run };
      writeWhole(join(folder, namesIn.manifest), `${JSON.stringify(manifest, null, 1)}\n`);
      return new ResultFiles(folder, { results: [], learned: new Map() }, manifest);
    });
  }

  /**
   * Goes on with the run that lies in the folder, or begins it where there is none.
   * @throws {UsageError} when it is of another selection, a file of it is damaged, or the folder cannot be written
   */
  static resume(folder: string, run: RunIdentity): ResultFiles {
    const before = readInterruptedRun(folder, run);
    if (!before) return ResultFiles.open(folder, run);
    return written(folder, () => {
      const { startedAt, seconds, wholeLines } = before;
      const resumedAt = new Date().toISOString();
      const manifest: RunManifest = { format: 1, startedAt, resumedAt, secondsBefore: seconds, run };
      for (const [name, length] of wholeLines) truncateSync(join(folder, name), length);
      writeWhole(join(folder, namesIn.manifest), `${JSON.stringify(manifest, null, 1)}\n`);
      return new ResultFiles(folder, before, manifest);
    });
  }

  get resultsPath(): string {
    return join(this.folder, namesIn.results);
  }

  get reportPath(): string {
    return join(this.folder, 'report.json');
  }

  get pagePath(): string {
    return join(this.folder, 'index.html');
  }

  /**
   * One result, with the system when this returns: a run that is killed loses only the case in flight.
   *
   * @param experience what was learned about the backend up to this result, where it was diagnosed
   */
  append(result: Result, experience?: Experience): void {
    // First: without its result it does not count.
    if (experience) {
      const { backend, case: address } = result;
      appendFileSync(this.#experience, `${JSON.stringify({ backend, case: address, experience })}\n`);
    }
    appendFileSync(this.#stream, `${JSON.stringify(result)}\n`);
  }

  /** The report, checked against its schema, and the page. */
  async finish(report: Report): Promise<void> {
    closeSync(this.#stream);
    closeSync(this.#experience);
    const text = `${JSON.stringify(report, null, 1)}\n`;
    writeWhole(this.reportPath, text);
    // Not before: all that draws would otherwise lie in the heap, and be gone through by every collection, all the run long.
    const { renderHtml } = await import('@normgauge/reports/pages');
    writeWhole(this.pagePath, renderHtml(parseReport(text, this.reportPath)));
  }
}

function written<T>(folder: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(`--out ${folder}: the folder cannot be written (${code ?? message}); name another`);
  }
}

/** All of a file or, when the run is killed meanwhile, what was there before. */
function writeWhole(path: string, text: string): void {
  writeFileSync(`${path}.part`, text);
  renameSync(`${path}.part`, path);
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
