import { describeDiagnosis, plainText } from '@normgauge/reports';
import { alignedColumns } from '../alignedColumns.ts';
import type { ErrorMap } from './errorMap.ts';
import type { Explanation } from './explanation.ts';
import { fits } from './hypothesis.ts';

/** A number for a table. */
function number(value: number | string): string {
  if (typeof value === 'string') return value;
  return Number.isInteger(value) && Math.abs(value) < 1e6 ? String(value) : value.toPrecision(4);
}

function section(title: string, body: string): string {
  return body === '' ? '' : `${title}\n${body}`;
}

function tensors({ verdict }: Explanation): string {
  if (verdict.tensors.length === 0) return '';
  return alignedColumns([
    ['tensor', 'outside', 'headroom', 'grade', 'worst at', 'got', 'expected', 'allowed'],
    ...verdict.tensors.map(({ name, mismatches, checked, headroom, grade, worst }) => [
      name,
      `${mismatches} of ${checked}`,
      number(headroom),
      grade,
      worst?.position ?? '–',
      worst ? number(worst.got) : '–',
      worst ? number(worst.expected) : '–',
      worst ? number(worst.allowed) : '–',
    ]),
  ]);
}

function stages({ seen }: Explanation): string {
  if (!seen) return '';
  return alignedColumns([
    ['stage', 'largest relative error', 'told from'],
    ...seen.stages.map(({ name, error, from }) => [name, number(error), from]),
  ]);
}

function worst({ seen }: Explanation): string {
  if (!seen) return '';
  return seen.worst
    .map(({ tensor, index, position, got, expected, ratio, neighbourhood }) => {
      const near = alignedColumns([
        ['    index', ...neighbourhood.map((row) => (row.index === index ? `[${row.index}]` : `${row.index}`))],
        ['    got', ...neighbourhood.map((row) => number(row.got))],
        ['    expected', ...neighbourhood.map((row) => number(row.expected))],
      ]);
      return `  ${tensor} at ${position} (index ${index}): got ${got}, expected ${expected}, ${number(ratio)}× the allowed error\n${near}`;
    })
    .join('\n');
}

/** Nothing wrong, some, half, most, all. */
function shade(share: number): string {
  if (share === 0) return '·';
  if (share < 0.25) return '░';
  if (share < 0.75) return '▒';
  return share < 1 ? '▓' : '█';
}

function picture({ rows }: ErrorMap): string {
  const width = Math.max(...rows.map(({ channel }) => String(channel).length));
  return rows
    .map(({ channel, shares }) => `  c=${String(channel).padStart(width)} ${shares.map(shade).join('')}`)
    .join('\n');
}

function map({ seen }: Explanation): string {
  if (!seen || seen.map.rows.every(({ shares }) => shares.every((share) => share === 0))) return '';
  return picture(seen.map);
}

function checks({ verdict }: Explanation): string {
  return verdict.checks
    .filter(({ passed }) => !passed)
    .map(({ name, message }) => `  ${name}: ${message ?? ''}`)
    .join('\n');
}

const mostSuspicions = 10;

function hypotheses({ suspicions, seen }: Explanation): string {
  if (suspicions.length === 0) return '';
  const rows = suspicions
    .slice(0, mostSuspicions)
    .map((row) => [
      fits(row) ? 'fits' : 'in part',
      row.cause,
      `${(100 * row.explained).toFixed(row.explained === 1 ? 0 : 1)} %`,
      `${row.spoiled}`,
      number(row.headroom),
      row.says,
    ]);
  const rest = suspicions.length - mostSuspicions;
  const more = rest > 0 ? `\n… and ${rest} more causes that explain a part` : '';
  const of = seen ? ` of the ${seen.wrong} wrong elements` : '';
  return `${alignedColumns([['', 'cause', 'explains', 'spoils', 'distance', `supposed mistake (explains: share${of}; distance: 1 = a correct kernel's with this mistake)`], ...rows])}${more}`;
}

function conclusion({ verdict, diagnosis }: Explanation): string {
  if (verdict.status === 'skipped') return `skipped: ${verdict.reason}`;
  if (verdict.status !== 'failed') return `${verdict.status}${verdict.reason ? `: ${verdict.reason}` : ''}`;
  return `failed: ${verdict.cause}\ndiagnosis: ${diagnosis ? describeDiagnosis(diagnosis) : 'none'}`;
}

/** The explanation for a person at a terminal. */
export function renderExplanation(title: string, explanation: Explanation, reproduce: string): string {
  const { seen } = explanation;
  const mapped = seen
    ? `where the errors sit in ${seen.map.tensor}: a line a channel, a column ${seen.map.stretch === 1 ? 'an element' : `${seen.map.stretch} elements`}, sample by sample (· none ░▒▓ some █ all)`
    : '';
  const parts = [
    title,
    conclusion(explanation),
    section('broken rules', checks(explanation)),
    section('errors by tensor', tensors(explanation)),
    section('errors by stage', stages(explanation)),
    section('worst elements and their neighbours in memory', worst(explanation)),
    section(mapped, map(explanation)),
    section('hypotheses', hypotheses(explanation)),
    `reproduce: ${reproduce}`,
  ];
  return parts
    .filter((part) => part !== '')
    .map((part) =>
      part
        .split('\n')
        .map((line) => plainText(line, 600))
        .join('\n'),
    )
    .join('\n\n');
}
