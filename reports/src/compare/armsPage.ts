import { fromFloat } from '../float.ts';
import { html, type Markup } from '../html/escape.ts';
import { pageText } from '../html/frame.ts';
import { columns, command, fold, gradeMark, name, section, wideTable } from '../html/pieces.ts';
import { script } from '../html/script.ts';
import { count, duration, gibibytes, plural, short } from '../numbers.ts';
import { plainText } from '../plainText.ts';
import {
  type Arms,
  type ArmsMean,
  type ArmsRatio,
  type ArmsRow,
  type ArmsVerdict,
  bySignificance,
  changeOf,
  isNotable,
  meansOf,
} from './arms.ts';
import { drawArms, mostInChart } from './armsChart.ts';
import { changeText } from './terminal.ts';

/** Rows beyond which a table is cut; the rest is counted. */
const mostRows = 2000;

interface Look {
  readonly sign: string;
  readonly kind: string;
  readonly meaning: string;
}

const looks: Readonly<Record<ArmsVerdict, Look>> = {
  pass: { sign: '✓', kind: 's-p', meaning: 'as right, as accurate and as fast, with confidence' },
  fail: { sign: '✗', kind: 's-f', meaning: 'wrong, less accurate or slower, with confidence' },
  inconclusive: { sign: '?', kind: 's-u', meaning: 'neither could be shown in the time that there was' },
  invalid: { sign: '!', kind: 's-i', meaning: 'the control did not hold: the measurement was bad' },
  'not-run': { sign: '–', kind: 's-s', meaning: 'there was nothing to compare' },
};

function verdictBadge({ verdict, improved }: ArmsRow): Markup {
  const { sign, kind, meaning } = looks[verdict];
  return html`<span class="badge ${kind}" title="${meaning}">${sign} ${verdict}${improved && ', faster'}</span>`;
}

/** A ratio as a change; what was not measured far enough has an open end. */
function boundText(bound: ArmsRatio['low']): string {
  const ratio = fromFloat(bound);
  if (Number.isFinite(ratio) && ratio > 0) return changeText(ratio);
  return ratio > 0 ? '∞' : '−∞';
}

const between = ({ low, high }: ArmsRatio): string => `${boundText(low)} … ${boundText(high)}`;

function gradeCell({ grade }: ArmsRow): Markup {
  if (!grade) return html`<span class="none">–</span>`;
  return grade.base === grade.head ? gradeMark(grade.head) : html`${gradeMark(grade.base)} → ${gradeMark(grade.head)}`;
}

function measuredText({ timing }: ArmsRow): string {
  if (!timing) return 'verified only';
  const rounds = timing.processes.reduce((sum, process) => sum + process.rounds, 0);
  const processes = `${count(timing.processes.length)} process${timing.processes.length === 1 ? '' : 'es'}`;
  return `${plural(rounds, 'round')}, ${processes}, ${duration(timing.seconds)}${timing.software ? ', an emulated GPU' : ''}`;
}

const rowColumns = columns(
  '|no.',
  'backend and case',
  'verdict',
  '|change',
  '|between',
  '|control between',
  'grade',
  'measured',
);

function rowMarkup(row: ArmsRow, at: number): Markup {
  const change = changeOf(row);
  const { timing } = row;
  const kind = row.verdict === 'fail' ? 's-f' : row.improved ? 's-p' : 'none';
  return html`<tr><td class="n">${at + 1}<th scope="row">${name(row.backend)}<br><code>${row.case}</code>${row.reason !== undefined && html`<br>${plainText(row.reason)}`}${isNotable(row) && command(row.reproduce)}<td>${verdictBadge(row)}<td class="n"><span class="${kind}">${change === undefined ? '–' : changeText(change)}</span><td class="n">${timing ? between(timing.head) : '–'}<td class="n">${timing ? between(timing.control) : '–'}<td>${gradeCell(row)}<td>${measuredText(row)}
`;
}

function caseSection({ rows, reason }: Arms): Markup {
  const shown = bySignificance(rows);
  const notable = shown.filter(isNotable).length;
  const table = (caption: string, from: number, to: number): Markup =>
    wideTable(
      caption,
      rowColumns,
      html`<tbody>${shown.slice(from, to).map((row, k) => rowMarkup(row, from + k))}</tbody>`,
      'skips',
    );
  const plain = shown.length - notable;
  const last = Math.min(shown.length, notable + mostRows);
  const chart = drawArms(
    `Change of the time of ${plural(Math.min(shown.length, mostInChart), 'case')} with its interval, and the interval of the control`,
    shown,
  );
  const body = html`${reason !== undefined && html`<p class="banner" role="note">${plainText(reason)}</p>`}${
    notable > 0
      ? table(`What is no plain pass, and what became faster: ${count(notable)}`, 0, notable)
      : rows.length > 0 && html`<p>Every case is as right, as accurate and as fast as before.</p>`
  }${plain > 0 && fold(`${plural(plain, 'case')} that passed without more to say`, table('Passed, largest mover first', notable, last))}${
    last < shown.length && html`<p class="note">… and ${count(shown.length - last)} more; gate.json has them all.</p>`
  }${chart && html`<figure><figcaption>Head against base, by the numbers of the table: the point is the median, the line its interval, grey the interval of the control, dashed the margin of failing.</figcaption>${chart}</figure>`}`;
  return section(
    'cases',
    'Cases',
    'What fails stands first. A change is of the time of head against base, both measured in turns; the control is base against a second instance of itself.',
    body,
  );
}

function meanRow({ backend, ratio, timed, of, slower, faster, excluded }: ArmsMean): Markup {
  const why = excluded.map(({ reason, cases }) => html`<li>${plural(cases, 'case')} ${reason}</li>`);
  return html`<tr><th scope="row">${name(backend)}<td class="n">${ratio === undefined ? '–' : changeText(ratio)}<td class="n">${count(timed)} of ${count(of)}<td class="n">${count(slower)}<td class="n">${count(faster)}<td>${why.length > 0 ? html`<ul class="lines">${why}</ul>` : 'none'}
`;
}

function meanSection(arms: Arms): Markup {
  const means = meansOf(arms);
  return section(
    'means',
    'On the whole',
    'Slower and faster: cases whose interval leaves out no change.',
    means.length === 0
      ? html`<p>Nothing was compared.</p>`
      : wideTable(
          'Geometric mean over the cases that both arms were timed on',
          columns('backend', '|mean change', '|coverage', '|slower', '|faster', 'left out, and why'),
          html`<tbody>${means.map(meanRow)}</tbody>`,
          'skips',
        ),
  );
}

function conditionSection({
  environment,
  loadAtEnd,
  seconds,
  suite,
  seed,
  arrangement,
  calibrations,
  warnings,
}: Arms): Markup {
  const { cpu, cores, memory, os, node, load } = environment;
  const facts: readonly (readonly [string, string])[] = [
    ['machine', `${cpu}, ${plural(cores, 'core')}, ${gibibytes(memory)}, ${os}`],
    ['Node', node],
    ['arms', arrangement],
    ['suite and seed', `${suite}, ${seed}`],
    ['load', `${short(load)} at the beginning, ${short(loadAtEnd)} at the end`],
    ['took', duration(seconds)],
  ];
  const lines = [...warnings.map((line) => `warning: ${line}`), ...calibrations];
  return section(
    'conditions',
    'Conditions',
    'Where and how it was measured, and how often the gate itself errs there.',
    html`${wideTable('How it was measured', columns('what', 'value'), html`<tbody>${facts.map(([what, value]) => html`<tr><th scope="row">${what}<td>${plainText(value)}`)}</tbody>`, 'skips')}${lines.length > 0 && html`<ul class="lines">${lines.map((line) => html`<li>${plainText(line)}</li>`)}</ul>`}`,
  );
}

/** The two arms of a gate as one HTML page, of the same kind as the report page. */
export function renderArmsHtml(arms: Arms): string {
  const { rows, verdict, base, head, startedAt, tool, interrupted } = arms;
  const notable = rows.filter(isNotable).length;
  return pageText({
    title: `normgauge gate: ${verdict}`,
    header: html`<header class="top">
<p class="brand">normgauge · gate</p>
<h1 class="verdict v-${verdict === 'pass' ? 'right' : verdict === 'fail' ? 'wrong' : 'undecided'}">${verdict}${interrupted && ', interrupted'}</h1>
<p class="lead">Base: ${plainText(base)}<br>Head: ${plainText(head)}<br>${startedAt}</p>
</header>
`,
    links: [
      { href: '#cases', text: `Cases (${notable} of ${rows.length})` },
      { href: '#means', text: 'On the whole' },
      { href: '#conditions', text: 'Conditions' },
    ],
    main: [caseSection(arms), meanSection(arms), conditionSection(arms)],
    foot: `Written by normgauge ${tool.version} beside gate.json.`,
    script,
  });
}
