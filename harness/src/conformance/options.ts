import { existsSync, statSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Case } from '../cases/case.ts';
import { Expectations, readExpectations } from '../cases/expectations.ts';
import { selectCases } from '../cases/select.ts';
import { UsageError } from '../usageError.ts';

/** What `describeConformance` is told. The words are those of the command line. */
export interface ConformanceOptions {
  /** Title of the suite. Left out: the path of the module. */
  readonly name?: string;
  /**
   * The module that exports `openBackend`, as a file URL such as `new URL('../src/kernel.mjs', import.meta.url)`, or as a
   * path, relative to the folder that Vitest was started in. It is loaded by Node in a process of its own, as it lies on disk.
   */
  readonly module: URL | string;
  /** Which table of cases: `smoke` is the quick look, `standard` the one for CI. Left out: `standard`. */
  readonly suite?: 'smoke' | 'standard' | (string & Record<never, never>);
  /** Prefixes, globs or full addresses of cases. Left out: all of the suite. */
  readonly cases?: readonly string[];
  /** Tries the cases under these conventions instead, by name or as a record such as `eps=0.002,outside-sqrt,m-1,m,w=0.3,guard`. */
  readonly conventions?: readonly string[];
  /** Whole number ≥ 0 that the data is drawn from. Left out: 1. */
  readonly seed?: number;
  /** Seconds for one request to the backend, after which its process is ended and the test fails. Left out: 30. */
  readonly timeLimit?: number;
  /** A JSON file of known failures, as `--expectations` takes it: a path or a file URL. */
  readonly expectations?: URL | string;
  /** Fails what would be skipped because the backend does not support it or the machine cannot run it. Left out: false. */
  readonly require?: boolean;
}

/** The options with nothing left out, and what they select. */
export interface Conformance {
  readonly title: string;
  /** Path of the module, relative to the working directory, as reproduce commands have it. */
  readonly asked: string;
  readonly cases: readonly Case[];
  readonly seed: number;
  /** Milliseconds for one request. */
  readonly limit: number;
  readonly expectations: Expectations;
  readonly require: boolean;
}

const known: { readonly [option in keyof Required<ConformanceOptions>]: true } = {
  name: true,
  module: true,
  suite: true,
  cases: true,
  conventions: true,
  seed: true,
  timeLimit: true,
  expectations: true,
  require: true,
};

function refuse(option: string, expected: string, got: unknown): never {
  const shown = typeof got === 'string' ? `"${got}"` : got === undefined ? 'nothing' : String(got);
  throw new UsageError(`${option}: expected ${expected}, got ${shown}`);
}

/** A path or a file URL as a path that a command line can have: relative to where it would be typed. */
function pathOf(option: string, place: URL | string): string {
  // By its text: a test environment such as jsdom brings a URL class of its own.
  const text = String(place);
  if (/^[a-z]+:\/\//i.test(text) && !text.startsWith('file:')) refuse(option, 'a path or a file URL', text);
  const path = relative(process.cwd(), text.startsWith('file:') ? fileURLToPath(text) : resolve(text));
  return isAbsolute(path) || path.includes(sep) ? path : `.${sep}${path}`;
}

function modulePath(module: unknown): string {
  if (module === undefined) refuse('module', 'the path or file URL of a module that exports openBackend', module);
  if (typeof module === 'function' || Object.hasOwn(Object(module), 'openBackend')) {
    throw new UsageError(
      'module: expected a path or a file URL, got the module itself; a backend is judged in a process of its own, so name the file that it is loaded from',
    );
  }
  const path = pathOf('module', module as URL | string);
  if (!existsSync(path)) throw new UsageError(`module ${path}: there is no such file in ${process.cwd()}`);
  if (!statSync(path).isFile())
    throw new UsageError(`module ${path}: expected a file, got a folder; name its entry file`);
  return path;
}

/**
 * Checks the options and selects the cases; computes nothing and starts nothing.
 *
 * @throws {UsageError} naming the option that makes no sense
 */
export function resolveOptions(options: ConformanceOptions): Conformance {
  const unknown = Object.keys(options).find((option) => !Object.hasOwn(known, option));
  if (unknown !== undefined) refuse('option', `one of ${Object.keys(known).join(', ')}`, unknown);
  const { suite = 'standard', cases = [], conventions = [], seed = 1, timeLimit = 30, expectations } = options;
  for (const [option, list] of Object.entries({ cases, conventions })) {
    if (!Array.isArray(list)) refuse(option, 'a list', list);
  }
  if (!Number.isSafeInteger(seed) || seed < 0) refuse('seed', 'a whole number ≥ 0', seed);
  if (!(timeLimit > 0 && Number.isFinite(timeLimit))) refuse('timeLimit', 'a number of seconds > 0', timeLimit);
  const asked = modulePath(options.module);
  const excuses = expectations === undefined ? [] : readExpectations(pathOf('expectations', expectations));
  return {
    title: options.name ?? asked,
    asked,
    cases: selectCases({ suite, patterns: cases, conventions }),
    seed,
    limit: timeLimit * 1000,
    expectations: new Expectations(excuses, new Date().toISOString().slice(0, 10)),
    require: options.require ?? false,
  };
}
