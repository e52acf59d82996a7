import { describeDiagnosis } from '../diagnosis.ts';
import { whyOf } from '../findings.ts';
import { plainText } from '../plainText.ts';
import type { Report, Result } from '../report.ts';
import { worstTensor } from '../summary.ts';

/**
 * What a spreadsheet would read as a formula. A leading apostrophe makes it text:
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
const formula = /^\s*[=+\-@＝＋－＠|%]/u;

function cell(value: string | number | boolean | undefined): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  const text = plainText(value, Number.POSITIVE_INFINITY);
  const shown = formula.test(text) ? `'${text}` : text;
  return /[",;']|^\s|\s$/.test(shown) ? `"${shown.replaceAll('"', '""')}"` : shown;
}

type Column = readonly [title: string, of: (result: Result) => string | number | boolean | undefined];

const columns: readonly Column[] = [
  ['backend', ({ backend }) => backend],
  ['case', (result) => result.case],
  ['op', ({ op }) => op],
  ['layout', ({ layout }) => layout],
  ['shape', ({ shape }) => shape.join('x')],
  ['fill', ({ fill }) => fill],
  ['convention', ({ convention }) => convention],
  ['seed', ({ seed }) => seed],
  ['status', ({ status }) => status],
  ['why', whyOf],
  ['diagnosis', ({ diagnosis }) => diagnosis && describeDiagnosis(diagnosis)],
  ['grade', ({ grade }) => grade],
  ['headroom', (result) => worstTensor(result)?.ratio],
  ['headroom tensor', (result) => worstTensor(result)?.tensor],
  ['seconds', ({ seconds }) => seconds],
  ['elements', ({ timing }) => timing?.elements],
  ['resident median ms', ({ timing }) => timing?.resident.median],
  ['resident min ms', ({ timing }) => timing?.resident.min],
  ['resident p75 ms', ({ timing }) => timing?.resident.p75],
  ['resident mad ms', ({ timing }) => timing?.resident.mad],
  ['samples', ({ timing }) => timing?.resident.samples],
  ['calls per sample', ({ timing }) => timing?.resident.callsPerSample],
  ['preempted', ({ timing }) => timing?.resident.preempted],
  ['end to end median ms', ({ timing }) => timing?.endToEnd.median],
  ['copy median ms', ({ timing }) => timing?.copy.median],
  ['ns per element', ({ timing }) => timing?.nsPerElement],
  ['gigabytes per second', ({ timing }) => timing?.gigabytesPerSecond],
  ['times copy', ({ timing }) => timing?.timesCopy],
  ['of roof', ({ timing }) => timing?.ofRoof],
  ['device ns per element', ({ timing }) => timing?.device?.nsPerElement],
  ['device copy ns per element', ({ timing }) => timing?.device?.copyNsPerElement],
  ['device clock step ns', ({ timing }) => timing?.device?.quantum],
  ['software adapter', ({ timing }) => timing?.software],
  ['reproduce', ({ reproduce }) => reproduce],
];

/** One row a result, after RFC 4180; what a spreadsheet would take for a formula is kept text by an apostrophe. */
export function renderCsv({ results }: Report): string {
  const rows = [columns.map(([title]) => title), ...results.map((result) => columns.map(([, of]) => of(result)))];
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}
