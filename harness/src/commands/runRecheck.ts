import { readFileSync } from 'node:fs';
import {
  brokenClaims,
  type Certificate,
  certify,
  NoCertificate,
  parseCertificate,
  type Report,
  ReportError,
} from '@normgauge/reports';
import { UsageError } from '../usageError.ts';
import { exitStatus } from './exitStatus.ts';
import { readReport } from './readReport.ts';
import { runSuite, type SuiteOptions } from './runSuite.ts';

/** Options of `verify --certificate`, as the command line gives them. */
export interface RecheckOptions extends SuiteOptions {
  /** The file. */
  readonly certificate: string;
}

function readCertificate(path: string): Certificate {
  try {
    return parseCertificate(readFileSync(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof ReportError) throw new UsageError(error.message);
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(`--certificate ${path}: cannot be read (${code ?? message})`);
  }
}

/** The backend that the claim is tried on: the one that is named, or ours of that name. */
function backendOf({ backend }: RecheckOptions, { backend: claimed }: Certificate): string {
  if (backend.length > 1) {
    throw new UsageError(`--certificate: expected one --backend, got ${backend.length}; a certificate is about one`);
  }
  return backend[0] ?? claimed.id;
}

/** What the certificate says and the new run does not show. */
function faultsOf(claimed: Certificate, report: Report): readonly string[] {
  try {
    return brokenClaims(claimed, certify(report));
  } catch (error) {
    if (error instanceof NoCertificate) return [error.message];
    throw error;
  }
}

/**
 * Runs the suite of a certificate again, with its seed, and compares the claim with what is found; returns the exit status: 1
 * when the claim does not hold.
 * @throws {UsageError} when the certificate cannot be read or the options make no sense
 */
export async function runRecheck(options: RecheckOptions): Promise<number> {
  const claimed = readCertificate(options.certificate);
  const { suite, seed, level, grade } = claimed;
  const { json } = options;
  const status = await runSuite('verify', {
    ...options,
    backend: [backendOf(options, claimed)],
    suite,
    seed,
    json: false,
    quiet: options.quiet || json,
  });
  if (status === exitStatus.couldNotRun || status === exitStatus.interrupted) {
    process.stderr.write(`normgauge: the certificate was not checked: the backend did not run to the end\n`);
    return status;
  }
  const broken = faultsOf(claimed, readReport(options.out));
  const holds = broken.length === 0;
  if (json) process.stdout.write(`${JSON.stringify({ holds, broken, certificate: claimed })}\n`);
  else if (holds && !options.quiet) {
    process.stdout.write(`✓ the certificate holds: level ${level}, grade ${grade}, suite ${suite}, seed ${seed}\n`);
  }
  if (!holds && !json) {
    process.stderr.write(`✗ the certificate does not hold:\n${broken.map((line) => `  ${line}\n`).join('')}`);
  }
  return holds ? exitStatus.good : exitStatus.failed;
}
