import type { ErrorObject } from 'ajv/dist/2020.js';

/** What a schema found wrong: where, as a JSON path, what it admits, and what is there. */
export interface SchemaFault {
  readonly path: string;
  readonly expected: string;
  readonly got: string;
}

/** The parts of a JSON Schema that a fault is explained from. */
interface SchemaNode {
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly oneOf?: readonly SchemaNode[];
  readonly properties?: { readonly [name: string]: SchemaNode };
}

/** `.name`, `[3]` or `["a b"]`: one step of a JSON path. */
export function pathStep(step: string | number): string {
  if (typeof step === 'number' || /^\d+$/.test(step)) return `[${step}]`;
  return /^[A-Za-z]\w*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}

/** `/cases/3/expected/y` as `$.cases[3].expected.y`. */
function jsonPath(pointer: string): string {
  const steps = pointer.split('/').slice(1);
  return `$${steps.map((step) => pathStep(step.replaceAll('~1', '/').replaceAll('~0', '~'))).join('')}`;
}

/** A value as JSON, cut where it gets long. */
export function show(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

const oneOf = (values: readonly unknown[]): string => `one of ${values.map(show).join(', ')}`;

/** The first thing that is wrong, in words. */
export function explain(errors: readonly ErrorObject[]): SchemaFault {
  const { keyword, instancePath, params, data, parentSchema, message } = errors[0]!;
  const path = jsonPath(instancePath);
  const schema = parentSchema as SchemaNode;
  const got = show(data);
  switch (keyword) {
    case 'required':
      return { path: path + pathStep(params['missingProperty']), expected: 'a value', got: 'nothing' };
    case 'additionalProperties': {
      const name: string = params['additionalProperty'];
      const known = Object.keys(schema.properties ?? {}).join(', ');
      return { path: path + pathStep(name), expected: `no field of that name (there are ${known})`, got: 'one' };
    }
    case 'const':
      return { path, expected: show(schema.const), got };
    case 'enum':
      return { path, expected: oneOf(schema.enum ?? []), got };
    case 'type':
      return { path, expected: [params['type']].flat().join(' or '), got };
    case 'discriminator': {
      const { tag, tagValue } = params as { tag: string; tagValue: unknown };
      const tags = (schema.oneOf ?? []).map(({ properties }) => properties?.[tag]?.const);
      return { path: path + pathStep(tag), expected: oneOf(tags), got: show(tagValue) };
    }
    case 'pattern':
      return { path, expected: `text that matches ${params['pattern']}`, got };
    default:
      // minimum, minItems, …: ajv's own words continue a sentence: "must be >= 0".
      return { path, expected: `a value that ${message}`, got };
  }
}
