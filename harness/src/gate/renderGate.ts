import { type Float, fromFloat, markdownText, plainText } from '@normgauge/reports';
import type { Arms } from '@normgauge/reports/pages';
import type { GateReport, GateRow, GateVerdict, Ratio } from './gateReport.ts';
import { describePlace } from './tree/otherTree.ts';

const mark: Readonly<Record<GateVerdict, string>> = {
  pass: '✓',
  fail: '✗',
  inconclusive: '?',
  invalid: '!',
  'not-run': '–',
};

/** `+5.2 %`; what is infinite has no percentage. */
export function percent(ratio: Float): string {
  const value = fromFloat(ratio);
  if (!Number.isFinite(value)) return '∞';
  if (value === 0) return '−∞';
  const change = (value - 1) * 100;
  return `${change < 0 ? '−' : '+'}${Math.abs(change).toFixed(Math.abs(change) < 9.95 ? 1 : 0)} %`;
}

const interval = ({ median, low, high }: Ratio): string => `${percent(median)} (${percent(low)} to ${percent(high)})`;

const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

/** What was measured, in one line. */
function measured({ timing }: GateRow): string | undefined {
  if (!timing) return undefined;
  const { head, control, processes, seconds, software } = timing;
  const rounds = processes.reduce((sum, each) => sum + each.rounds, 0);
  const emulated = software ? ', an emulated GPU' : '';
  return `time ${interval(head)}, control ${interval(control)}; ${plural(rounds, 'round')} in ${plural(processes.length, 'process', 'processes')}, ${seconds.toFixed(1)} s${emulated}`;
}

/** A row that a person should see, with all that is known of it. */
export function explainRow(row: GateRow): string {
  const head = `${mark[row.verdict]} ${plainText(row.backend, 80)} · ${row.case} · ${row.verdict}`;
  const lines = [row.reason === undefined ? head : `${head}: ${plainText(row.reason, 1000)}`];
  const numbers = measured(row);
  if (numbers !== undefined) lines.push(`  ${numbers}`);
  if (row.verdict !== 'pass') lines.push(`  reproduce: ${plainText(row.reproduce, 1000)}`);
  return lines.join('\n');
}

/** Whether a row is more than a plain pass. */
export function isNotable({ verdict, improved }: GateRow): boolean {
  return verdict !== 'pass' || improved;
}

function counted(rows: readonly GateRow[]): string {
  const verdicts: readonly GateVerdict[] = ['fail', 'invalid', 'inconclusive', 'not-run', 'pass'];
  const parts = verdicts.flatMap((verdict) => {
    const count = rows.filter((row) => row.verdict === verdict).length;
    return count > 0 ? [`${count} ${verdict}`] : [];
  });
  const improved = rows.filter((row) => row.improved).length;
  if (improved > 0) parts.push(`${improved} faster`);
  return parts.length > 0 ? parts.join(', ') : 'no case';
}

function sides({ base, head, environment }: GateReport): string {
  const { commit, dirty } = environment;
  const here = commit === undefined ? '' : ` (${commit.slice(0, 12)}${dirty ? ' with changes' : ''})`;
  return `base ${describePlace(base)}, head ${head ? describePlace(head) : `as built here${here}`}`;
}

/** How the sides stood to one another while they were timed. */
function arrangement({ apart }: GateReport): string {
  return apart
    ? `in processes of their own that took turns, base on Node ${plainText(apart.base, 200)}, head on Node ${plainText(apart.head, 200)}`
    : 'side by side in one process';
}

/** The whole gate as the page shows it. */
export function armsOf(report: GateReport): Arms {
  const { base, head, apart: _apart, ...rest } = report;
  const { commit, dirty } = report.environment;
  const built = `the work tree as it is built${commit === undefined ? '' : `, commit ${commit.slice(0, 12)}${dirty ? ' with changes' : ''}`}`;
  return {
    ...rest,
    base: describePlace(base),
    head: head ? describePlace(head) : built,
    arrangement: arrangement(report),
  };
}

function leftOutLines({ leftOut }: GateReport): readonly string[] {
  return Object.entries(leftOut).map(
    ([backend, count]) => `${plainText(backend, 80)}: ${plural(count, 'case')} that neither side supports left out`,
  );
}

/** The whole gate for a terminal: what is no plain pass comes first. */
export function renderGateTerminal(report: GateReport): string {
  const { rows, verdict, reason, seconds, environment, loadAtEnd, calibrations, warnings } = report;
  return [
    ...rows.filter(isNotable).map(explainRow),
    `gate: ${verdict}${reason === undefined ? '' : `: ${plainText(reason, 1000)}`}`,
    `  ${counted(rows)}; ${sides(report)}`,
    ...(report.apart ? [`  ${arrangement(report)}`] : []),
    `  ${seconds.toFixed(0)} s, load ${environment.load.toFixed(1)} at the beginning and ${loadAtEnd.toFixed(1)} at the end`,
    ...leftOutLines(report).map((line) => `  ${line}`),
    ...calibrations.map((line) => `  ${line}`),
    ...warnings.map((line) => `  warning: ${line}`),
  ].join('\n');
}

/** Rows of a table that a comment has room for. */
const mostRows = 100;

function tableRow(row: GateRow): string {
  const { timing, grade } = row;
  const cells = [
    `${mark[row.verdict]} ${row.verdict}${row.improved ? ', faster' : ''}`,
    markdownText(row.backend),
    `\`${row.case}\``,
    timing ? percent(timing.head.median) : '',
    timing ? `${percent(timing.head.low)} to ${percent(timing.head.high)}` : '',
    timing ? `${percent(timing.control.low)} to ${percent(timing.control.high)}` : '',
    grade ? (grade.base === grade.head ? grade.head : `${grade.base} → ${grade.head}`) : '',
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The whole gate as Markdown: the body of a pull-request comment, or a step summary. */
export function renderGateMarkdown(report: GateReport): string {
  const { rows, verdict, reason, environment, loadAtEnd, seconds, calibrations, warnings } = report;
  const ordered = [...rows.filter(isNotable), ...rows.filter((row) => !isNotable(row))];
  const reasons = rows.filter((row) => row.verdict !== 'pass' && row.reason !== undefined).slice(0, mostRows);
  const table = [
    '| verdict | backend | case | time | between | control between | accuracy |',
    '| --- | --- | --- | ---: | --- | --- | --- |',
    ...ordered.slice(0, mostRows).map(tableRow),
  ];
  return [
    `## normgauge gate: ${mark[verdict]} ${verdict}`,
    '',
    ...(reason === undefined ? [] : [markdownText(reason), '']),
    `${counted(rows)}; ${markdownText(sides(report))}.`,
    '',
    ...(rows.length > 0 ? [...table, ''] : []),
    ...(ordered.length > mostRows ? [`… and ${ordered.length - mostRows} more`, ''] : []),
    ...reasons.map((row) => `- ${markdownText(row.backend)} \`${row.case}\`: ${markdownText(row.reason!)}`),
    ...(reasons.length > 0 ? [''] : []),
    `Head's time compared with base's, ${markdownText(arrangement(report))}; the control is base against a second instance of base. ${seconds.toFixed(0)} s on ${markdownText(environment.cpu)}, ${environment.cores} cores, Node ${environment.node}, load ${environment.load.toFixed(1)} to ${loadAtEnd.toFixed(1)}.`,
    '',
    ...[...leftOutLines(report), ...calibrations, ...warnings.map((line) => `warning: ${line}`)].map(
      (line) => `- ${markdownText(line)}`,
    ),
    '',
  ].join('\n');
}
