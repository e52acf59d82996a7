import type { Grade, Report, Status } from '../report.ts';
import { gravest } from '../statuses.ts';
import { type Difference, environmentDifferences } from './differences.ts';
import { keyOf, type Pair, type Subject, subjectOf } from './subject.ts';
import { type ComparedTimes, compareTimes } from './times.ts';

export interface StatusChange extends Subject {
  readonly before: Status;
  readonly after: Status;
  readonly worse: boolean;
  /** Cause or reason of what is not green after, else of what was not green before. */
  readonly why?: string;
  readonly reproduce: string;
}

export interface GradeChange extends Subject {
  readonly before: Grade;
  readonly after: Grade;
  readonly lost: boolean;
  readonly reproduce: string;
}

/** What one report says that another does not. `before` is the first, `after` the second. */
export interface Comparison extends ComparedTimes {
  readonly before: Report;
  readonly after: Report;
  readonly differences: readonly Difference[];
  readonly statuses: readonly StatusChange[];
  readonly grades: readonly GradeChange[];
  /** Results of one report only. */
  readonly added: readonly Subject[];
  readonly removed: readonly Subject[];
  readonly common: number;
}

const isWorse = (before: Status, after: Status): boolean => gravest([before, after]) === after;

function statusChange({ before, after }: Pair): StatusChange[] {
  if (before.status === after.status) return [];
  const why = after.cause ?? after.reason ?? before.cause ?? before.reason;
  return [
    {
      ...subjectOf(after),
      before: before.status,
      after: after.status,
      worse: isWorse(before.status, after.status),
      ...(why !== undefined && { why }),
      reproduce: after.reproduce,
    },
  ];
}

function gradeChange({ before, after }: Pair): GradeChange[] {
  if (before.grade === undefined || after.grade === undefined || before.grade === after.grade) return [];
  const lost = after.grade > before.grade;
  return [{ ...subjectOf(after), before: before.grade, after: after.grade, lost, reproduce: after.reproduce }];
}

const worstFirst = (a: { readonly worse: boolean }, b: { readonly worse: boolean }): number =>
  Number(b.worse) - Number(a.worse);

/**
 * What changed from one report to another: statuses, grades, then times. Times of different machines are not compared
 * unless `acrossMachines`; a change of a time is significant beyond what the control and the other rows show that the same
 * code differs by.
 */
export function compareReports(before: Report, after: Report, acrossMachines = false): Comparison {
  const first = new Map(before.results.map((result) => [keyOf(result), result]));
  const second = new Map(after.results.map((result) => [keyOf(result), result]));
  const pairs = [...second].flatMap(([key, result]) => {
    const earlier = first.get(key);
    return earlier ? [{ before: earlier, after: result }] : [];
  });
  return {
    before,
    after,
    differences: environmentDifferences(before, after),
    statuses: pairs.flatMap(statusChange).sort(worstFirst),
    grades: pairs.flatMap(gradeChange).sort((a, b) => Number(b.lost) - Number(a.lost)),
    ...compareTimes(before, after, acrossMachines),
    added: [...second].flatMap(([key, result]) => (first.has(key) ? [] : [subjectOf(result)])),
    removed: [...first].flatMap(([key, result]) => (second.has(key) ? [] : [subjectOf(result)])),
    common: pairs.length,
  };
}

/** Whether anything is wrong that was right: a status or a grade. A time never is: it was taken in another process. */
export function gotWorse({ statuses, grades }: Comparison): boolean {
  return statuses.some(({ worse }) => worse) || grades.some(({ lost }) => lost);
}
