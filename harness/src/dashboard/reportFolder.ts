import { type Dirent, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import {
  type InProgress,
  type LeftOut,
  parseReport,
  ReportError,
  type Result,
  type Run,
  runsOf,
  validateResult,
} from '@normgauge/reports';
import { inProgress } from '@normgauge/reports/pages';

/** What a folder of reports holds. */
export interface FolderContent {
  readonly runs: readonly Run[];
  readonly leftOut: readonly LeftOut[];
  readonly inProgress: readonly InProgress[];
}

/** A file that is no report is left out before it is read when it is larger, bytes. */
const largest = 512 * 2 ** 20;

/** Written beside the results, so that a stopped run can go on; ours, and no report. */
const manifest = 'run.json';

interface FileFound {
  readonly path: string;
  /** Changes when the file does. */
  readonly stamp: string;
  readonly size: number;
  readonly changed: number;
}

type Read = { readonly runs: readonly Run[] } | { readonly reason: string };

/**
 * A folder of reports, at any depth. A file is read once and again only when it has changed, so that a folder that is watched
 * costs little. Links are not followed.
 */
export class ReportFolder {
  readonly #folder: string;
  readonly #site: string;
  /** The address, in the site, of a page that lies in this file. */
  readonly #pageOf: (path: string) => string;
  readonly #read = new Map<string, { readonly stamp: string; readonly read: Read }>();

  /**
   * @param folder holds the reports
   * @param site is written by us and not read
   * @param pageOf the address, from the site, of the page of a run that lies in this file
   */
  constructor(folder: string, site: string, pageOf: (path: string) => string) {
    this.#folder = resolve(folder);
    this.#site = resolve(site);
    this.#pageOf = pageOf;
  }

  /** Changes when a file comes, goes or changes. */
  stamp(): string {
    return this.#files()
      .map(({ path, stamp }) => `${path} ${stamp}`)
      .join('\n');
  }

  /** Everything that is there now. A damaged or foreign file is named and left out. */
  content(): FolderContent {
    const runs = new Map<string, Run>();
    const leftOut: LeftOut[] = [];
    const unfinished: InProgress[] = [];
    for (const file of this.#files(leftOut)) {
      const source = relative(this.#folder, file.path);
      if (file.path.endsWith('.ndjson')) {
        if (isUnfinished(file)) unfinished.push(...readUnfinished(file.path, source, leftOut));
        continue;
      }
      const read = this.#readOnce(file, source);
      if ('reason' in read) leftOut.push({ source, reason: read.reason });
      else {
        for (const run of read.runs) {
          const same = JSON.stringify([run.startedAt, run.machine, run.suite, run.entries.length]);
          const earlier = runs.get(same);
          if (earlier) leftOut.push({ source, reason: `the same run as ${earlier.source}` });
          else runs.set(same, run);
        }
      }
    }
    return { runs: [...runs.values()], leftOut, inProgress: unfinished };
  }

  #readOnce(file: FileFound, source: string): Read {
    const known = this.#read.get(file.path);
    if (known?.stamp === file.stamp) return known.read;
    const page = join(dirname(file.path), 'index.html');
    const read = readFile(file, source, existsSync(page) ? this.#pageOf(page) : undefined);
    this.#read.set(file.path, { stamp: file.stamp, read });
    return read;
  }

  /** The JSON files, sorted; folders that cannot be read go to `unreadable`. */
  #files(unreadable: LeftOut[] = [], folder: string = this.#folder): readonly FileFound[] {
    return entriesOf(folder, (reason) => unreadable.push({ source: relative(this.#folder, folder), reason }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) {
          const ours = path === this.#site || entry.name === 'node_modules' || entry.name.startsWith('.');
          return ours ? [] : this.#files(unreadable, path);
        }
        if (!entry.isFile() || entry.name === manifest || !/\.(nd)?json$/.test(entry.name)) return [];
        const found = statSync(path, { throwIfNoEntry: false });
        return found
          ? [{ path, stamp: `${found.mtimeMs} ${found.size}`, size: found.size, changed: found.mtimeMs }]
          : [];
      });
  }
}

function entriesOf(folder: string, refuse: (reason: string) => void): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    refuse(`the folder cannot be read (${(error as NodeJS.ErrnoException).code})`);
    return [];
  }
}

function readFile({ path, size }: FileFound, source: string, page: string | undefined): Read {
  if (size > largest) return { reason: `${Math.round(size / 2 ** 20)} MiB are too much for a report` };
  try {
    return { runs: runsOf(parseReport(readFileSync(path, 'utf8'), source), source, page) };
  } catch (error) {
    if (error instanceof ReportError) return { reason: error.message };
    return { reason: `cannot be read (${(error as NodeJS.ErrnoException).code ?? (error as Error).message})` };
  }
}

/** Results are written as they come, the report last: a newer stream than the report, or one alone, is of a run that goes on. */
function isUnfinished({ path, changed }: FileFound): boolean {
  const report = statSync(join(dirname(path), 'report.json'), { throwIfNoEntry: false });
  return report === undefined || report.mtimeMs < changed;
}

/** What a run has found so far. Its last line may be half written. */
function readUnfinished(path: string, source: string, leftOut: LeftOut[]): readonly InProgress[] {
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  try {
    return [
      inProgress(
        source,
        lines.map((line, k): Result => validateResult(JSON.parse(line), `${source}:${k + 1}`)),
      ),
    ];
  } catch (error) {
    leftOut.push({ source, reason: (error as Error).message });
    return [];
  }
}
