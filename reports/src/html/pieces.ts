import { short } from '../numbers.ts';
import type { Float, Grade, Status } from '../report.ts';
import { gradeMeanings, lookOf, statuses } from '../statuses.ts';
import type { Counts, WorstHeadroom } from '../summary.ts';
import { type Content, html, type Markup, trusted } from './escape.ts';
import type { Series } from './model.ts';

/** A section of the page, reachable by its id and named by its heading. */
export function section(id: string, title: string, lead: Content, body: Content): Markup {
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
${lead && html`<p class="lead">${lead}</p>`}
${body}</section>
`;
}

/** A table that scrolls inside its own frame when it is wider than the page, by keyboard too. */
export function wideTable(name: string, head: Content, body: Content, kind = ''): Markup {
  return html`<div class="scroll" role="group" aria-label="${name}" tabindex="0"><table class="${kind}"><caption>${name}</caption>
<thead><tr>${head}</tr></thead>
${body}</table></div>
`;
}

/** Column headings; a bar in front sets the text of a column to the right, where numbers stand. */
export function columns(...titles: readonly string[]): Markup {
  return html`${titles.map((title) =>
    title.startsWith('|')
      ? html`<th scope="col" class="n">${title.slice(1)}</th>`
      : html`<th scope="col">${title}</th>`,
  )}`;
}

/** Something long, folded; it opens without a script. `op` is for the filters. */
export function fold(summary: Content, body: Content, open = false, op?: string): Markup {
  return html`<details${open && trusted(' open')}${op !== undefined && html` data-op="${op}"`}><summary>${summary}</summary>
${body}</details>
`;
}

const classOf: Readonly<Record<Status, string>> = {
  passed: 's-p',
  failed: 's-f',
  untrusted: 's-u',
  skipped: 's-s',
  crashed: 's-c',
  'timed-out': 's-t',
  invalid: 's-i',
};

/** The class that gives a status its colour. */
export function statusClass(status: Status): string {
  return classOf[status];
}

/** Sign and name of a status, with its meaning on hover. */
export function statusBadge(status: Status): Markup {
  const { sign, meaning } = lookOf(status);
  return html`<span class="badge ${classOf[status]}" title="${meaning}">${sign} ${status}</span>`;
}

/** How many of each status, those that occur. */
export function countBadges(counts: Counts): Markup {
  return html`<span class="badges">${statuses
    .filter(({ status }) => counts[status] > 0)
    .map(
      ({ status, sign, meaning }) =>
        html`<span class="badge ${classOf[status]}" title="${meaning}">${sign} ${counts[status]} ${status}</span>`,
    )}</span>`;
}

/** A grade with its meaning on hover. */
export function gradeMark(grade: Grade | undefined): Markup {
  if (grade === undefined) return html`<span class="none">–</span>`;
  return html`<abbr class="grade g-${grade}" title="${gradeMeanings.get(grade)}">${grade}</abbr>`;
}

/** A share of the allowed error; red beyond 1. */
export function headroomText(ratio: Float): Markup {
  return Number(ratio) <= 1 ? html`${short(ratio)}` : html`<strong class="over">${short(ratio)}</strong>`;
}

/** The worst headroom of a group with its tensor. */
export function worstText(worst: WorstHeadroom | undefined): Markup {
  if (!worst) return html`<span class="none">–</span>`;
  return html`${headroomText(worst.ratio)} <span class="tensor">${worst.tensor}</span>`;
}

/** A command to copy: one click selects it, and the script puts a button beside it. */
export function command(text: string): Markup {
  return html`<div class="run"><code class="command">${text}</code></div>`;
}

/** A name from outside, kept from changing the reading direction of what stands around it. */
export function name(text: string): Markup {
  return html`<bdi>${text}</bdi>`;
}

const markers: Readonly<Record<Series['symbol'], string>> = {
  circle: '<circle cx="17" cy="7" r="4"/>',
  square: '<path d="M13.5 3.5h7v7h-7z"/>',
  triangle: '<path d="M17 2l5 8.6h-10z"/>',
  diamond2: '<path d="M17 2l5 5l-5 5l-5-5z"/>',
  star: '<path d="M17 1.500l1.600 3.700l4 .4l-3 2.700l.9 4l-3.500-2.100l-3.500 2.100l.9-4l-3-2.700l4-.4z"/>',
  cross: '<path d="M15.500 2h3v3.500h3.500v3h-3.500v3.500h-3v-3.500h-3.500v-3h3.500z"/>',
  wye: '<path d="M15.500 12v-4l-3.500-2l1.500-2.600l3.500 2l3.500-2l1.500 2.600l-3.500 2v4z"/>',
};

/** Line, dash and marker of one backend, as the charts draw them. */
export function swatch({ colour, dash, symbol }: Series): Markup {
  return html`<svg class="swatch" width="34" height="14" viewBox="0 0 34 14" aria-hidden="true" stroke="${colour}" fill="${colour}"><path d="M0 7h34" stroke-width="2" stroke-dasharray="${dash}"/><g stroke="none">${trusted(markers[symbol])}</g></svg>`;
}

/** Which line is which backend. */
export function chartLegend(series: Iterable<readonly [string, Series]>, extra: Content = null): Markup {
  return html`<ul class="legend">${[...series].map(([id, look]) => html`<li>${swatch(look)} ${name(id)}</li>`)}${extra}</ul>
`;
}
