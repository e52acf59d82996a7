import { plural, shapeText, short } from '../numbers.ts';
import type { Result } from '../report.ts';
import { gravest, lookOf, statuses } from '../statuses.ts';
import { type BackendSummary, countsOf, groupBy, worstTensor } from '../summary.ts';
import { html, type Markup } from './escape.ts';
import type { CaseRow, PageModel } from './model.ts';
import { columns, countBadges, fold, name, section, statusBadge, statusClass, wideTable } from './pieces.ts';

/** An op with more rows than this is folded at first; the first op never is. */
const openRows = 24;

function backendColumns(backends: readonly BackendSummary[], first: string): Markup {
  return html`${columns(first)}${backends.map(({ entry }) => html`<th scope="col">${name(entry.id)}</th>`)}`;
}

/** The gravest status over fills and conventions, with how many share it, and the way to the first of those. */
function cell(results: readonly Result[] | undefined, backend: BackendSummary, { failureAnchor }: PageModel): Markup {
  if (results === undefined) {
    return backend.entry.unavailable === undefined
      ? html`<td><span class="none">not in this run</span>`
      : html`<td class="${statusClass('skipped')}"><a href="#skipped">– could not run</a>`;
  }
  const status = gravest(results.map((result) => result.status))!;
  const { sign } = lookOf(status);
  const sharing = results.filter((result) => result.status === status);
  const text = `${sign} ${status} ${sharing.length}${sharing.length < results.length ? ` of ${results.length}` : ''}`;
  const anchor = failureAnchor.get(sharing[0]!) ?? (status === 'skipped' ? 'skipped' : undefined);
  return html`<td class="${statusClass(status)}">${anchor === undefined ? text : html`<a href="#${anchor}">${text}</a>`}`;
}

function matrixTable(op: string, rows: readonly CaseRow[], model: PageModel): Markup {
  const { backends } = model.summary;
  const body = rows.map(({ anchor, layout, shape, results }) => {
    const byBackend = groupBy(results, ({ backend }) => backend);
    return html`<tr><th scope="row"><a href="#${anchor}">${layout} ${shapeText(shape)}</a>${backends.map((backend) => cell(byBackend.get(backend.entry.id), backend, model))}
`;
  });
  return wideTable(
    `${op}: gravest status over fills and conventions`,
    backendColumns(backends, 'layout and shape'),
    html`<tbody>${body}</tbody>`,
    'matrix',
  );
}

/** Backend × op × shape. */
export function matrixSection(model: PageModel): Markup {
  const byOp = groupBy(model.rows, ({ op }) => op);
  return section(
    'matrix',
    'Conformance',
    html`Shapes are N × C × spatial sizes. A cell is the gravest status over the fills and conventions of that row and leads to its first case; a row leads to all of its cases.`,
    html`${[...byOp].map(([op, rows], i) =>
      fold(
        html`${op} <span class="note">${plural(rows.length, 'row')}</span> ${countBadges(countsOf(rows.flatMap(({ results }) => results)))}`,
        matrixTable(op, rows, model),
        i === 0 || rows.length <= openRows,
        op,
      ),
    )}
<dl class="key">${statuses.map(({ status, meaning }) => html`<div><dt>${statusBadge(status)}</dt><dd>${meaning}</dd></div>`)}</dl>`,
  );
}

function caseCell(results: readonly Result[] | undefined, { failureAnchor }: PageModel): Markup {
  if (results === undefined) return html`<td>–`;
  const shown = results.map((result) => {
    const { status, grade } = result;
    const worst = worstTensor(result);
    const anchor = failureAnchor.get(result);
    const text = html`${lookOf(status).sign} ${worst ? html`${grade} ${short(worst.ratio)}` : status}`;
    return anchor === undefined ? text : html`<a href="#${anchor}">${text}</a>`;
  });
  const status = gravest(results.map((result) => result.status))!;
  return html`<td class="${statusClass(status)}">${shown}`;
}

function caseRows({ anchor, layout, shape, results }: CaseRow, model: PageModel): Markup {
  const { backends } = model.summary;
  const cases = groupBy(results, ({ fill, convention }) => `${fill} · ${convention}`);
  return html`<tbody id="${anchor}"><tr><th scope="rowgroup" colspan="${backends.length + 1}">${layout} ${shapeText(shape)}${[
    ...cases,
  ].map(([title, ofCase]) => {
    const byBackend = groupBy(ofCase, ({ backend }) => backend);
    return html`<tr><th scope="row">${title}${backends.map(({ entry }) => caseCell(byBackend.get(entry.id), model))}`;
  })}</tbody>
`;
}

/** Every case, one by one: status sign, grade and headroom used. */
export function caseSection(model: PageModel): Markup {
  const byOp = groupBy(model.rows, ({ op }) => op);
  return section(
    'cases',
    'Every case',
    'Per backend: status, accuracy grade, and the largest share of the allowed error that any output tensor used (1 is the limit).',
    [...byOp].map(([op, rows]) =>
      fold(
        html`${op} <span class="note">${plural(rows.length, 'shape')}</span>`,
        wideTable(
          `${op}: every case`,
          backendColumns(model.summary.backends, 'fill and convention'),
          rows.map((row) => caseRows(row, model)),
          'cases',
        ),
        false,
        op,
      ),
    ),
  );
}
