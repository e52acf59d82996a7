import { sideBySide, sideBySideTable } from './comparison.ts';
import { describeDiagnosis, explanationsOf } from './diagnosis.ts';
import { type Evidence, type Failure, failuresOf, type SkippedGroup, skippedOf, whyBeside } from './findings.ts';
import { headline, provenance } from './headline.ts';
import { networkTitle } from './networks.ts';
import { networkTables } from './networkTable.ts';
import { duration, exact, gibibytes, plural, short } from './numbers.ts';
import { plainText } from './plainText.ts';
import type { Report, Status } from './report.ts';
import { lookOf } from './statuses.ts';
import { type Summary, summarise, type Verdict } from './summary.ts';
import { type SummaryColumn, type SummaryTable, summaryTable } from './summaryTable.ts';
import { timesTable } from './timesTable.ts';

export interface TerminalOptions {
  /** Width of the terminal, in characters. */
  readonly columns: number;
  /** Whether to use ANSI colours. Nothing is said by colour alone. */
  readonly colour: boolean;
  /** Ids of the backends whose fastest is the measure where several were timed side by side; left out: all. */
  readonly against?: readonly string[];
}

/** Paints a text, or leaves it alone where colours are off. */
type Paint = (code: number, text: string) => string;

const bold = 1;
const dim = 2;
const red = 31;
const green = 32;
const yellow = 33;
const colourOf: Readonly<Record<Status, number>> = {
  passed: green,
  failed: red,
  crashed: red,
  'timed-out': red,
  untrusted: yellow,
  invalid: yellow,
  skipped: yellow,
};
const colourOfVerdict: Readonly<Record<Verdict, number>> = { right: green, wrong: red, undecided: yellow };

const shownFailures = 10;
const shownSkips = 10;
const shownCompared = 40;
const shownTimes = 100;
const gap = 2;

const wide = /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}/u;

/** Cells of a terminal that a text takes. */
function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += /\p{Mn}/u.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return width;
}

function fit(text: string, width: number, align: SummaryColumn['align']): string {
  let shown = text;
  if (widthOf(shown) > width) {
    const characters = [...shown];
    while (characters.length > 0 && widthOf(characters.join('')) > width - 1) characters.pop();
    shown = `${characters.join('')}…`;
  }
  const space = ' '.repeat(Math.max(0, width - widthOf(shown)));
  return align === 'right' ? space + shown : shown + space;
}

/** Breaks at spaces; a word longer than a line stays whole, so that a command can still be copied. */
function wrap(text: string, columns: number, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && widthOf(`${indent}${line} ${word}`) > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => indent + one).join('\n');
}

/** Columns that fit side by side: the sparest go until the rest fits, then the names are cut. */
function layout({ columns, rows }: SummaryTable, room: number): { index: number; width: number }[] {
  const widths = columns.map(({ title }, i) =>
    Math.max(widthOf(title), ...rows.map(({ cells }) => widthOf(plainText(cells[i]!)))),
  );
  let kept = columns.map((_, index) => ({ index, width: widths[index]! }));
  const total = (): number => kept.reduce((sum, { width }) => sum + width + gap, -gap);
  for (let spare = Math.max(...columns.map((column) => column.spare)); spare > 0 && total() > room; spare--) {
    kept = kept.filter(({ index }) => columns[index]!.spare !== spare);
  }
  const excess = total() - room;
  if (excess > 0) kept[0] = { index: 0, width: Math.max(8, kept[0]!.width - excess) };
  return kept;
}

function tableText(table: SummaryTable, room: number, paint: Paint): string {
  const kept = layout(table, room);
  const titles = kept.map(({ index }) => table.columns[index]!.title);
  const line = (cells: readonly string[], paintCell: (text: string, index: number) => string): string =>
    kept
      .map(({ index, width }) => paintCell(fit(plainText(cells[index]!), width, table.columns[index]!.align), index))
      .join(' '.repeat(gap))
      .trimEnd();
  const head = line(
    table.columns.map(({ title }) => title),
    (text) => paint(bold, text),
  );
  const rule = paint(dim, kept.map(({ width }) => '─'.repeat(width)).join(' '.repeat(gap)));
  const rows = table.rows.map(({ cells, counts }, r) => {
    const repeated = r > 0 && table.rows[r - 1]!.cells[0] === cells[0];
    return line(
      cells.map((cell, i) => (i === 0 && repeated ? '' : cell)),
      (text, index) => {
        const { status } = table.columns[index]!;
        return status !== undefined && counts[status] > 0 ? paint(colourOf[status], text) : text;
      },
    );
  });
  const legend = table.legend
    .filter(({ title }) => titles.includes(title))
    .map(({ title, meaning }) => paint(dim, wrap(`${title}: ${meaning}.`, room, '')));
  return [head, rule, ...rows, '', ...legend].join('\n');
}

function evidenceText({ of, at, got, expected, ratio, mismatches, message }: Evidence): string {
  const head = mismatches ? `${of}: ${mismatches.outside} of ${mismatches.checked} elements outside` : of;
  const where = at === undefined ? '' : ` at ${at}`;
  const values = got === undefined || expected === undefined ? '' : `: got ${exact(got)}, expected ${exact(expected)}`;
  const by = ratio === undefined ? '' : ` (${short(ratio)}× the allowed error)`;
  return plainText(`${head}${where}${values}${by}${message === undefined ? '' : `: ${message}`}`, 400);
}

function failureText({ result, evidence }: Failure, columns: number, paint: Paint): string {
  const { sign, status } = lookOf(result.status);
  const why = whyBeside(result, evidence);
  return [
    `${paint(colourOf[status], `${sign} ${status}`)}  ${plainText(result.backend, 100)} · ${plainText(result.case, 200)}`,
    ...(why === undefined ? [] : [wrap(plainText(why, 400), columns, '    ')]),
    ...(evidence ? [wrap(evidenceText(evidence), columns, '    ')] : []),
    ...(result.diagnosis
      ? [wrap(`diagnosis: ${plainText(describeDiagnosis(result.diagnosis), 400)}`, columns, '    ')]
      : []),
    `    ${paint(dim, 'reproduce:')} ${plainText(result.reproduce)}`,
  ].join('\n');
}

function failuresText(failures: readonly Failure[], columns: number, paint: Paint): string {
  if (failures.length === 0) return '';
  const rest = failures.length - shownFailures;
  const shown = failures.slice(0, shownFailures).map((failure) => failureText(failure, columns, paint));
  return [...shown, ...(rest > 0 ? [`… and ${plural(rest, 'more case')} that did not pass`] : [])].join('\n');
}

function skipsText(groups: readonly SkippedGroup[], columns: number, paint: Paint): string {
  if (groups.length === 0) return '';
  const rest = groups.length - shownSkips;
  const shown = groups.slice(0, shownSkips).map(({ backend, reason, results }) => {
    const size = results.length === 0 ? 'all of it' : plural(results.length, 'case');
    const why = wrap(plainText(reason, 400), columns, '    ');
    return `${paint(yellow, '– skipped')}  ${plainText(backend, 100)}, ${size}\n${why}`;
  });
  return [...shown, ...(rest > 0 ? [`… and ${plural(rest, 'more reason')}`] : [])].join('\n');
}

/** What explains the failures of each backend best. */
function explanationsText(report: Report, columns: number): string {
  return explanationsOf(report)
    .map(({ backend, cause, says, accountsFor, failures }) =>
      wrap(
        `${plainText(backend, 100)}: ${plainText(`${cause}: ${says}`, 400)} (accounts for ${accountsFor} of ${plural(failures, 'failure')})`,
        columns,
        '',
      ),
    )
    .join('\n');
}

/**
 * What a benchmark has measured, case by case, where that is few enough to read: backends side by side where there are several, else
 * each time with what it means.
 */
function casesText(report: Report, { columns, against }: TerminalOptions, paint: Paint): string {
  if (report.selection.command !== 'bench') return '';
  const compared = sideBySide(report, against);
  if (compared.cases.length > 0 && compared.cases.length <= shownCompared) {
    return tableText(sideBySideTable(compared), columns, paint);
  }
  const times = timesTable(report);
  if (times.rows.length === 0) return '';
  if (times.rows.length <= shownTimes) return tableText(times, columns, paint);
  return `${plural(times.rows.length, 'time')} were measured; the page has each.`;
}

function machineText({ environment, backends, seconds }: Report, columns: number): string {
  const { cpu, cores, memory, node, commit, dirty } = environment;
  const from = commit === undefined ? '' : ` · commit ${commit.slice(0, 12)}${dirty ? ' with local changes' : ''}`;
  const gpus = backends.flatMap(({ id, device }) =>
    device?.kind === 'gpu'
      ? [`${id} on ${device.name}${device.software ? ' (software adapter: times are not comparable)' : ''}`]
      : [],
  );
  const machine = `${cpu}, ${plural(cores, 'core')}, ${gibibytes(memory)} · Node ${node}${from} · ${duration(seconds)}`;
  return [machine, ...gpus].map((line) => wrap(plainText(line, 400), columns, '')).join('\n');
}

/** Times by the clocks of devices, one line a backend that has such a clock. */
function deviceClockText({ backends }: Summary, columns: number): string {
  return backends
    .flatMap(({ entry, ops, software }) => {
      const times = ops.flatMap(({ op, speed }) =>
        speed?.deviceNsPerElement === undefined ? [] : [`${op} ${short(speed.deviceNsPerElement)}`],
      );
      if (times.length === 0) return [];
      const emulation = software ? '; a software adapter: compare with nothing' : '';
      return [`${entry.id}, ns/element by the clock of its device: ${times.join(', ')}${emulation}`];
    })
    .map((line) => wrap(plainText(line, 400), columns, ''))
    .join('\n');
}

/** What the networks of the report spend in one step. */
function networksText(report: Report, columns: number, paint: Paint): string {
  return [...networkTables(report)]
    .map(
      ([network, table]) =>
        `${paint(bold, plainText(networkTitle(network), 100))}\n${tableText(table, columns, paint)}`,
    )
    .join('\n\n');
}

/**
 * The summary that a stranger understands, for a terminal: what did not pass and what did not run, then the table and,
 * last, the answer, because the end is what a terminal shows. A pure function of the report.
 */
export function renderTerminal(report: Report, options: TerminalOptions): string {
  const { columns, colour } = options;
  const paint: Paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const summary = summarise(report);
  const parts = [
    failuresText(failuresOf(report), columns, paint),
    skipsText(skippedOf(report), columns, paint),
    wrap(plainText(provenance(report), 400), columns, ''),
    machineText(report, columns),
    networksText(report, columns, paint),
    tableText(summaryTable(summary), columns, paint),
    deviceClockText(summary, columns),
    casesText(report, options, paint),
    explanationsText(report, columns),
    report.interrupted ? paint(yellow, 'The run was stopped before its end: what is here is what was finished.') : '',
    paint(colourOfVerdict[summary.verdict], wrap(headline(summary, report), columns, '')),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}
