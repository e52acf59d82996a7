import { statuses } from '../statuses.ts';
import { html, type Markup } from './escape.ts';
import type { PageModel } from './model.ts';

function choice(id: string, label: string, values: readonly string[]): Markup {
  return html`<label>${label}<select id="${id}"><option value="">all</option>${values.map((value) => html`<option>${value}</option>`)}</select></label>`;
}

/** The controls that narrow what the page shows; without the script there are none, and everything is shown. */
export function filterControls({ summary }: PageModel): Markup {
  const present = statuses.filter(({ status }) => summary.counts[status] > 0).map(({ status }) => status);
  return html`<div class="controls" id="filters" role="search" aria-label="Filters" hidden>${choice(
    'f-backend',
    'Backend',
    summary.backends.map(({ entry }) => entry.id),
  )}${choice('f-op', 'Operation', summary.ops)}${choice('f-status', 'Status', present)}<label>Case contains<input id="f-case" type="search" autocomplete="off" placeholder="nhwc, 32x64, tiny-variance"></label><button type="button" class="copy">Show all</button><output id="f-shown" class="note"></output></div>
`;
}

/**
 * Narrows the page to a backend, an operation, a status, and cases with some text, and keeps all four in the address, so that what
 * is seen can be sent. It reads what the rows say and needs nothing beside them.
 */
export const filterScript: string = `
const filters = document.getElementById('filters');
const filterNames = ['backend', 'op', 'status', 'case'];
const filterOf = (name) => document.getElementById('f-' + name);
const textIn = (element, selector) => (element.querySelector(selector) || element).textContent.trim();
function columnsOf(table) {
  return [...table.querySelectorAll('thead th')].map((cell) => cell.querySelector('bdi') ? cell.textContent.trim() : '');
}
function filterColumns(table, backend) {
  const columns = columnsOf(table);
  if (!columns.some((name) => name !== '')) return;
  for (const row of table.rows) {
    if (row.cells.length !== columns.length) continue;
    columns.forEach((name, k) => { row.cells[k].hidden = backend !== '' && name !== '' && name !== backend; });
  }
}
function applyFilters() {
  const [backend, op, status, text] = filterNames.map((name) => filterOf(name).value.trim());
  const narrowed = backend + op + status + text !== '';
  const words = text.toLowerCase().replaceAll('×', 'x');
  const says = (row) => words === '' || row.toLowerCase().replaceAll('×', 'x').includes(words);
  let shown = 0;
  let all = 0;
  for (const row of document.querySelectorAll('.failures tbody, .lines > li[id]')) {
    const id = textIn(row, 'code');
    const keep = (backend === '' || textIn(row, 'bdi') === backend) && (op === '' || id.split('/')[0] === op) &&
      (status === '' || row.querySelector('.badge, span').textContent.trim().endsWith(' ' + status)) && says(id);
    row.hidden = !keep;
    all += 1;
    shown += keep;
  }
  for (const part of document.querySelectorAll('[data-op]')) part.hidden = op !== '' && part.dataset.op !== op;
  for (const map of document.querySelectorAll('figure[data-backend]')) {
    map.hidden = (backend !== '' && map.dataset.backend !== backend) || (op !== '' && map.dataset.op !== op);
  }
  for (const card of document.querySelectorAll('#backends .card, .skips tbody tr')) {
    card.hidden = backend !== '' && textIn(card, 'bdi') !== backend;
  }
  for (const row of document.querySelectorAll('.steps tbody tr')) {
    row.hidden = (backend !== '' && textIn(row, 'bdi') !== backend) || (op !== '' && row.dataset.op !== op);
  }
  for (const row of document.querySelectorAll('.times tbody tr')) {
    row.hidden = (backend !== '' && textIn(row, 'bdi') !== backend) || !says(row.cells[0].textContent.replaceAll(' ', '/'));
  }
  for (const row of document.querySelectorAll('.matrix tbody tr')) {
    row.hidden = !says(row.cells[0].textContent.replaceAll(' ', '/'));
  }
  for (const group of document.querySelectorAll('.cases tbody')) {
    const [head, ...rows] = group.rows;
    const shape = head.textContent.trim().replaceAll(' ', '/');
    for (const row of rows) row.hidden = !says(shape + '/' + row.cells[0].textContent.trim().replaceAll(' · ', '/'));
    group.hidden = rows.every((row) => row.hidden);
  }
  for (const table of document.querySelectorAll('.matrix, .cases')) filterColumns(table, backend);
  document.getElementById('f-shown').textContent = narrowed ? shown + ' of ' + all + ' that did not pass are shown' : '';
}
function readFilters() {
  const asked = new URLSearchParams(location.search);
  for (const name of filterNames) {
    const field = filterOf(name);
    field.value = asked.get(name) || '';
    if (field.selectedIndex === -1) field.value = '';
  }
  if (filterNames.some((name) => filterOf(name).value !== '')) applyFilters();
}
function writeFilters() {
  const asked = new URLSearchParams();
  for (const name of filterNames) if (filterOf(name).value !== '') asked.set(name, filterOf(name).value);
  const query = asked.toString();
  history.replaceState(null, '', location.pathname + (query && '?' + query) + location.hash);
  applyFilters();
}
filters.hidden = false;
filters.addEventListener('input', writeFilters);
filters.querySelector('button').addEventListener('click', () => {
  for (const name of filterNames) filterOf(name).value = '';
  writeFilters();
});
addEventListener('popstate', () => { readFilters(); applyFilters(); });
readFilters();
`;
