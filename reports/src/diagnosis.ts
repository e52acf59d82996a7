import type { Diagnosis, Report, Result } from './report.ts';
import { groupBy } from './summary.ts';

/** What explains the failures of one backend best, over all its cases. */
export interface Explanation {
  readonly backend: string;
  readonly cause: string;
  /** The mistake in a sentence, as the first failure that it explains has it. */
  readonly says: string;
  /** Failures that it accounts for, of those that were looked into. */
  readonly accountsFor: number;
  readonly failures: number;
}

/** The best finding in a sentence and the second by name, or that none fits. */
export function describeDiagnosis({ findings: [best, second], tested, follows }: Diagnosis): string {
  if (!best) return tested > 0 ? `none of ${tested} hypotheses fits` : 'no hypothesis fits';
  const as = follows.length > 0 ? `; these are the results of ${follows.join(' or ')}` : '';
  const other = second ? `; second: ${second.cause}` : '';
  return `${best.cause} (${best.certainty}): ${best.says}; ${best.evidence}${as}${other}`;
}

/** The causes that account for a result, best first. */
function fitting({ diagnosis }: Result): readonly Diagnosis['findings'][number][] {
  return (diagnosis?.findings ?? []).filter(({ certainty }) => certainty !== 'possible');
}

/** For every backend with failures that a cause accounts for: the cause that accounts for most of them. */
export function explanationsOf({ results }: Report): readonly Explanation[] {
  const diagnosed = results.filter(({ diagnosis }) => diagnosis !== undefined);
  return [...groupBy(diagnosed, ({ backend }) => backend)].flatMap(([backend, failures]) => {
    const votes = new Map<string, { says: string; count: number; first: number }>();
    for (const result of failures) {
      for (const [k, { cause, says }] of fitting(result).entries()) {
        const vote = votes.get(cause) ?? { says, count: 0, first: 0 };
        vote.count++;
        if (k === 0) vote.first++;
        votes.set(cause, vote);
      }
    }
    const best = [...votes].toSorted(([, a], [, b]) => b.count - a.count || b.first - a.first)[0];
    if (!best) return [];
    const [cause, { says, count }] = best;
    return [{ backend, cause, says, accountsFor: count, failures: failures.length }];
  });
}
