import { deflateRawSync } from 'node:zlib';
import { betweenProcesses, deviations } from '../compare/noise.ts';
import { html } from '../html/escape.ts';
import { pageText } from '../html/frame.ts';
import { section } from '../html/pieces.ts';
import { count, plural } from '../numbers.ts';
import { statuses } from '../statuses.ts';
import { compareScript } from './compareScript.ts';
import { type Live, livePolicy, liveScript } from './live.ts';
import type { Entry, Run } from './run.ts';
import { dashboardStyle } from './style.ts';
import { commitText, when } from './words.ts';

/** Results that the page holds: more would make it slow to open; the latest runs go in. */
const mostEntries = 600_000;

const digits = (value: number, places: number): number => Number(value.toPrecision(places));

/** `[subject, status, grade, median, copy, spread]` of one result; the last three only where there is a time. */
function packed({ status, grade, time }: Entry, subject: number): readonly (number | string)[] {
  const short = [subject, statuses.findIndex((look) => look.status === status), grade ?? ''];
  return time ? [...short, digits(time.median, 4), digits(time.copy, 4), digits(time.spread, 2)] : short;
}

function latestOf(runs: readonly Run[]): readonly Run[] {
  const latest = [...runs].sort((a, b) => (a.startedAt < b.startedAt ? 1 : -1));
  let room = mostEntries;
  return latest.filter(({ entries }) => {
    room -= entries.length;
    return room >= 0;
  });
}

/** What the page's script works on, compressed: a page of thousands of runs stays small. */
function dataOf(runs: readonly Run[]): string {
  const subjects = new Map<string, number>();
  const place = ({ backend, case: id }: Entry): number => {
    const key = JSON.stringify([backend, id]);
    const known = subjects.get(key);
    if (known !== undefined) return known;
    subjects.set(key, subjects.size);
    return subjects.size - 1;
  };
  const all = runs.map((run) => ({
    label: `${when(run)} · ${commitText(run)}`,
    machine: run.machine,
    branch: run.environment.branch ?? '',
    entries: run.entries.map((entry) => packed(entry, place(entry))),
  }));
  const data = {
    statuses: statuses.map(({ status, sign }) => [status, sign]),
    subjects: [...subjects.keys()].map((key) => JSON.parse(key)),
    noise: betweenProcesses,
    deviations,
    runs: all,
  };
  return deflateRawSync(JSON.stringify(data)).toString('base64');
}

/** A page on which any two runs are compared. It needs its script; without it, it says which command does the same. */
export function comparePage(runs: readonly Run[], live?: Live): string {
  const held = latestOf(runs);
  const left = runs.length - held.length;
  return pageText({
    title: 'normgauge: compare two runs',
    header: html`<header class="top">
<p class="brand"><a href="index.html">normgauge dashboard</a></p>
<h1 class="verdict">Compare two runs</h1>
<p class="lead" id="sentence">${plural(held.length, 'run')} to choose from${left > 0 && `, the latest; ${count(left)} earlier ones are compared by the command`}.</p>
</header>
`,
    links: [
      { href: 'index.html', text: 'Dashboard' },
      { href: '#changes', text: 'Changes' },
    ],
    main: html`<section aria-labelledby="choice-title"><h2 id="choice-title">Which</h2>
<noscript><p>This page compares by script. Without one: <code>normgauge compare before/report.json after/report.json --out comparison.html</code>.</p></noscript>
<div class="controls" hidden><label>Before<select id="before"></select></label><label>After<select id="after"></select></label><label>Show<select id="which"><option value="significant">what changed significantly</option><option value="all">everything that both have</option></select></label></div></section>
${section('changes', 'Changes', 'Statuses first, then grades, then times; largest first. Times are compared on the same machine only.', html`<div id="result" aria-live="polite"></div>`)}
<script type="application/octet-stream" id="data">${dataOf(held)}</script>`,
    foot: 'Made by normgauge dashboard.',
    script: compareScript + liveScript(live),
    style: dashboardStyle,
    policy: livePolicy(live),
  });
}
