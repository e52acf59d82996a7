import { type Grid, gridsOf } from '../grids.ts';
import { short } from '../numbers.ts';
import { groupBy } from '../summary.ts';
import { html, type Markup } from './escape.ts';
import { drawHeatmap, strength } from './heatmap.ts';
import type { PageModel } from './model.ts';
import { name } from './pieces.ts';

type Range = readonly [number, number];

function figure(
  { op, layout, convention, n, backend, software, channels, spatial, cells }: Grid,
  range: Range,
): Markup {
  const values = cells.map(({ timesCopy }) => timesCopy);
  const chart = drawHeatmap({
    label: `${op}, ${backend}: time of a call ÷ time of a copy over channels and spatial size, from ${short(Math.min(...values))} to ${short(Math.max(...values))}; the number stands in each cell`,
    channels,
    spatial,
    cells,
    range,
  });
  return html`<figure data-op="${op}" data-backend="${backend}"><figcaption>${name(backend)}${software && ' *'}, ${op} <span class="note">${layout} · ${convention} · N = ${n}</span></figcaption>${chart}</figure>
`;
}

/** Five steps of the colour with what they stand for. */
function key(op: string, range: Range): Markup {
  const [low, high] = range;
  const steps = [0, 1, 2, 3, 4].map((k) => low * (high / low) ** (k / 4));
  return html`<ul class="legend"><li>${op}, × copy:</li>${steps.map(
    (value) =>
      html`<li><svg class="swatch" width="22" height="14" viewBox="0 0 22 14" aria-hidden="true"><path d="M0 0h22v14H0z" fill="var(--heat)" stroke="var(--line)" fill-opacity="${short(strength(value, range), 2)}"/></svg> ${short(value, 2)}</li>`,
  )}</ul>`;
}

/** Channels × spatial size for each backend and op, one scale an op so that backends can be compared; nothing where there is no grid. */
export function heatmaps({ report, summary }: PageModel): Markup | false {
  const all = gridsOf(report);
  const real = all.filter(({ software }) => !software);
  const shown = real.length > 0 ? real : all;
  if (shown.length === 0) return false;
  const byOp = groupBy(shown, ({ op }) => op);
  const rangeOf = (grids: readonly Grid[]): Range => {
    const values = grids.flatMap(({ cells }) => cells.map(({ timesCopy }) => timesCopy));
    return [Math.min(...values), Math.max(...values)];
  };
  return html`<h3>Channels × spatial size</h3>
<p class="lead">How many times as long as a copy a call takes; less is better. The stronger the colour, the longer, in equal ratios, on one scale for all backends of an operation.</p>
${summary.ops.map((op) => {
  const grids = byOp.get(op);
  if (!grids) return false;
  const range = rangeOf(grids);
  return html`<div class="maps" data-op="${op}">${key(op, range)}<div class="figures">${grids.map((grid) => figure(grid, range))}</div></div>
`;
})}`;
}
