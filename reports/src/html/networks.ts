import { type NetworkTotal, networkTitle, networkTotals } from '../networks.ts';
import { coverageText, totalError, totalText, totalTimesCopy } from '../networkTable.ts';
import { plural, shapeText, short } from '../numbers.ts';
import type { Network } from '../report.ts';
import { groupBy } from '../summary.ts';
import { html, type Markup } from './escape.ts';
import type { PageModel } from './model.ts';
import { columns, fold, name, section, wideTable } from './pieces.ts';

function totalsTable(network: Network, totals: readonly NetworkTotal[]): Markup {
  const row = (total: NetworkTotal): Markup => {
    const partial = total.measured < total.layers;
    return html`<tr data-op="${total.op}"><th scope="row">${name(total.backend)}${total.software && ' *'}<td>${total.op}<td class="n${partial && ' warn'}">${coverageText(total)}<td class="n">${totalText(total)}<td class="n">${totalError(total)}<td class="n">${totalTimesCopy(total)}
`;
  };
  return wideTable(
    `${networkTitle(network)}: one step`,
    columns('backend', 'operation', '|layers', '|ms a step', '|±', '|× copy'),
    html`<tbody>${[...groupBy(totals, ({ op }) => op).values()].flat().map(row)}</tbody>`,
    'steps',
  );
}

/** What the total lacks, by name and reason; where nothing is lacking, nothing. */
function missingList(totals: readonly NetworkTotal[]): Markup | false {
  const partial = totals.filter(({ missing }) => missing.length > 0);
  if (partial.length === 0) return false;
  return html`<p><strong>A sum over a part of the layers is no total</strong>, and says nothing beside a sum over others. Missing:</p><ul class="lines">${partial.map(
    ({ backend, op, missing }) =>
      html`<li data-op="${op}">${name(backend)}, ${op}: ${missing.map(({ shape, times, why }, k) => html`${k > 0 && '; '}${shapeText(shape)} (${times}×): ${why}`)}</li>`,
  )}</ul>`;
}

function layersTable(network: Network, op: string, totals: readonly NetworkTotal[]): Markup {
  const rows = network.layers.map(({ shape, times }, k) => {
    const cells = totals.map(({ parts, milliseconds }) => {
      const part = parts[k];
      return part === undefined
        ? html`<td class="n">–`
        : html`<td class="n">${short(part)} <span class="note">${Math.round((100 * part) / milliseconds)} %</span>`;
    });
    return html`<tr><th scope="row">${shapeText(shape)}<td class="n">${times}${cells}`;
  });
  return fold(
    html`${op} <span class="note">by layer</span>`,
    wideTable(
      `${networkTitle(network)}, ${op}: milliseconds in all layers of one shape, and their share of the sum`,
      html`${columns('shape', '|layers')}${totals.map(({ backend, software }) => html`<th scope="col" class="n">${name(backend)}${software && ' *'}</th>`)}`,
      html`<tbody>${rows}</tbody>`,
    ),
    false,
    op,
  );
}

function figure(network: Network, totals: readonly NetworkTotal[]): Markup {
  const layers = network.layers.reduce((sum, { times }) => sum + times, 0);
  return html`<h3>${networkTitle(network)}</h3>
<p class="lead">${plural(layers, 'BatchNorm layer')} of ${plural(network.layers.length, 'shape')}, from ${network.source}; data: ${network.fill}.</p>
${totalsTable(network, totals)}${missingList(totals)}${[...groupBy(totals, ({ op }) => op)].map(([op, ofOp]) => layersTable(network, op, ofOp))}`;
}

/** What a network spends on BatchNorm in one step: every shape timed once, counted as often as the network has it. */
export function networkSection({ report }: PageModel): Markup {
  const totals = networkTotals(report);
  const software = totals.some((total) => total.software);
  return section(
    'networks',
    'Networks',
    html`What all BatchNorm layers of a network take in one step: the median of each shape × how many layers have it. “±” is the root of the sum of the squares of what each layer adds; “× copy” divides by what copying the inputs of the same layers takes.${software && html` <strong>* a software adapter: compare with nothing.</strong>`}`,
    totals.length === 0
      ? html`<p>No network was timed: <code>normgauge bench --suite resnet50</code> does that.</p>`
      : [...groupBy(totals, ({ network }) => network)].map(([network, ofNetwork]) => figure(network, ofNetwork)),
  );
}
