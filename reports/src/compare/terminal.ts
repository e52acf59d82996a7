import { count, percent, plural, short } from '../numbers.ts';
import { plainText } from '../plainText.ts';
import type { Comparison, GradeChange, StatusChange } from './compare.ts';
import { verdictOf } from './sentence.ts';
import type { TimeChange } from './times.ts';

/** Rows of each kind; the rest is counted. */
const shown = 20;

/** `+17 %`, `−8 %`; a factor where it is more than a doubling. */
export function changeText(ratio: number): string {
  if (ratio >= 2) return `${short(ratio)}×`;
  if (ratio <= 0.5) return `÷${short(1 / ratio)}`;
  return `${ratio < 1 ? '−' : '+'}${percent(Math.abs(ratio - 1))}`;
}

const subject = ({ backend, case: id }: { readonly backend: string; readonly case: string }): string =>
  `${plainText(backend, 60)} · ${plainText(id, 160)}`;

function statusLine(change: StatusChange): string {
  const why = change.why === undefined ? '' : `\n    ${plainText(change.why, 300)}`;
  return `${change.worse ? '✗' : '✓'} ${subject(change)}: ${change.before} → ${change.after}${why}\n    reproduce: ${plainText(change.reproduce)}`;
}

function gradeLine(change: GradeChange): string {
  return `${change.lost ? '✗' : '✓'} ${subject(change)}: grade ${change.before} → ${change.after}`;
}

function timeLine(change: TimeChange): string {
  const { before, after, ratio, low, high } = change;
  return `${changeText(ratio).padStart(7)}  ${subject(change)}: ${short(before)} → ${short(after)} ms (between ${changeText(low)} and ${changeText(high)})`;
}

function list<T>(title: string, changes: readonly T[], line: (change: T) => string): string {
  if (changes.length === 0) return '';
  const rest = changes.length - shown;
  const more = rest > 0 ? [`… and ${count(rest)} more`] : [];
  return [`${title} (${count(changes.length)})`, ...changes.slice(0, shown).map(line), ...more].join('\n');
}

function meansText({ backends, timesRefused }: Comparison): string {
  if (timesRefused !== undefined) {
    return `Times are not compared: ${plainText(timesRefused, 300)}. --across-machines compares them anyway.`;
  }
  return backends
    .map(({ backend, ratio, common, of, excluded }) => {
      const mean = ratio === undefined ? 'no common time' : `${changeText(ratio)} in the geometric mean`;
      const out = excluded.map(({ reason, cases }) => `${plural(cases, 'case')} ${reason}`);
      const left = out.length > 0 ? `; left out: ${out.join('; ')}` : '';
      return `${plainText(backend, 60)}: ${mean} over ${count(common)} of ${plural(of, 'timed case')}${left}`;
    })
    .join('\n');
}

/**
 * A comparison for a terminal, the answer last.
 * @param all also times whose change is not significant
 */
export function renderComparisonTerminal(comparison: Comparison, all = false): string {
  const { differences, statuses, grades, times, added, removed } = comparison;
  const significant = times.filter((time) => time.significant);
  const quiet = times.length - significant.length;
  const parts = [
    list('Not the same in both runs', differences, ({ what, before, after }) =>
      plainText(`  ${what}: ${before} → ${after}`, 300),
    ),
    list('Status', statuses, statusLine),
    list('Grade', grades, gradeLine),
    list('Time', all ? times : significant, timeLine),
    !all && quiet > 0
      ? `${plural(quiet, 'time')} within what the same code differs by; --all prints them, "normgauge gate" decides smaller changes.`
      : '',
    meansText(comparison),
    list('Only in the second report', added, subject),
    list('Only in the first report', removed, subject),
    verdictOf(comparison),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}
