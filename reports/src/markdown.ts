import { describeDiagnosis, explanationsOf } from './diagnosis.ts';
import { type Evidence, type Failure, failuresOf, type SkippedGroup, skippedOf, whyBeside } from './findings.ts';
import { headline, provenance } from './headline.ts';
import { count, duration, exact, gibibytes, plural, short } from './numbers.ts';
import { plainText } from './plainText.ts';
import type { Report } from './report.ts';
import { lookOf, statuses } from './statuses.ts';
import { summarise } from './summary.ts';
import { summaryTable } from './summaryTable.ts';

/** How much is shown of what there may be much of; the rest is counted. */
interface Room {
  /** Rows of the table. */
  readonly rows: number;
  /** Failures in full. */
  readonly failures: number;
  /** Groups of skipped cases. */
  readonly skips: number;
}

const usualRoom: Room = { rows: 200, failures: 10, skips: 30 };
/** GitHub refuses a step summary above 1 MiB: https://docs.github.com/en/actions/reference/limits */
const largest = 2 ** 20 - 1;

/** Foreign text as Markdown that shows it and nothing else: no link, no mark-up, no table cell or list item of its own. */
export function text(foreign: string): string {
  return plainText(foreign, 400)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('|', '&#124;')
    .replace(/[\\`*_[\]~]/g, (mark) => `\\${mark}`)
    .replace(/:(?=\/\/)/g, '&#58;')
    .replace(/\bwww\./gi, (start) => `${start.slice(0, 3)}&#46;`)
    .replace(/^[-+#>=]/, '\\$&')
    .replace(/^(\d+)([.)])(?=\s)/, '$1\\$2');
}

/** Foreign text as a code span, which a fence longer than any run of backticks in it keeps closed. */
function code(foreign: string): string {
  const shown = plainText(foreign, 400);
  const longest = Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = shown === '' || /^`|`$/.test(shown) ? ' ' : '';
  return `${fence}${pad}${shown}${pad}${fence}`;
}

/** A block of code, for a command that is to be copied as it is: no escaping inside. */
function block(foreign: string): string {
  const shown = plainText(foreign);
  const longest = Math.max(2, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `  ${fence}sh\n  ${shown}\n  ${fence}`;
}

function table(
  head: readonly string[],
  align: readonly ('left' | 'right')[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const rule = align.map((side) => (side === 'right' ? '--:' : '---'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}

function evidenceText({ of, at, got, expected, ratio, mismatches, message }: Evidence): string {
  return [
    mismatches ? `${code(of)}: ${mismatches.outside} of ${mismatches.checked} elements outside` : code(of),
    at !== undefined ? `at ${code(at)}` : '',
    got !== undefined && expected !== undefined ? `got ${exact(got)}, expected ${exact(expected)}` : '',
    ratio !== undefined ? `${short(ratio)}× the allowed error` : '',
    message !== undefined ? text(message) : '',
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function failureText({ result, evidence }: Failure): string {
  const { sign, status } = lookOf(result.status);
  const why = whyBeside(result, evidence);
  return [
    `- ${sign} **${status}** ${code(result.backend)} ${code(result.case)}`,
    why === undefined ? '' : evidence ? `  ${text(why)}  ` : `  ${text(why)}`,
    evidence ? `  ${evidenceText(evidence)}${result.diagnosis ? '  ' : ''}` : '',
    result.diagnosis ? `  Diagnosis: ${text(describeDiagnosis(result.diagnosis))}` : '',
    block(result.reproduce),
  ]
    .filter((line) => line !== '')
    .join('\n');
}

function failuresText(failures: readonly Failure[], shown: number): string {
  if (failures.length === 0) return '';
  const rest = failures.length - shown;
  const more = rest > 0 ? `\n\n… and ${count(rest)} more in report.json.` : '';
  return `## What did not pass\n\n${failures.slice(0, shown).map(failureText).join('\n')}${more}`;
}

function skipText({ backend, reason, results }: SkippedGroup): string {
  const size = results.length === 0 ? 'all of it' : plural(results.length, 'case');
  return `- ${code(backend)}, ${size}: ${text(reason)}`;
}

function skipsText(groups: readonly SkippedGroup[], shown: number): string {
  if (groups.length === 0) return '';
  const rest = groups.length - shown;
  const more = rest > 0 ? `\n- … and ${plural(rest, 'more reason')}` : '';
  return `## What did not run\n\n${groups.slice(0, shown).map(skipText).join('\n')}${more}`;
}

function machineText({ environment, backends }: Report, shown: number): string {
  const { cpu, cores, memory, os, arch, node, commit, dirty, load } = environment;
  const from = commit === undefined ? '' : ` · commit ${code(commit)}${dirty ? ' with local changes' : ''}`;
  const gpus = backends.flatMap(({ id, device }) =>
    device?.kind === 'gpu'
      ? [`${code(id)} on ${text(device.name)}${device.software ? ' (software adapter: times are not comparable)' : ''}`]
      : [],
  );
  const machine = `${text(cpu)}, ${plural(cores, 'core')}, ${gibibytes(memory)} · ${text(os)} ${text(arch)} · Node ${text(node)} · load ${short(load)}${from}`;
  return [machine, ...gpus.slice(0, shown)].join('  \n');
}

function written(report: Report, room: Room): string {
  const summary = summarise(report);
  const { columns, rows, legend } = summaryTable(summary);
  const rest = rows.length - room.rows;
  const parts = [
    `# ${text(headline(summary, report))}`,
    `${text(provenance(report))} · ${duration(report.seconds)}`,
    report.interrupted ? '**The run was stopped before its end: what is here is what was finished.**' : '',
    table(
      columns.map(({ title }) => title),
      columns.map(({ align }) => align),
      rows
        .slice(0, room.rows)
        .map(({ cells }) => cells.map((cell, i) => (i === 0 ? `<code>${text(cell)}</code>` : text(cell)))),
    ),
    rest > 0 ? `… and ${plural(rest, 'more row')} in report.json.` : '',
    explanationsOf(report)
      .slice(0, room.rows)
      .map(
        ({ backend, cause, says, accountsFor, failures }) =>
          `${code(backend)}: ${text(`${cause}: ${says}`)} (accounts for ${accountsFor} of ${plural(failures, 'failure')})`,
      )
      .join('  \n'),
    legend.map(({ title, meaning }) => `${text(title)}: ${text(meaning)}.`).join('  \n'),
    failuresText(failuresOf(report), room.failures),
    skipsText(skippedOf(report), room.skips),
    '## Where',
    machineText(report, room.rows),
    statuses.map(({ sign, status, meaning }) => `${sign} ${status}: ${text(meaning)}`).join('  \n'),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/**
 * The summary that a stranger understands, as GitHub-flavoured Markdown below 1 MiB: what does not fit is counted. A pure
 * function of the report.
 */
export function renderMarkdown(report: Report): string {
  let room = usualRoom;
  for (;;) {
    const text = written(report, room);
    if (Buffer.byteLength(text) <= largest || room.rows === 0) return text;
    const { rows, failures, skips } = room;
    room = { rows: rows >> 1, failures: failures >> 1, skips: skips >> 1 };
  }
}
