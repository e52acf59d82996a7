import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Result } from '@normgauge/reports';
import { newFolder } from './commandLine.ts';

/** One test of a Vitest that was run by a test. */
export interface Tried {
  /** File, suites and title, as Vitest joins them. */
  readonly name: string;
  readonly title: string;
  readonly status: 'passed' | 'failed' | 'pending' | 'skipped';
  readonly message: string;
  readonly row: Result | undefined;
}

export interface VitestRun {
  readonly status: number | null;
  readonly output: string;
  readonly tests: readonly Tried[];
}

interface JsonReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[];
      readonly title: string;
      readonly status: Tried['status'];
      readonly failureMessages: readonly string[];
      readonly meta: { readonly normgauge?: Result };
    }[];
  }[];
}

/** The environment without what this Vitest, and the npm that started it, say of themselves. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const own =
    /^(VITEST|VITE_|npm_|INIT_CWD|NODE_ENV|NODE_OPTIONS|NODE_V8_COVERAGE|TEST|DEV|PROD|SSR|MODE|BASE_URL|FORCE_COLOR)/;
  const kept = Object.entries(process.env).filter(([name]) => !own.test(name));
  return { ...Object.fromEntries(kept), NO_COLOR: '1' };
}

/** Runs a program of Node's to its end. */
export function runNode(
  cwd: string,
  script: string,
  ...args: readonly string[]
): Promise<{ readonly status: number | null; readonly output: string }> {
  return new Promise((resolve) => {
    const options = { cwd, env: plainEnvironment(), maxBuffer: 2 ** 28 };
    const child = execFile(process.execPath, [script, ...args], options, (_error, stdout, stderr) => {
      resolve({ status: child.exitCode, output: stdout + stderr });
    });
  });
}

/** Runs a Vitest of its own in a folder, and reads what it reports. */
export async function runVitest(cwd: string, vitest: string, ...args: readonly string[]): Promise<VitestRun> {
  const file = join(newFolder(), 'tests.json');
  const reporters = ['--reporter=verbose', '--reporter=json', `--outputFile.json=${file}`];
  const ran = await runNode(cwd, vitest, 'run', ...reporters, ...args);
  if (!existsSync(file)) throw new Error(`Vitest ended with ${ran.status} and wrote no report:\n${ran.output}`);
  const { testResults } = JSON.parse(readFileSync(file, 'utf8')) as JsonReport;
  const tests = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ ancestorTitles, title, status, failureMessages, meta }) => ({
      name: [basename(name), ...ancestorTitles, title].join(' > '),
      title,
      status,
      message: failureMessages.join('\n'),
      row: meta.normgauge,
    })),
  );
  return { ...ran, tests };
}
