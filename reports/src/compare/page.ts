import { html, type Markup } from '../html/escape.ts';
import { pageText } from '../html/frame.ts';
import { columns, command, fold, gradeMark, name, section, statusBadge, wideTable } from '../html/pieces.ts';
import { script } from '../html/script.ts';
import { count, percent, plural, short } from '../numbers.ts';
import { plainText } from '../plainText.ts';
import type { Report } from '../report.ts';
import type { Comparison } from './compare.ts';
import { betweenProcesses, deviations } from './noise.ts';
import { verdictOf } from './sentence.ts';
import { changeText } from './terminal.ts';
import type { BackendTimes, TimeChange } from './times.ts';

/** Rows with all their particulars; the rest is folded. */
const inFull = 40;
/** Folded rows; the rest is counted. */
const folded = 2000;

interface Subject {
  readonly backend: string;
  readonly case: string;
}

const subjectCell = ({ backend, case: id }: Subject): Markup =>
  html`<th scope="row">${name(backend)}<br><code>${id}</code>`;

/** A table of which the first rows are shown, more are folded, and the last are counted. */
function longTable<T>(title: string, head: Markup, rows: readonly T[], row: (item: T) => Markup, kind = ''): Markup {
  const table = (caption: string, some: readonly T[]): Markup =>
    wideTable(caption, head, html`<tbody>${some.map(row)}</tbody>`, kind);
  const more = rows.slice(inFull, inFull + folded);
  const rest = rows.length - inFull - more.length;
  return html`${table(`${title}: ${count(rows.length)}`, rows.slice(0, inFull))}${more.length > 0 && fold(`${count(more.length)} more`, table(title, more))}${rest > 0 && html`<p class="note">… and ${count(rest)} more; --json has them all.</p>`}`;
}

function statusSection({ statuses }: Comparison): Markup {
  const body =
    statuses.length === 0
      ? html`<p>No case changed its status.</p>`
      : longTable(
          'Cases with another status',
          columns('backend and case', 'before', 'after', 'why'),
          statuses,
          (change) =>
            html`<tr>${subjectCell(change)}<td>${statusBadge(change.before)}<td>${statusBadge(change.after)}<td>${change.why !== undefined && plainText(change.why)}${command(change.reproduce)}
`,
          'skips',
        );
  return section('status', 'Status', 'What became wrong stands first.', body);
}

function gradeSection({ grades }: Comparison): Markup {
  const body =
    grades.length === 0
      ? html`<p>No case changed its accuracy grade.</p>`
      : longTable('Cases with another grade', columns('backend and case', 'before', 'after'), grades, (change) => {
          return html`<tr>${subjectCell(change)}<td>${gradeMark(change.before)}<td>${gradeMark(change.after)} <span class="${change.lost ? 's-f' : 's-p'}">${change.lost ? '✗ lost' : '✓ gained'}</span>
`;
        });
  return section('grade', 'Accuracy grade', 'Lost grades stand first. A is best.', body);
}

function timeRow(change: TimeChange): Markup {
  const { before, after, ratio, low, high, significant } = change;
  const kind = !significant ? 'none' : ratio > 1 ? 's-f' : 's-p';
  const word = !significant ? 'not significant' : ratio > 1 ? '▲ slower' : '▼ faster';
  return html`<tr>${subjectCell(change)}<td class="n">${short(before, 4)}<td class="n">${short(after, 4)}<td class="n"><span class="${kind}">${changeText(ratio)}</span><td class="n">${changeText(low)} … ${changeText(high)}<td><span class="${kind}">${word}</span>
`;
}

const timeColumns = columns('backend and case', '|before, ms', '|after, ms', '|change', '|bounds', 'verdict');

function meanRow({ backend, ratio, common, of, slower, faster, excluded }: BackendTimes): Markup {
  const why = excluded.map(({ reason, cases }) => html`<li>${plural(cases, 'case')} ${reason}</li>`);
  return html`<tr><th scope="row">${name(backend)}<td class="n">${ratio === undefined ? '–' : changeText(ratio)}<td class="n">${count(common)} of ${count(of)}<td class="n">${count(slower)}<td class="n">${count(faster)}<td>${why.length > 0 ? html`<ul class="lines">${why}</ul>` : 'none'}
`;
}

function timeSection({ times, timesRefused, backends }: Comparison): Markup {
  const lead = html`Medians of <em>run</em> alone, taken in two processes at two times. The noise of the pair is the largest of three: ${percent(betweenProcesses)}, which identical code was measured to differ by; the scatter of all changes about their median; and what the copy did that is timed in turns with each row. A change counts beyond ${deviations} standard deviations, more where few rows tell what the noise is; <code>normgauge gate</code> runs both side by side and sees far smaller ones.`;
  if (timesRefused !== undefined) {
    return section(
      'times',
      'Times',
      lead,
      html`<p class="banner" role="note"><strong>Times are not compared:</strong> ${timesRefused}. <code>--across-machines</code> compares them anyway.</p>`,
    );
  }
  const significant = times.filter((time) => time.significant);
  const others = times.filter((time) => !time.significant);
  return section(
    'times',
    'Times',
    lead,
    html`${
      backends.length > 0 &&
      wideTable(
        'Geometric mean over the cases that both reports timed',
        columns('backend', '|mean change', '|coverage', '|slower', '|faster', 'left out, and why'),
        html`<tbody>${backends.map(meanRow)}</tbody>`,
        'skips',
      )
    }${
      significant.length > 0
        ? longTable('Significant changes, largest first', timeColumns, significant, timeRow)
        : html`<p>No time changed significantly.</p>`
    }${others.length > 0 && fold(`${plural(others.length, 'change')} that are not significant`, longTable('Not significant, largest first', timeColumns, others, timeRow))}`,
  );
}

function onlyIn(title: string, subjects: readonly Subject[]): Markup | false {
  return (
    subjects.length > 0 &&
    fold(
      `${title}: ${plural(subjects.length, 'result')}`,
      html`<ul class="lines">${subjects.slice(0, folded).map((one) => html`<li>${name(one.backend)} <code>${one.case}</code></li>`)}${subjects.length > folded && html`<li>… and ${count(subjects.length - folded)} more</li>`}</ul>`,
    )
  );
}

function differenceSection({ differences, added, removed }: Comparison): Markup {
  const body =
    differences.length === 0
      ? html`<p>Machine, versions and selection are the same.</p>`
      : wideTable(
          'Not the same in both runs',
          columns('what', 'before', 'after'),
          html`<tbody>${differences.map(({ what, before, after }) => html`<tr><th scope="row">${what}<td>${before}<td>${after}`)}</tbody>`,
          'skips',
        );
  return section(
    'runs',
    'The two runs',
    'A change may come from any of these.',
    html`${body}${onlyIn('Only in the second report', added)}${onlyIn('Only in the first report', removed)}`,
  );
}

const runText = ({ environment, startedAt, selection }: Report): Markup =>
  html`${startedAt} · suite ${selection.suite} · seed ${selection.seed}${environment.commit !== undefined && html` · commit <code>${environment.commit.slice(0, 12)}</code>`}${environment.subject !== undefined && html` ${name(environment.subject)}`}`;

/** A comparison as one HTML page, of the same kind as the report page. */
export function renderComparisonHtml(comparison: Comparison): string {
  const { before, after, statuses, grades, times, differences } = comparison;
  const worse = statuses.some((change) => change.worse) || grades.some((change) => change.lost);
  const sentence = verdictOf(comparison);
  const significant = times.filter((time) => time.significant).length;
  return pageText({
    title: `normgauge: compared, ${sentence}`,
    header: html`<header class="top">
<p class="brand">normgauge · comparison</p>
<h1 class="verdict v-${worse ? 'wrong' : 'right'}">${sentence}</h1>
<p class="lead">Before: ${runText(before)}<br>After: ${runText(after)}</p>
</header>
`,
    links: [
      { href: '#status', text: `Status (${statuses.length})` },
      { href: '#grade', text: `Grade (${grades.length})` },
      { href: '#times', text: `Times (${significant})` },
      { href: '#runs', text: `The two runs (${differences.length})` },
    ],
    main: [statusSection(comparison), gradeSection(comparison), timeSection(comparison), differenceSection(comparison)],
    foot: `Written by normgauge ${after.tool.version} from two report.json.`,
    script,
  });
}
