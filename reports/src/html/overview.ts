import { headline, provenance } from '../headline.ts';
import { duration, percent, plural, short } from '../numbers.ts';
import { lookOf } from '../statuses.ts';
import { type BackendSummary, wrongOf } from '../summary.ts';
import { type Content, html, type Markup } from './escape.ts';
import type { PageModel } from './model.ts';
import { gradeMark, headroomText, name, statusClass } from './pieces.ts';

/** Backends or reasons a tile lists before it refers to the sections below. */
const listed = 6;

const ran = ({ cases, counts }: BackendSummary): boolean => cases > counts.skipped;

function tile(question: string, href: string, answer: Content, items: readonly Content[]): Markup {
  const rest = items.length - listed;
  return html`<div class="tile"><h2>${question}</h2>
<p class="answer">${answer}</p>
<ul>${items.slice(0, listed).map((item) => html`<li>${item}</li>`)}${rest > 0 && html`<li>… and ${rest} more</li>`}</ul>
<a href="${href}">Details<span class="unseen">: ${question}</span></a></div>
`;
}

function rightTile({ summary }: PageModel): Markup {
  const tried = summary.backends.filter(ran);
  const clean = tried.filter((backend) => wrongOf(backend) === 0 && backend.counts.passed > 0);
  return tile(
    'Is it right?',
    '#matrix',
    `${clean.length} of ${plural(tried.length, 'backend')} without a failure`,
    tried.map((backend) => {
      const wrong = wrongOf(backend);
      const weak = (['untrusted', 'invalid'] as const).filter((status) => backend.counts[status] > 0);
      return html`${name(backend.entry.id)} ${
        wrong > 0
          ? html`<span class="s-f">✗ ${wrong} of ${backend.cases} wrong</span>`
          : html`<span class="${backend.counts.passed > 0 ? 's-p' : 's-u'}">${backend.counts.passed > 0 ? '✓' : '?'} ${backend.counts.passed} passed</span>`
      }${weak.map((status) => html` <span class="${statusClass(status)}">${lookOf(status).sign} ${backend.counts[status]} ${status}</span>`)}`;
    }),
  );
}

function goodTile({ summary }: PageModel): Markup {
  const graded = summary.backends.filter(({ grade }) => grade !== undefined);
  return tile(
    'How good is it?',
    '#headroom',
    summary.grade === undefined ? 'Nothing was graded' : html`Worst grade ${gradeMark(summary.grade)}`,
    graded.map(
      ({ entry, grade, worst }) =>
        html`${name(entry.id)} ${gradeMark(grade)} ${worst && html`${headroomText(worst.ratio)} <span class="note">of the allowed error, in ${worst.tensor}</span>`}`,
    ),
  );
}

function fastTile({ summary }: PageModel): Markup {
  const timed = summary.backends
    .filter(({ speed }) => speed !== undefined)
    .sort((a, b) => Number(a.software) - Number(b.software) || a.speed!.timesCopy - b.speed!.timesCopy);
  const best = timed.find(({ software }) => !software);
  const answer = best
    ? html`${name(best.entry.id)}: ${short(best.speed!.timesCopy)} × a copy`
    : timed.length > 0
      ? 'Only a software adapter was timed'
      : 'Nothing was timed';
  return tile(
    'How fast is it?',
    '#timing',
    answer,
    timed.map(({ entry, software, speed }) =>
      software
        ? html`${name(entry.id)} <span class="s-s">software adapter: times are not comparable</span>`
        : html`${name(entry.id)} ${short(speed!.timesCopy)} × copy <span class="note">${percent(speed!.ofRoof)} of the roof, median of ${plural(speed!.timed, 'case')}</span>`,
    ),
  );
}

function skippedTile({ summary, skipped }: PageModel): Markup {
  const never = summary.backends.filter((backend) => !ran(backend)).length;
  const cases = summary.counts.skipped;
  const parts = [
    ...(never > 0 ? [`${plural(never, 'backend')} did not run`] : []),
    ...(cases > 0 ? [`${plural(cases, 'case')} skipped`] : []),
  ];
  return tile(
    'What did not run, and why?',
    '#skipped',
    parts.length > 0 ? parts.join(', ') : 'Everything ran',
    skipped.map(
      ({ backend, reason, results }) =>
        html`${name(backend)}${results.length > 0 && html` <span class="note">${plural(results.length, 'case')}</span>`}: <span class="reason">${reason}</span>`,
    ),
  );
}

/** What answers in five seconds: is it right, how good, how fast, and what did not run. */
export function overview(model: PageModel): Markup {
  const { report, summary } = model;
  return html`<header class="top">
<p class="brand">normgauge</p>
<h1 class="verdict v-${summary.verdict}">${headline(summary, report)}</h1>
<p class="lead">${provenance(report)} · ${duration(report.seconds)}</p>
${
  report.interrupted &&
  html`<p class="banner" role="note"><strong>This run was stopped before its end.</strong> What is here is what was finished; what is missing proves nothing.</p>`
}
<div class="tiles">${rightTile(model)}${goodTile(model)}${fastTile(model)}${skippedTile(model)}</div>
</header>
`;
}
