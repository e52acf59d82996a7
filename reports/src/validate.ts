import { readFileSync } from 'node:fs';
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { Report, Result } from './report.ts';

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

/** A part of a JSON Schema. */
interface SchemaNode {
  readonly description?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
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
}
let compiled: Validators | undefined;

function validators(): Validators {
  if (compiled) return compiled;
  // The conditions of Result require what its properties define one level up, which strictRequired would refuse.
  const ajv = new Ajv2020({ strict: true, strictRequired: false, verbose: true });
  formats.default(ajv);
  const report = ajv.compile<Report>(reportSchema);
  const result = ajv.getSchema<Result>(`${reportSchema.$id}#/$defs/Result`)!;
  compiled = { report, result };
  return compiled;
}

/** `/results/3/declares/a~1b` as `$.results[3].declares["a/b"]`. */
function jsonPath(pointer: string): string {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return `$${steps.map(pathStep).join('')}`;
}

function pathStep(step: string): string {
  if (/^\d+$/.test(step)) return `[${step}]`;
  return /^[A-Za-z]\w*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

function show(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

/** What a part of the schema admits, in words. */
function admitted({ type, const: constant, enum: values, anyOf, oneOf }: SchemaNode): string {
  if (constant !== undefined) return show(constant);
  if (values) return values.map(show).join(', ');
  const choices = anyOf ?? oneOf;
  if (choices) return choices.map(admitted).join(', ');
  return `a value of type ${type}`;
}

function describe(error: ErrorObject): { path: string; expected: string; got: string } {
  const path = jsonPath(error.instancePath);
  const got = show(error.data);
  const schema = error.parentSchema as SchemaNode;
  switch (error.keyword) {
    case 'required':
      return { path: path + pathStep(error.params['missingProperty']), expected: 'a value', got: 'nothing' };
    case 'additionalProperties':
      return {
        path: path + pathStep(error.params['additionalProperty']),
        expected: `nothing, since the schema has no such field`,
        got: 'one',
      };
    case 'const':
    case 'enum':
    case 'anyOf':
    case 'oneOf':
      return { path, expected: `one of ${admitted(schema)}`, got };
    case 'type':
      return { path, expected: `a value of type ${error.params['type']}`, got };
    default:
      // minimum, pattern, format, minItems, …: ajv's own words continue a sentence: "must be >= 0".
      return { path, expected: `a value that ${error.message}`, got };
  }
}

/** A choice reports each branch that was refused before it reports itself; itself is what a reader understands. */
function mostTelling(errors: readonly ErrorObject[]): ErrorObject {
  return errors.find(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf') ?? errors[0]!;
}

function refuse(errors: readonly ErrorObject[], where: string): never {
  const { path, expected, got } = describe(mostTelling(errors));
  throw new ReportError(
    `${where}: at ${path} expected ${expected}, got ${got}; correct it, or write the report anew with "normgauge run"`,
    path,
  );
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
