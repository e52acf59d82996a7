import { count, plural } from '../numbers.ts';
import type { Comparison } from './compare.ts';

/** What changed, in one sentence: what is wrong first, times last. */
export function verdictOf({ statuses, grades, times, timesRefused, common }: Comparison): string {
  const worse = statuses.filter((change) => change.worse).length;
  const better = statuses.length - worse;
  const lost = grades.filter((change) => change.lost).length;
  const slower = times.filter(({ significant, ratio }) => significant && ratio > 1).length;
  const faster = times.filter(({ significant, ratio }) => significant && ratio < 1).length;
  const parts = [
    worse > 0 && `${count(worse)} worse`,
    better > 0 && `${count(better)} better`,
    lost > 0 && `${plural(lost, 'grade')} lost`,
    slower > 0 && `${count(slower)} slower`,
    faster > 0 && `${count(faster)} faster`,
  ].filter((part) => part !== false);
  const of = `of ${plural(common, 'case')} that both have`;
  if (common === 0) return 'The two reports have no case in common.';
  if (parts.length > 0) return `${parts.join(', ')} ${of}.`;
  if (timesRefused !== undefined) return `Nothing became right or wrong ${of}; times were not compared.`;
  return `Nothing changed significantly ${of}.`;
}
