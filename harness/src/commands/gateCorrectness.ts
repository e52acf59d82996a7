import type { Grade, Result } from '@normgauge/reports';
import type { Case } from '../cases/case.ts';
import type { GateRow } from '../gate/gateReport.ts';
import { worseGrade } from '../verify/compare.ts';
import { prepare } from '../verify/prepare.ts';
import { verifyCase } from '../verify/verifyCase.ts';
import { judge } from './judge.ts';
import { type Candidate, subjectOf, type TimeLimits } from './subjects.ts';

/** What correctness says of a case before anything is timed. */
export type Compared =
  /** As good on head as on base, and right. */
  | { readonly kind: 'right'; readonly grade: { readonly base: Grade; readonly head: Grade } }
  | { readonly kind: 'worse'; readonly reason: string; readonly grade?: GateRow['grade'] }
  /** There is nothing on base to compare with. */
  | { readonly kind: 'no-base'; readonly reason: string }
  /** Neither side supports it, or can run. */
  | { readonly kind: 'on-neither'; readonly reason: string };

const isRight = ({ status }: Result): boolean => status === 'passed' || status === 'untrusted';
const whyNot = ({ status, cause, reason }: Result): string => `${status}: ${cause ?? reason ?? 'no cause was given'}`;

/** What the verdicts on the two sides say together. */
export function compareResults(base: Result, head: Result): Compared {
  if (isRight(base) && isRight(head)) {
    const grade = { base: base.grade ?? 'F', head: head.grade ?? 'F' };
    if (grade.base !== grade.head && worseGrade(grade.base, grade.head) === grade.head) {
      return { kind: 'worse', reason: `accuracy grade ${grade.base} on base, ${grade.head} on head`, grade };
    }
    return { kind: 'right', grade };
  }
  if (isRight(base)) return { kind: 'worse', reason: `${base.status} on base, on head ${whyNot(head)}` };
  if (base.status === 'skipped' && head.status === 'skipped') {
    return { kind: 'on-neither', reason: whyNot(base) };
  }
  if (base.status === 'skipped') return { kind: 'no-base', reason: `base does not have it: ${base.reason}` };
  return { kind: 'no-base', reason: `it is not right on base either: ${whyNot(base)}` };
}

/** The two sides of a gate, each in a process of its own. */
export interface Sides {
  readonly base: Candidate;
  readonly head: Candidate;
}

/** Verifies one case on both sides with the same data. */
export async function compareCorrectness(
  { base, head }: Sides,
  row: Case,
  seed: number,
  limits: TimeLimits,
): Promise<Compared & { readonly reproduce: string }> {
  const prepared = prepare(row, seed);
  const verdictOn = (candidate: Candidate): Promise<Result> =>
    judge(candidate, row, { command: 'verify', seed }, () => verifyCase(prepared, subjectOf(candidate, limits)));
  const [onBase, onHead] = await Promise.all([verdictOn(base), verdictOn(head)]);
  return { ...compareResults(onBase, onHead), reproduce: onHead.reproduce };
}
