import { changeText } from '../compare/terminal.ts';
import { html, type Markup } from '../html/escape.ts';
import { pageText } from '../html/frame.ts';
import { columns, countBadges, fold, name, section, statusBadge, wideTable } from '../html/pieces.ts';
import { count, plural, short } from '../numbers.ts';
import { plainText } from '../plainText.ts';
import type { Counts } from '../summary.ts';
import type { History } from './history.ts';
import { indexScript } from './indexScript.ts';
import { type Live, livePolicy, liveScript } from './live.ts';
import type { Regression } from './regressions.ts';
import type { Run } from './run.ts';
import { dashboardStyle } from './style.ts';
import { historyName, runMark } from './words.ts';

/** A file that is not among the runs, and why. */
export interface LeftOut {
  readonly source: string;
  readonly reason: string;
}

/** A run that has results and no report yet. */
export interface InProgress {
  readonly source: string;
  readonly counts: Counts;
}

/** What the first page is made from. */
export interface IndexModel {
  readonly runs: readonly Run[];
  readonly histories: readonly History[];
  readonly regressions: readonly Regression[];
  readonly leftOut: readonly LeftOut[];
  readonly inProgress: readonly InProgress[];
  /** The page of one backend in one history; absent where there is none. */
  readonly trendOf: (history: History, backend: string) => string | undefined;
}

/** Groups that are shown; earlier ones are counted. */
const shownRegressions = 60;
/** Rows of one group. */
const shownInGroup = 25;
const shownFiles = 200;
/** Runs that are not folded. */
const openRuns = 40;

const backendsOf = ({ runs }: History): readonly string[] => [
  ...new Set(runs.flatMap(({ entries }) => entries.map(({ backend }) => backend))),
];

const signs = { right: '✓ right', wrong: '✗ wrong', undecided: '? undecided' } as const;
const classes = { right: 's-p', wrong: 's-f', undecided: 's-u' } as const;

const verdictMark = ({ verdict }: Run): Markup => html`<span class="${classes[verdict]}">${signs[verdict]}</span>`;

function latestSection({ histories, trendOf }: IndexModel): Markup {
  const rows = histories.map((history) => {
    const latest = history.runs.at(-1)!;
    const links = backendsOf(history).map((backend) => {
      const page = trendOf(history, backend);
      return html`<li>${page === undefined ? name(backend) : html`<a href="${page}">${name(backend)}</a>`}</li>`;
    });
    return html`<tr data-machine="${history.machine}" data-branch="${history.branch}"><th scope="row">${name(historyName(history))}<td>${runMark(latest)}<td>${verdictMark(latest)}<td>${countBadges(latest.counts)}<td class="n">${count(history.runs.length)}<td><ul class="lines">${links}</ul>
`;
  });
  return section(
    'latest',
    'Latest',
    'The latest run of each machine and branch; a backend leads to its trends where there are two runs or more.',
    wideTable(
      'Machines and branches',
      columns('machine and branch', 'latest run', 'verdict', 'cases', '|runs', 'trends'),
      html`<tbody>${rows}</tbody>`,
      'runs',
    ),
  );
}

function regressionBody({ history, run, statuses, series }: Regression, { trendOf }: IndexModel): Markup {
  const rest = statuses.length + series.length - 2 * shownInGroup;
  const text = html`${statuses.length > 0 && html`<span class="s-f">${plural(statuses.length, 'case')} worse in status</span> `}${series.length > 0 && html`<span class="s-f">▲ ${count(series.length)} series worse, up to ${changeText(series[0]!.change.ratio)}</span>`}`;
  return html`<div data-machine="${history.machine}" data-branch="${history.branch}">${fold(
    html`${runMark(run, false)} <span class="note">${historyName(history)}</span><br>${text}`,
    html`<p>${runMark(run)}</p><ul class="lines">${statuses.slice(0, shownInGroup).map((change) => html`<li>${statusBadge(change.before)} → ${statusBadge(change.after)} ${name(change.backend)} <code>${change.case}</code></li>`)}${series
      .slice(0, shownInGroup)
      .map(({ series: one, change }) => {
        const page = trendOf(history, one.backend);
        const who = html`${name(one.backend)} <code>${one.case}</code>`;
        return html`<li><span class="s-f">▲ ${changeText(change.ratio)}</span> ${one.metric.title} ${short(change.before)} → ${short(change.after)} ${page === undefined ? who : html`<a href="${page}">${who}</a>`}</li>`;
      })}${rest > 0 && html`<li>… and ${count(rest)} more</li>`}</ul>`,
  )}</div>
`;
}

function regressionSection(model: IndexModel): Markup {
  const { regressions } = model;
  const rest = regressions.length - shownRegressions;
  const body =
    regressions.length === 0
      ? html`<p>Nothing became worse.</p>`
      : html`${regressions.slice(0, shownRegressions).map((one) => regressionBody(one, model))}${rest > 0 && html`<p class="note">… and ${count(rest)} earlier</p>`}`;
  return section(
    'regressions',
    'What became worse, and with which run',
    'Statuses from one run to the next; times and headroom by change points of their series. Latest first.',
    body,
  );
}

function runSection({ runs, histories }: IndexModel): Markup {
  const latest = [...runs].sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
  const machines = [...new Set(histories.map(({ machine }) => machine))];
  const branches = [...new Set(histories.map(({ branch }) => branch))];
  const choice = (id: string, label: string, values: readonly string[]): Markup =>
    html`<label>${label}<select id="${id}"><option value="*">all</option>${values.map((value) => html`<option value="${value}">${value === '' ? 'no branch' : value}</option>`)}</select></label>`;
  const table = (title: string, some: readonly Markup[]): Markup =>
    wideTable(
      title,
      columns('verdict', 'run', 'branch', 'machine', 'suite', 'cases'),
      html`<tbody>${some}</tbody>`,
      'runs',
    );
  const rows = latest.map(
    (run) =>
      html`<tr data-machine="${run.machine}" data-branch="${run.environment.branch ?? ''}"><td>${verdictMark(run)}${run.interrupted && html` <span class="note">stopped before its end</span>`}<td>${runMark(run)}<td>${name(run.environment.branch ?? 'no branch')}<td>${run.machine}<td>${run.suite}, seed ${run.seed}<td>${countBadges(run.counts)}
`,
  );
  return section(
    'runs',
    'Runs',
    html`${plural(runs.length, 'run')}. <a href="compare.html">Compare any two of them.</a>`,
    html`<div class="controls" hidden>${choice('machine', 'Machine', machines)}${choice('branch', 'Branch', branches)}</div>${table('Runs, latest first', rows.slice(0, openRuns))}${rows.length > openRuns && fold(`${count(rows.length - openRuns)} earlier runs`, table('Earlier runs', rows.slice(openRuns)))}`,
  );
}

function fileSection({ leftOut, inProgress }: IndexModel): Markup {
  const rest = leftOut.length - shownFiles;
  return section(
    'files',
    'Files that are not runs',
    null,
    html`${inProgress.map(({ source, counts }) => html`<p>Still running, or stopped without a report: <code>${source}</code> ${countBadges(counts)}</p>`)}${
      leftOut.length === 0
        ? html`<p>Every JSON file of the folder is a report.</p>`
        : html`<ul class="lines">${leftOut.slice(0, shownFiles).map(({ source, reason }) => html`<li><code>${source}</code>: ${plainText(reason, 400)}</li>`)}${rest > 0 && html`<li>… and ${count(rest)} more</li>`}</ul>`
    }`,
  );
}

/** The first page of a dashboard. */
export function indexPage(model: IndexModel, live?: Live): string {
  const { runs, histories, regressions, leftOut, inProgress } = model;
  const machines = new Set(histories.map(({ machine }) => machine)).size;
  const wrong = histories.filter(({ runs: all }) => all.at(-1)!.verdict === 'wrong').length;
  const sentence =
    runs.length === 0
      ? 'There is no report in this folder yet.'
      : wrong > 0
        ? `${count(wrong)} of ${plural(histories.length, 'line')} of runs ${wrong === 1 ? 'is' : 'are'} wrong at the latest run.`
        : `Nothing is wrong at the latest run of ${plural(histories.length, 'line')} of runs.`;
  return pageText({
    title: `normgauge dashboard: ${plural(runs.length, 'run')}`,
    header: html`<header class="top">
<p class="brand">normgauge dashboard</p>
<h1 class="verdict v-${runs.length === 0 ? 'undecided' : wrong > 0 ? 'wrong' : 'right'}">${sentence}</h1>
<p class="lead">${plural(runs.length, 'run')} on ${plural(machines, 'machine')}, ${plural(regressions.length, 'run')} with something worse${inProgress.length > 0 && `, ${plural(inProgress.length, 'run')} in progress`}${leftOut.length > 0 && html`, <a href="#files">${plural(leftOut.length, 'file')} left out</a>`}.</p>
</header>
`,
    links: [
      { href: '#latest', text: 'Latest' },
      { href: '#regressions', text: `Worse (${regressions.length})` },
      { href: '#runs', text: `Runs (${runs.length})` },
      { href: '#files', text: `Left out (${leftOut.length})` },
      { href: 'compare.html', text: 'Compare' },
    ],
    main: html`${latestSection(model)}${regressionSection(model)}${runSection(model)}${fileSection(model)}`,
    foot: 'Made by normgauge dashboard. Change points: PELT, Killick, Fearnhead & Eckley 2012, doi:10.1080/01621459.2012.737745.',
    script: indexScript + liveScript(live),
    style: dashboardStyle,
    policy: livePolicy(live),
  });
}
