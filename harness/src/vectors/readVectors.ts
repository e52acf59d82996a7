import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { UsageError } from '../usageError.ts';
import { faultOf, refuseVersion } from './checkCase.ts';
import type { VectorDocument } from './format.ts';
import { explain, pathStep, type SchemaFault, show } from './schemaErrors.ts';

/** One file of test vectors, checked. */
export interface VectorFile {
  readonly path: string;
  readonly document: VectorDocument;
}

/** The schema lies beside the source; from src and from dist this is the same file. */
const schemaUrl = new URL('../../src/vectors/vectors.schema.json', import.meta.url);

let compiled: ValidateFunction<VectorDocument> | undefined;

function validator(): ValidateFunction<VectorDocument> {
  compiled ??= new Ajv2020({
    strict: true,
    // A discriminator's `type` and `required` stand one level above its branches; null beside array is a union.
    strictTypes: false,
    strictRequired: false,
    discriminator: true,
    verbose: true,
  }).compile<VectorDocument>(JSON.parse(readFileSync(schemaUrl, 'utf8')));
  return compiled;
}

function refuse(where: string, { path, expected, got }: SchemaFault): never {
  throw new UsageError(`${where}: at ${path} expected ${expected}, got ${got}`);
}

function checkDocument(value: unknown, where: string): VectorDocument {
  const newer = refuseVersion((value as { version?: unknown } | null)?.version);
  if (newer) refuse(where, newer);
  const validate = validator();
  if (!validate(value)) refuse(where, explain(validate.errors!));
  const names = new Set<string>();
  for (const [k, row] of value.cases.entries()) {
    const path = `$.cases${pathStep(k)}`;
    const fault = faultOf(row);
    if (fault) refuse(where, { ...fault, path: path + fault.path });
    if (names.has(row.name))
      refuse(where, { path: `${path}.name`, expected: 'a name of its own', got: show(row.name) });
    names.add(row.name);
  }
  return value;
}

/**
 * Test vectors from the text of a file.
 * @param where names the file in the error
 * @throws {UsageError} in one sentence with the JSON path of the first thing that is wrong
 */
export function parseVectors(text: string, where: string): VectorDocument {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const message = (error as SyntaxError).message.replaceAll(/\s+/g, ' ');
    throw new UsageError(`${where}: at $ expected test vectors in JSON, got text that is not JSON (${message})`);
  }
  return checkDocument(value, where);
}

function filesIn(path: string): readonly string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new UsageError(`${path}: expected a file or a folder of test vectors, found nothing there`);
  if (!found.isDirectory()) return [path];
  const files = readdirSync(path)
    .filter((name) => name.endsWith('.json'))
    .sort();
  if (files.length === 0) throw new UsageError(`${path}: expected *.json with test vectors in this folder, found none`);
  return files.map((name) => join(path, name));
}

/**
 * A file of test vectors, or every *.json of a folder in the order of their names.
 * @throws {UsageError} when there is none, or one of them is damaged
 */
export function readVectors(path: string): readonly VectorFile[] {
  try {
    return filesIn(path).map((file) => ({ path: file, document: parseVectors(readFileSync(file, 'utf8'), file) }));
  } catch (error) {
    const { code, path: file } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new UsageError(`${file ?? path}: expected a file that can be read, got ${code}`);
  }
}
