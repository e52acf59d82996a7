import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { schemaFault } from '../schemaFault.ts';
import { ReportError } from '../validate.ts';
import type { Certificate } from './certificate.ts';

let compiled: ValidateFunction<Certificate> | undefined;

function validator(): ValidateFunction<Certificate> {
  if (compiled) return compiled;
  const schema = JSON.parse(
    readFileSync(new URL('../../src/certificate/certificate.schema.json', import.meta.url), 'utf8'),
  );
  const ajv = new Ajv2020({ strict: true, verbose: true });
  formats.default(ajv);
  compiled = ajv.compile<Certificate>(schema);
  return compiled;
}

/**
 * The value as a certificate, checked against the published schema.
 * @param where names the document in the error, usually its file
 * @throws {ReportError} with the JSONPath of the first thing that is wrong
 */
export function validateCertificate(value: unknown, where = 'certificate'): Certificate {
  const check = validator();
  if (check(value)) return value;
  const { path, expected, got } = schemaFault(check.errors!);
  throw new ReportError(
    `${where}: at ${path} expected ${expected}, got ${got}; write the certificate anew with "normgauge report --format certificate"`,
    path,
  );
}

/**
 * A certificate from the text of a file.
 * @throws {ReportError} when the text is not JSON or not a certificate
 */
export function parseCertificate(text: string, where: string): Certificate {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ReportError(
      `${where}: expected a certificate in JSON, got text that is not JSON (${(error as SyntaxError).message}); write it anew with "normgauge report --format certificate"`,
      '',
      { cause: error },
    );
  }
  return validateCertificate(value, where);
}
