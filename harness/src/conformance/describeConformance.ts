import type { Result } from '@normgauge/reports';
import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Case } from '../cases/case.ts';
import { hostLimits } from '../commands/hostLimits.ts';
import { explainFailure, isFailure, judge } from '../commands/judge.ts';
import { type Candidate, openCandidate, subjectOf } from '../commands/subjects.ts';
import { Diagnostician } from '../diagnose/diagnostician.ts';
import { UsageError } from '../usageError.ts';
import { prepare } from '../verify/prepare.ts';
import { KernelFault } from '../verify/subject.ts';
import type { Verdict } from '../verify/verifyCase.ts';
import { type Conformance, type ConformanceOptions, resolveOptions } from './options.ts';

export type { ConformanceOptions } from './options.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** The row that a report of normgauge would have of this test: status, errors, grade, checks. */
    normgauge?: Result;
  }
}

/** Ours to decide: a hang ends at the harness's limit, and a kernel that passes at the second try has failed. */
const inOurHands = { timeout: 0, retry: 0, repeats: 0, concurrent: false } as const;

const optionOf: { readonly [flag: string]: string } = { backend: 'module', case: 'cases', convention: 'conventions' };

/** A sentence about the command line, said of the options of `describeConformance`, at the line that gave them. */
function inOurWords(error: unknown, site: Error): unknown {
  if (!(error instanceof UsageError)) return error;
  const sentence = error.message.replace(/--(\w+)/, (_, flag: string) => optionOf[flag] ?? flag);
  return failure(`describeConformance: ${sentence}`, site);
}

async function verify(
  candidate: Candidate,
  row: Case,
  { seed, limit }: Conformance,
  diagnostician: Diagnostician,
): Promise<Verdict> {
  const subject = subjectOf(candidate, { request: limit });
  // Asked first: a refusal comes sooner than a reference. What a backend throws here, it throws again when it is verified.
  const { supported } = await subject.supports(row.problem).catch((error: unknown) => {
    if (error instanceof KernelFault) return { supported: true as const };
    throw error;
  });
  if (supported !== true) return { status: 'skipped', reason: supported, tensors: [], gradients: [], checks: [] };
  return diagnostician.verify(prepare(row, seed), subject);
}

/** Why a test is neither green nor red, or undefined when it is one of them. */
function reasonToSkip({ status, reason, excused }: Result): string | undefined {
  if (excused) return `known failure until ${excused.until}: ${excused.reason}`;
  return status === 'passed' ? undefined : `${status}: ${reason ?? 'no reason was given'}`;
}

/** An error that points at the caller's line rather than into this package. */
function failure(message: string, site: Error): Error {
  const error = new Error(message);
  error.stack = `Error: ${message}\n${(site.stack ?? '').split('\n').slice(1).join('\n')}`;
  return error;
}

/**
 * Registers the conformance suite of one backend: a `describe` with one below it for every op and layout, and one `it` a case,
 * whose title is the case's address (`vitest -t backward/nhwc` selects). What is checked is what `normgauge verify` checks.
 *
 *     import { describeConformance } from 'normgauge/vitest';
 *
 *     describeConformance({ module: new URL('../src/kernel.mjs', import.meta.url) });
 *
 * The backend runs in a process of its own, started when the first test runs: a hang is ended at its time limit and fails its
 * test, a crash fails its test, and the next test goes on in a new process. Inputs and reference of a case are made when its test runs.
 *
 * A test passes when the case passed. It fails with the cause, the tensor, the index, both values, the ratio to the allowed
 * error and the command that shows it again. It is skipped, with the reason, when the backend does not support the case or the
 * machine cannot run the backend, when the data is too weak to prove anything, and when the failure is a known one. The row of
 * the report is in `task.meta.normgauge`. Vitest's time limits and retries do not apply: those of the harness do.
 *
 * Call it where `describe` may be called. Vitest runs in Node, not in its browser mode.
 *
 * @throws {Error} when an option makes no sense. A module that cannot be loaded fails the suite when its first test is about to run.
 */
export function describeConformance(options: ConformanceOptions): void {
  const site = new Error();
  Error.captureStackTrace?.(site, describeConformance);
  const conformance = resolved(options, site);
  describe(conformance.title, inOurHands, () => {
    const diagnostician = new Diagnostician();
    let candidate: Candidate;
    beforeAll(async () => {
      const limits = hostLimits(conformance.cases, conformance.limit / 1000, undefined);
      candidate = await openCandidate(conformance.asked, limits).catch((error: unknown) => {
        throw inOurWords(error, site);
      });
    }, 0);
    afterAll(async () => {
      const aftermath = await candidate?.host.close();
      if (aftermath) throw failure(`the backend was closed: ${aftermath.message}`, site);
    }, 0);

    const test = (row: Case): void => {
      it(row.id, async ({ skip, task }) => {
        const judged = await judge(candidate, row, { command: 'verify', seed: conformance.seed }, () =>
          verify(candidate, row, conformance, diagnostician),
        );
        const result = conformance.expectations.apply(judged);
        task.meta.normgauge = result;
        if (isFailure(result)) throw failure(explainFailure(result), site);
        const reason = reasonToSkip(result);
        if (reason === undefined) return;
        if (conformance.require && result.status === 'skipped') throw failure(`${row.id}: ${reason}`, site);
        skip(reason);
      });
    };
    for (const [op, ofOp] of grouped(conformance.cases, ({ problem }) => problem.op)) {
      describe(op, () => {
        for (const [layout, rows] of grouped(ofOp, ({ problem }) => problem.layout)) {
          describe(layout, () => rows.forEach(test));
        }
      });
    }
  });
}

function resolved(options: ConformanceOptions, site: Error): Conformance {
  try {
    return resolveOptions(options);
  } catch (error) {
    throw inOurWords(error, site);
  }
}

function grouped(rows: readonly Case[], key: (row: Case) => string): ReadonlyMap<string, readonly Case[]> {
  const groups = new Map<string, Case[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group) group.push(row);
    else groups.set(key(row), [row]);
  }
  return groups;
}
