import { describeDiagnosis, type Result, type Status } from '@normgauge/reports';
import type { Case } from '../cases/case.ts';
import { LostProcess, type RemoteError } from '../hosts/childProcess.ts';
import type { Verdict } from '../verify/verifyCase.ts';
import { quoted } from './shellWords.ts';
import { type Candidate, idOf } from './subjects.ts';

/** How one case ended on one backend: what verification says, or why there was nothing to verify. */
export type Outcome =
  | (Verdict & Pick<Result, 'diagnosis'>)
  | (Pick<Result, 'cause' | 'diagnosis' | 'timing' | 'tensors' | 'gradients' | 'checks'> & { status: Status });

/** Under what a case is judged; with the case's address it is all that repeats it. */
export interface Conditions {
  readonly command: 'verify' | 'bench';
  readonly seed: number;
  /** The last case of this backend, which is closed as a part of it. */
  readonly last?: boolean;
}

const unjudged = { tensors: [], gradients: [], checks: [] } as const;

function reproduceCommand({ command, seed }: Conditions, asked: string, row: Case): string {
  return `npx normgauge ${command} --backend ${quoted(asked)} --case ${quoted(row.id)} --seed ${seed}`;
}

/** A case that came to its end, and whose backend then did not: what was found before stays beside it. */
export function endedBy(aftermath: LostProcess | RemoteError, when: string, outcome: Outcome): Outcome {
  const { tensors, gradients, checks, cause, diagnosis } = outcome;
  const status = aftermath instanceof LostProcess ? aftermath.status : 'failed';
  const causes = [...(cause === undefined ? [] : [cause]), `${when}: ${aftermath.message}`];
  return { status, cause: causes.join('; '), tensors, gradients, checks, ...(diagnosis && { diagnosis }) };
}

/** What a task finds, and what the backend does after it: that which a case leaves behind counts for it. */
async function withAftermath({ host }: Candidate, last: boolean, task: () => Promise<Outcome>): Promise<Outcome> {
  try {
    const outcome = await task();
    const aftermath = await (last ? host.close() : host.settle());
    return aftermath ? endedBy(aftermath, last ? 'when it was closed' : 'when it was done', outcome) : outcome;
  } catch (error) {
    if (error instanceof LostProcess) return { status: error.status, cause: error.message, ...unjudged };
    throw error;
  }
}

async function outcomeOf(candidate: Candidate, last: boolean, verify: () => Promise<Outcome>): Promise<Outcome> {
  const { unavailable, lost } = candidate;
  if (unavailable !== undefined) return { status: 'skipped', reason: unavailable, ...unjudged };
  if (lost) return { status: lost.status, cause: lost.message, ...unjudged };
  return withAftermath(candidate, last, verify);
}

/**
 * One case on one backend: the row that a report has of it, before any expectation is applied.
 *
 * @param verify is called when the backend is open; a process that is lost in it is an outcome
 */
export async function judge(
  candidate: Candidate,
  row: Case,
  conditions: Conditions,
  verify: () => Promise<Outcome>,
): Promise<Result> {
  const began = performance.now();
  const outcome = await outcomeOf(candidate, conditions.last ?? false, verify);
  const { op, layout, shape, dtype } = row.problem;
  return {
    backend: idOf(candidate),
    case: row.id,
    op,
    layout,
    shape: [shape.n, shape.c, ...shape.spatial],
    fill: row.fill.name,
    convention: row.convention,
    ...(dtype !== 'f32' && { dtype }),
    seed: conditions.seed,
    catches: row.catches,
    seconds: (performance.now() - began) / 1000,
    ...outcome,
    reproduce: reproduceCommand(conditions, candidate.asked, row),
  };
}

/**
 * Goes on with a row that was judged before.
 *
 * @param last as in {@link Conditions}
 * @param further finds what is to be changed in the row; a process that is lost in it is an outcome
 */
export async function judgeFurther(
  candidate: Candidate,
  judged: Result,
  last: boolean,
  further: () => Promise<Partial<Result>>,
): Promise<Result> {
  if (candidate.unavailable !== undefined || candidate.lost) return judged;
  const began = performance.now();
  const outcome = await withAftermath(candidate, last, async () => ({ ...judged, ...(await further()) }));
  // What was found before it was lost is no grade of it.
  const { grade: _grade, reason: _reason, cause: _cause, ...row } = judged;
  return { ...row, ...outcome, seconds: judged.seconds + (performance.now() - began) / 1000 };
}

/** True for a row that makes a run fail. */
export function isFailure({ status, excused }: Result): boolean {
  return !excused && (status === 'failed' || status === 'crashed' || status === 'timed-out');
}

/** A failing row for a person: what, why, and the command that shows it again. */
export function explainFailure({ backend, case: id, status, cause, diagnosis, reproduce }: Result): string {
  const lines = [`✗ ${backend} · ${id} · ${status}: ${cause ?? 'no cause was given'}`, `  reproduce: ${reproduce}`];
  if (diagnosis) lines.splice(1, 0, `  diagnosis: ${describeDiagnosis(diagnosis)}`);
  return lines.join('\n');
}
