import { type ComparedBackend, type ComparedCase, sideBySide } from '../comparison.ts';
import { short } from '../numbers.ts';
import { groupBy } from '../summary.ts';
import { html, type Markup } from './escape.ts';
import type { PageModel } from './model.ts';
import { columns, fold, name, section, statusBadge, wideTable } from './pieces.ts';

/** Of more cases those stay in which the backends differ most: the page has to stay small, and report.json has all. */
const mostCases = 300;

/** An op with more cases than this is folded at first. */
const openCases = 16;

function cell(entry: ComparedBackend | undefined): Markup {
  if (!entry) return html`<td class="n">–`;
  const { speed, status, grade, reason } = entry;
  if (!speed) return html`<td class="n" title="${reason ?? ''}">${statusBadge(status)}`;
  const { nsPerElement, timesBest, software } = speed;
  const ratio = timesBest === undefined ? '' : `${short(timesBest)}×, `;
  return html`<td class="n">${ratio}${short(nsPerElement)}${software && '*'} ns ${grade ?? '–'}`;
}

function casesTable(op: string, cases: readonly ComparedCase[], backends: readonly string[]): Markup {
  const row = ({ case: id, entries }: ComparedCase): Markup =>
    html`<tr data-op="${op}"><th scope="row"><code>${id.slice(op.length + 1)}</code>${backends.map((backend) => cell(entries.find((entry) => entry.backend === backend)))}`;
  return fold(
    html`${op} <span class="note">${cases.length} cases</span>`,
    wideTable(
      `${op}: time ÷ that of the fastest, nanoseconds per element, grade`,
      html`${columns('case')}${backends.map((backend) => html`<th scope="col" class="n">${name(backend)}</th>`)}`,
      html`<tbody>${cases.map(row)}</tbody>`,
    ),
    cases.length <= openCases,
    op,
  );
}

function differing({ entries }: ComparedCase): number {
  return Math.max(0, ...entries.map(({ speed }) => speed?.timesBest ?? 0));
}

/** Backends beside one another, case by case, where the run timed several. */
export function sideBySideSection({ report }: PageModel): Markup {
  const { cases: all } = sideBySide(report);
  const kept = new Set(all.toSorted((a, b) => differing(b) - differing(a)).slice(0, mostCases));
  const cases = all.filter((row) => kept.has(row));
  const backends = report.backends
    .map(({ id }) => id)
    .filter((id) => cases.some(({ entries }) => entries.some(({ backend, speed }) => backend === id && speed)));
  const ofOp = groupBy(cases, ({ case: id }) => id.split('/', 1)[0]!);
  const software = cases.some(({ entries }) => entries.some(({ speed }) => speed?.software));
  return section(
    'side-by-side',
    'Side by side',
    html`Every case that several backends were timed on: the median time of each ÷ that of the fastest, nanoseconds per element, and the accuracy grade; how certain each is, and how near a copy, stands below.${all.length > cases.length && ` The ${cases.length} of ${all.length} cases that differ most.`}${software && html` <strong>* a software adapter: compare with nothing.</strong>`}`,
    cases.length === 0
      ? html`<p>No case was timed on more than one backend.</p>`
      : [...ofOp].map(([op, inIt]) => casesTable(op, inIt, backends)),
  );
}
