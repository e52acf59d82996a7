import { percent, short } from '../numbers.ts';
import type { BackendSummary } from '../summary.ts';
import { html, type Markup } from './escape.ts';
import type { PageModel } from './model.ts';
import { columns, countBadges, gradeMark, name, section, statusBadge, swatch, worstText } from './pieces.ts';

function words(title: string, entries: Readonly<Record<string, string>>): Markup | null {
  const pairs = Object.entries(entries);
  if (pairs.length === 0) return null;
  return html`<details><summary>${title}</summary><dl>${pairs.map(([key, value]) => html`<div><dt>${key}</dt><dd>${value}</dd></div>`)}</dl></details>
`;
}

function opsTable({ entry, ops, software }: BackendSummary): Markup | null {
  if (ops.length === 0) return null;
  return html`<table><caption class="unseen">${entry.id}: by operation</caption><thead><tr>${columns('op', '|passed', 'grade', '|× copy', '|of roof')}</tr></thead>
<tbody>${ops.map(
    ({ op, cases, counts, grade, speed }) =>
      html`<tr><th scope="row">${op}<td class="n">${counts.passed}/${cases}<td>${gradeMark(grade)}<td class="n">${speed ? short(speed.timesCopy) : '–'}${speed && software && '*'}<td class="n">${speed && !software ? percent(speed.ofRoof) : '–'}`,
  )}</tbody></table>
`;
}

function card(backend: BackendSummary, { series }: PageModel): Markup {
  const { entry, counts, grade, worst, software } = backend;
  const { id, version, module, device, unavailable, declares } = entry;
  return html`<article class="card"><h3>${swatch(series.get(id)!)} ${name(id)}${version !== undefined && html` <span class="note">${version}</span>`}</h3>
${module !== undefined && html`<p class="note"><code>${module}</code></p>`}
${unavailable !== undefined && html`<p>${statusBadge('skipped')} ${unavailable}</p>`}
${device && html`<p>${device.kind === 'gpu' ? 'GPU' : 'CPU'}: ${name(device.name)}</p>`}
${software && html`<p class="warn">Software adapter: times are not comparable.</p>`}
<p>${countBadges(counts)}</p>
${(grade !== undefined || worst) && html`<p>Worst grade ${gradeMark(grade)}, most headroom used ${worstText(worst)}${worst && html`<br><span class="note"><code>${worst.case}</code></span>`}</p>`}
${opsTable(backend)}
${words('Declares', declares)}
${device && words('Device', device.details)}</article>
`;
}

/** One card a backend: what it is, what it runs on, what it declares, and how it fared. */
export function backendSection(model: PageModel): Markup {
  return section(
    'backends',
    'Backends',
    'Times in a card are medians over the timed cases; × copy is the time of a call ÷ the time of only copying its input.',
    html`<div class="cards">${model.summary.backends.map((backend) => card(backend, model))}</div>`,
  );
}
