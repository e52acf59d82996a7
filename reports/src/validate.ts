import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { Beside, Report, Result } from './report.ts';
import { type SchemaNode, schemaFault } from './schemaFault.ts';

/** The published schema, as it lies beside this package. */
export const reportSchema: ReportSchema = JSON.parse(
  readFileSync(new URL('../src/report.schema.json', import.meta.url), 'utf8'),
);

/** What this package itself reads from its schema. */
export interface ReportSchema {
  readonly $id: string;
  readonly properties: { readonly version: { readonly const: number } };
  readonly $defs: Readonly<Record<string, SchemaNode>>;
}

/** A document that is not a report this version can read. The message says what, where, expected, got and what to do. */
export class ReportError extends Error {
  override readonly name = 'ReportError';
  /** Where in the document, as a JSONPath: `$.results[3].status`. Empty when it is not JSON at all. */
  readonly path: string;
  constructor(message: string, path: string, options?: ErrorOptions) {
    super(message, options);
    this.path = path;
  }
}

interface Validators {
  readonly report: ValidateFunction<Report>;
  readonly result: ValidateFunction<Result>;
  readonly beside: ValidateFunction<Beside>;
}
let compiled: Validators | undefined;

function validators(): Validators {
  if (compiled) return compiled;
  // The conditions of Result require what its properties define one level up, which strictRequired would refuse.
  const ajv = new Ajv2020({ strict: true, strictRequired: false, verbose: true });
  formats.default(ajv);
  const report = ajv.compile<Report>(reportSchema);
  const result = ajv.getSchema<Result>(`${reportSchema.$id}#/$defs/Result`)!;
  const beside = ajv.getSchema<Beside>(`${reportSchema.$id}#/$defs/Beside`)!;
  compiled = { report, result, beside };
  return compiled;
}

function refuse(
  errors: readonly ErrorObject[],
  where: string,
  advice = 'write the report anew with "normgauge run"',
): never {
  const { path, expected, got } = schemaFault(errors);
  throw new ReportError(`${where}: at ${path} expected ${expected}, got ${got}; correct it, or ${advice}`, path);
}

function refuseNewer(value: unknown, where: string): void {
  if (typeof value !== 'object' || value === null) return;
  const { schema, version, tool } = value as Partial<Record<string, unknown>>;
  const known = reportSchema.properties.version.const;
  if (schema !== reportSchema.$id || typeof version !== 'number' || !(version > known)) return;
  const writer = (tool as { version?: unknown } | undefined)?.version;
  throw new ReportError(
    `${where}: was written by a newer normgauge${typeof writer === 'string' ? ` (${writer})` : ''}: expected report version ${known} or lower, got ${version}; update normgauge to read it`,
    '$.version',
  );
}

/**
 * The value as a report, checked against the published schema; it is returned as it came, not copied.
 * @param where names the document in the error, usually its file
 * @throws {ReportError} with the JSONPath of the first thing that is wrong
 */
export function validateReport(value: unknown, where = 'report'): Report {
  refuseNewer(value, where);
  const { report } = validators();
  return report(value) ? value : refuse(report.errors!, where);
}

/**
 * One result, as a line of an NDJSON file holds it.
 * @param where names the line in the error
 * @throws {ReportError} with the JSONPath of the first thing that is wrong
 */
export function validateResult(value: unknown, where = 'result'): Result {
  const { result } = validators();
  return result(value) ? value : refuse(result.errors!, where);
}

/**
 * Times of another program, as scripts/torch_batch_norm.py writes them; what is beside a report.
 * @param where names the document in the error, usually its file
 * @throws {ReportError} with the JSONPath of the first thing that is wrong
 */
export function validateBeside(value: unknown, where: string): Beside {
  const { beside } = validators();
  const advice = 'write it anew with scripts/torch_batch_norm.py';
  return beside(value) ? value : refuse(beside.errors!, where, advice);
}

/**
 * A report from the text of a file.
 * @param where the file, for the error
 * @throws {ReportError} when the text is not JSON, not a report, or a report of a newer version
 */
export function parseReport(text: string, where: string): Report {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const found = (error as SyntaxError).message;
    throw new ReportError(
      `${where}: expected a report in JSON, got text that is not JSON (${found}); it may have been cut short: write the report anew with "normgauge run"`,
      '',
      { cause: error },
    );
  }
  return validateReport(value, where);
}
