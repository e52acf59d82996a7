import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ReportError, type Result, validateResult } from '@normgauge/reports';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { Experience } from '../diagnose/diagnostician.ts';
import { UsageError } from '../usageError.ts';
import { differences, type RunIdentity } from './runIdentity.ts';

/** What lies beside the results while a run is under way: which run it is, and how long it took so far. */
export interface RunManifest {
  readonly format: 1;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** When it last began or went on. */
  readonly resumedAt: string;
  /** Wall time before that, seconds. */
  readonly secondsBefore: number;
  readonly run: RunIdentity;
}

const text = { type: 'string' } as const;
const instant = { type: 'string', format: 'date-time' } as const;

function record<T extends Record<string, object>>(properties: T, optional: readonly string[] = []): object {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', additionalProperties: false, required, properties };
}

const schema = record({
  format: { const: 1 },
  startedAt: instant,
  resumedAt: instant,
  secondsBefore: { type: 'number', minimum: 0 },
  run: record({
    tool: text,
    command: text,
    suite: text,
    seed: { type: 'integer' },
    cases: { type: 'array', items: text },
    backends: { type: 'array', items: record({ id: text, version: text, module: text }, ['version', 'module']) },
    expectations: text,
    machine: text,
  }),
});

/** What was learned about a backend up to one of its cases; a line each. */
interface ExperienceLine {
  readonly backend: string;
  readonly case: string;
  readonly experience: Experience;
}

const count = { type: 'integer', minimum: 0 } as const;
const counts = { type: 'object', additionalProperties: count } as const;
const experienceSchema = record({
  backend: text,
  case: text,
  experience: record({ failures: count, recomputed: count, accounts: counts, first: counts }),
});

/** The files of a run in its folder. */
export const namesIn = { manifest: 'run.json', results: 'results.ndjson', experience: 'experience.ndjson' } as const;

/** A run that was stopped or killed: what it had finished, and since when. */
export interface InterruptedRun {
  readonly results: readonly Result[];
  /** What was learned about each backend in them, by its id. */
  readonly learned: ReadonlyMap<string, Experience>;
  /** Bytes of each file that are whole lines. */
  readonly wholeLines: ReadonlyMap<string, number>;
  readonly startedAt: string;
  /** Wall time so far, seconds. */
  readonly seconds: number;
}

const advice = 'leave --resume out to begin anew';

function readManifest(path: string): RunManifest {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`--resume: ${path}: expected JSON, got ${(error as Error).message}; ${advice}`);
  }
  const ajv = new Ajv2020();
  addFormats.default(ajv);
  const validate = ajv.compile<RunManifest>(schema);
  if (validate(value)) return value;
  const { instancePath, message } = validate.errors![0]!;
  throw new UsageError(`--resume: ${path}: at ${instancePath || 'the top'} it ${message}; ${advice}`);
}

function parsed(line: string, where: string, what: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    const got = JSON.stringify(line.slice(0, 40));
    throw new UsageError(`--resume: ${where}: expected ${what} in JSON, got ${got}; ${advice}`);
  }
}

/** One line of the results, held against the run that it is said to be of. */
function readLine(line: string, where: string, { seed, backends, cases }: RunIdentity): Result {
  const value = parsed(line, where, 'a result');
  try {
    const result = validateResult(value, where);
    const isOfRun =
      result.seed === seed && cases.includes(result.case) && backends.some(({ id }) => id === result.backend);
    if (isOfRun) return result;
    const name = `${result.backend} on ${result.case} with seed ${result.seed}`;
    throw new UsageError(`--resume: ${where}: expected a result of this run, got one of ${name}; ${advice}`);
  } catch (error) {
    if (error instanceof ReportError) throw new UsageError(`--resume: ${error.message.replace(/;.*$/, '')}; ${advice}`);
    throw error;
  }
}

interface Lines {
  readonly lines: readonly string[];
  /** Bytes. */
  readonly length: number;
}

/** The whole lines of a file. What follows the last line break was being written when the run was killed. */
function linesOf(path: string): Lines {
  const content = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const whole = content.slice(0, content.lastIndexOf('\n') + 1);
  return { lines: whole.split('\n').slice(0, -1), length: Buffer.byteLength(whole) };
}

const keyOf = (backend: string, address: string): string => JSON.stringify([backend, address]);

function readResults(path: string, lines: readonly string[], run: RunIdentity): readonly Result[] {
  const seen = new Map<string, number>();
  return lines.map((line, k) => {
    const where = `${path}:${k + 1}`;
    const result = readLine(line, where, run);
    const key = keyOf(result.backend, result.case);
    const earlier = seen.get(key);
    if (earlier !== undefined) {
      const name = `${result.backend} on ${result.case}`;
      throw new UsageError(
        `--resume: ${where}: expected one result of ${name}, got another in line ${earlier}; ${advice}`,
      );
    }
    seen.set(key, k + 1);
    return result;
  });
}

/** What was known after the last result of each backend; of a case without a result nothing is. */
function readExperience(path: string, lines: readonly string[], results: readonly Result[]): Map<string, Experience> {
  const done = new Set(results.map((result) => keyOf(result.backend, result.case)));
  const validate = new Ajv2020().compile<ExperienceLine>(experienceSchema);
  const learned = new Map<string, Experience>();
  for (const [k, line] of lines.entries()) {
    const where = `${path}:${k + 1}`;
    const value = parsed(line, where, 'what was learned');
    if (!validate(value)) {
      const { instancePath, message } = validate.errors![0]!;
      throw new UsageError(`--resume: ${where}: at ${instancePath || 'the top'} it ${message}; ${advice}`);
    }
    if (done.has(keyOf(value.backend, value.case))) learned.set(value.backend, value.experience);
  }
  return learned;
}

/**
 * The run in a folder, to go on with; undefined when there is none yet.
 * @throws {UsageError} in one sentence when it is of another selection, or a file of it is damaged
 */
export function readInterruptedRun(folder: string, now: RunIdentity): InterruptedRun | undefined {
  const [manifestPath, resultsPath] = [join(folder, namesIn.manifest), join(folder, namesIn.results)];
  if (!existsSync(resultsPath)) return undefined;
  if (!existsSync(manifestPath)) {
    throw new UsageError(
      `--resume: ${resultsPath}: there is no ${namesIn.manifest} beside it that says of which run; ${advice}`,
    );
  }
  const { run, startedAt, resumedAt, secondsBefore } = readManifest(manifestPath);
  const [first, ...others] = differences(run, now);
  if (first !== undefined) {
    const all = [first, ...others].join('; ');
    throw new UsageError(`--resume: the run in ${folder} is another one: ${all}. Ask for the same, or ${advice}`);
  }
  const lastWritten = statSync(resultsPath).mtimeMs;
  const seconds = secondsBefore + Math.max(0, lastWritten - Date.parse(resumedAt)) / 1000;
  const experiencePath = join(folder, namesIn.experience);
  const [written, known] = [linesOf(resultsPath), linesOf(experiencePath)];
  const results = readResults(resultsPath, written.lines, run);
  const learned = readExperience(experiencePath, known.lines, results);
  const wholeLines = new Map<string, number>([[namesIn.results, written.length]]);
  if (existsSync(experiencePath)) wholeLines.set(namesIn.experience, known.length);
  return { results, learned, wholeLines, startedAt, seconds };
}
