import { changeText } from '../compare/terminal.ts';
import { html, type Markup, trusted } from '../html/escape.ts';
import { pageText } from '../html/frame.ts';
import { columns, fold, name, section, wideTable } from '../html/pieces.ts';
import { count, plural, short } from '../numbers.ts';
import { groupBy } from '../summary.ts';
import type { History, Series } from './history.ts';
import { type Live, livePolicy, liveScript } from './live.ts';
import { sparkline } from './sparkline.ts';
import { dashboardStyle } from './style.ts';
import { trendScript } from './trendScript.ts';
import { commitText, historyName, runMark, when } from './words.ts';

/** Runs listed one by one in a page; older ones are counted. */
const listed = 200;

/** Text for a script element: JSON in which nothing can end the element. */
function embedded(value: unknown): Markup {
  return trusted(JSON.stringify(value).replaceAll('<', '\\u003c'));
}

function changesCell({ changes }: Series, history: History): Markup {
  if (changes.length === 0) return html`<span class="none">none</span>`;
  return html`<ul class="lines">${changes.slice(-4).map(({ run, ratio }) => html`<li><span class="${ratio > 1 ? 's-f' : 's-p'}">${ratio > 1 ? '▲' : '▼'} ${changeText(ratio)}</span> ${runMark(history.runs[run]!)}</li>`)}${changes.length > 4 && html`<li>${count(changes.length - 4)} earlier</li>`}</ul>`;
}

function row(series: Series, history: History, first: boolean): Markup {
  const { points, metric } = series;
  const [oldest, latest] = [points[0]!.value, points.at(-1)!.value];
  return html`<tr>${first ? html`<th scope="row" class="case"><code>${series.case}</code>` : html`<td class="none">″`}<td>${metric.title}<td class="n">${short(oldest)}<td class="n">${short(latest)}<td>${isConstant(series) ? html`<span class="none">the same in ${plural(points.length, 'run')}</span>` : sparkline(series, history.runs.length)}<td>${changesCell(series, history)}
`;
}

const isConstant = ({ points, changes }: Series): boolean =>
  changes.length === 0 && points.every(({ value }) => value === points[0]!.value);

/** How far the latest change was for the worse, 0 where nothing changed: what a reader came for stands first. */
function concern(ofCase: readonly Series[]): number {
  return Math.max(...ofCase.map(({ changes }) => Math.abs(Math.log(changes.at(-1)?.ratio ?? 1))));
}

function table(title: string, cases: readonly (readonly Series[])[], history: History): Markup {
  return wideTable(
    title,
    columns('case', 'metric', '|first', '|latest', 'trend', 'changes'),
    html`<tbody>${cases.map((ofCase) => ofCase.map((series, k) => row(series, history, k === 0)))}</tbody>`,
    'trends',
  );
}

function opSection(op: string, all: readonly Series[], history: History, id: string): Markup {
  const byCase = [...groupBy(all, (series) => series.case).values()].sort((a, b) => concern(b) - concern(a));
  const moving = byCase.filter((ofCase) => !ofCase.every(isConstant));
  const constant = byCase.filter((ofCase) => ofCase.every(isConstant));
  return section(
    id,
    op,
    `${plural(byCase.length, 'case')}, of which ${count(constant.length)} gave the same numbers in every run.`,
    html`${moving.length > 0 && table(`${op}: what moved, over ${plural(history.runs.length, 'run')}`, moving, history)}${constant.length > 0 && fold(`${plural(constant.length, 'case')} that never changed`, table(`${op}: the same in every run`, constant, history))}`,
  );
}

function runList({ runs }: History): Markup {
  const latest = [...runs].reverse();
  return section(
    'runs',
    'Runs',
    'Latest first.',
    html`<ol class="lines" reversed>${latest.slice(0, listed).map((run) => html`<li>${runMark(run)}</li>`)}</ol>${latest.length > listed && html`<p class="note">… and ${count(latest.length - listed)} earlier</p>`}`,
  );
}

/** One backend on one machine and branch: every case over time. */
export function trendPage(history: History, backend: string, live?: Live): string {
  const series = history.series.filter((one) => one.backend === backend);
  const byOp = [...groupBy(series, ({ op }) => op)];
  const worse = series.flatMap(({ changes }) => changes.filter(({ ratio }) => ratio > 1)).length;
  return pageText({
    title: `normgauge: ${backend} over time`,
    header: html`<header class="top">
<p class="brand"><a href="index.html">normgauge dashboard</a></p>
<h1 class="verdict">${name(backend)} over ${plural(history.runs.length, 'run')}: ${worse === 0 ? 'no change for the worse' : `${plural(worse, 'change')} for the worse`}</h1>
<p class="lead">${historyName(history)}. Smaller is better. A mark is a change point (PELT); a red one is for the worse.</p>
</header>
`,
    links: [...byOp.map(([op], k) => ({ href: `#op${k}`, text: op })), { href: '#runs', text: 'Runs' }],
    main: html`${byOp.map(([op, all], k) => opSection(op, all, history, `op${k}`))}${runList(history)}
<script type="application/json" id="runs-data">${embedded(history.runs.map((run) => `${when(run)} ${commitText(run)}`))}</script>`,
    foot: 'Made by normgauge dashboard. Times of different machines, branches and devices are kept apart.',
    script: trendScript + liveScript(live),
    style: dashboardStyle,
    policy: livePolicy(live),
  });
}
