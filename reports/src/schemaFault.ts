import type { ErrorObject } from 'ajv/dist/2020.js';

/** A part of a JSON Schema. */
export interface SchemaNode {
  readonly description?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
}

/** What a schema found wrong: where, as a JSONPath, what it admits, and what is there. */
export interface SchemaFault {
  readonly path: string;
  readonly expected: string;
  readonly got: string;
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

function describe(error: ErrorObject): SchemaFault {
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

/** The first thing that is wrong, in words. */
export function schemaFault(errors: readonly ErrorObject[]): SchemaFault {
  return describe(mostTelling(errors));
}
