import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import picomatch from 'picomatch';
import { UsageError } from '../usageError.ts';
import { type Margins, usualMargins } from './sequential.ts';

/** Where margins are looked for when no file is named. */
export const usualFile = 'normgauge.gate.json';

interface Row {
  readonly case: string;
  readonly backend?: string;
  readonly reason: string;
  readonly failAbovePercent?: number;
  readonly passBelowPercent?: number;
  readonly controlPercent?: number;
}

interface Document {
  readonly version: 1;
  readonly margins: readonly Row[];
}

/** The schema lies beside the source; from src and from dist this is the same file. */
const schemaUrl = new URL('../../src/gate/gate.schema.json', import.meta.url);

/** The margins of a case on a backend, and why they are not the usual ones. */
export type MarginsOf = (backend: string, caseId: string) => Margins & { readonly reason?: string };

function marginsIn(row: Row): Margins & { readonly reason: string } {
  const ratio = (percent: number | undefined, usual: number): number =>
    percent === undefined ? usual : 1 + percent / 100;
  return {
    fail: ratio(row.failAbovePercent, usualMargins.fail),
    pass: ratio(row.passBelowPercent, usualMargins.pass),
    control: ratio(row.controlPercent, usualMargins.control),
    reason: row.reason,
  };
}

function refuse(where: string, what: string): never {
  throw new UsageError(`${where}: ${what}`);
}

/**
 * Margins from the text of a file; the first row that matches counts.
 * @param where names the file in the error
 * @throws {UsageError} in one sentence with the place of the first thing that is wrong
 */
export function parseMargins(text: string, where: string): MarginsOf {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return refuse(where, `expected JSON, got text that is not (${(error as Error).message.replaceAll(/\s+/g, ' ')})`);
  }
  const validate = new Ajv2020().compile<Document>(JSON.parse(readFileSync(schemaUrl, 'utf8')));
  if (!validate(value)) {
    const { instancePath, message, params } = validate.errors![0]!;
    const extra = 'additionalProperty' in params ? ` (${String(params['additionalProperty'])})` : '';
    return refuse(where, `at ${instancePath || 'the top'} it ${message}${extra}`);
  }
  const rows = value.margins.map((row) => ({ row, margins: marginsIn(row), matches: picomatch(row.case) }));
  for (const [k, { row, margins }] of rows.entries()) {
    if (margins.fail < margins.pass) continue;
    refuse(where, `at /margins/${k} (${row.case}) failAbovePercent must be below passBelowPercent`);
  }
  return (backend, caseId) =>
    rows.find(({ row, matches }) => (row.backend ?? backend) === backend && matches(caseId))?.margins ?? usualMargins;
}

/**
 * Margins from a file that was named, or else from the usual one where it is there.
 * @throws {UsageError} when the file that was named is not there, or is no such file
 */
export function readMargins(named: string | undefined): MarginsOf {
  const path = named ?? usualFile;
  try {
    return parseMargins(readFileSync(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (named === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') return () => usualMargins;
    throw new UsageError(
      `${path}: cannot be read (${(error as NodeJS.ErrnoException).code ?? (error as Error).message})`,
    );
  }
}
