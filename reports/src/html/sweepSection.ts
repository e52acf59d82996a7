import { plural, short } from '../numbers.ts';
import { groupBy, median } from '../summary.ts';
import { type Sweep, type SweepAxis, type SweepLine, type SweepPoint, sweepAxes, sweepsOf } from '../sweeps.ts';
import { drawSweep, type LinePoint } from './charts.ts';
import { html, type Markup } from './escape.ts';
import { heatmaps } from './gridSection.ts';
import type { PageModel } from './model.ts';
import { chartLegend, columns, fold, name, section, wideTable } from './pieces.ts';

const axisNames: Readonly<
  Record<SweepAxis, { readonly symbol: string; readonly title: string; readonly label: string }>
> = {
  n: { symbol: 'N', title: 'batch', label: 'batch size N' },
  c: { symbol: 'C', title: 'channels', label: 'channels C' },
  spatial: { symbol: 'S', title: 'spatial size', label: 'spatial size S, positions a channel' },
};

function fixedText({ fixed }: Sweep): string {
  return sweepAxes
    .filter((axis) => fixed[axis] !== undefined)
    .map((axis) => `${axisNames[axis].symbol} = ${fixed[axis]}`)
    .join(', ');
}

function titleOf(sweep: Sweep): string {
  return `${sweep.op} over ${axisNames[sweep.axis].title}`;
}

/** Lines to draw: those on real hardware, or, where there is no other, those on an emulation. */
function drawable({ lines }: Sweep): readonly SweepLine[] {
  const real = lines.filter(({ software }) => !software);
  return real.length > 0 ? real : lines;
}

/** The roof of the lines whose copy the harness made, since they share it; else that of all. */
function roofOf(lines: readonly SweepLine[]): readonly LinePoint[] {
  const shared = lines.filter(({ copiedBy }) => copiedBy === 'harness');
  const points = (shared.length > 0 ? shared : lines).flatMap((line) => line.points);
  return [...groupBy(points, ({ at }) => at)]
    .map(([x, here]) => ({ x, y: median(here.map(({ roof }: SweepPoint) => roof)) }))
    .sort((a, b) => a.x - b.x);
}

function numbers(sweep: Sweep, roof: readonly LinePoint[]): Markup {
  const sizes = [...new Set(sweep.lines.flatMap(({ points }) => points.map(({ at }) => at)))].sort((a, b) => a - b);
  const at = new Map(roof.map(({ x, y }) => [x, y]));
  const byLine = sweep.lines.map(({ points }) => new Map(points.map((point) => [point.at, point.nsPerElement])));
  const cell = (value: number | undefined): Markup => html`<td class="n">${value === undefined ? '–' : short(value)}`;
  return fold(
    'Numbers',
    wideTable(
      `${titleOf(sweep)}, ${sweep.layout}, ${fixedText(sweep)}: ns per element`,
      html`${columns(`|${axisNames[sweep.axis].symbol}`)}${sweep.lines.map(({ backend, software }) => html`<th scope="col" class="n">${name(backend)}${software && ' *'}</th>`)}${columns('|roof')}`,
      html`<tbody>${sizes.map((size) => html`<tr><th scope="row" class="n">${size}${byLine.map((line) => cell(line.get(size)))}${cell(at.get(size))}`)}</tbody>`,
    ),
  );
}

function figure(sweep: Sweep, { series }: PageModel): Markup {
  const lines = drawable(sweep);
  const roof = roofOf(lines);
  const chart = drawSweep({
    label: `${titleOf(sweep)}, ${sweep.layout}, ${fixedText(sweep)}: nanoseconds per element for ${plural(lines.length, 'backend')} and the roof; the table below has the numbers`,
    xLabel: axisNames[sweep.axis].label,
    lines: lines.map(({ backend, points }) => ({
      name: backend,
      series: series.get(backend)!,
      points: points.map(({ at, nsPerElement }) => ({ x: at, y: nsPerElement })),
    })),
    roof,
  });
  return html`<figure data-op="${sweep.op}"><figcaption>${titleOf(sweep)} <span class="note">${sweep.layout} · ${sweep.convention} · ${fixedText(sweep)}</span></figcaption>${chart}${numbers(sweep, roof)}</figure>
`;
}

/** The longest sweep of each op, axis and layout is drawn; a grid of shapes holds many that say the same. */
function chosen(sweeps: readonly Sweep[]): readonly Sweep[] {
  return [...groupBy(sweeps, ({ op, axis, layout }) => JSON.stringify([op, axis, layout])).values()].map(
    ([longest]) => longest!,
  );
}

/** Time per element over batch, channels and spatial size, with the roof. */
export function sweepSection(model: PageModel): Markup {
  const sweeps = sweepsOf(model.report);
  const drawn = chosen(sweeps);
  const left = sweeps.length - drawn.length;
  const shown = new Set(drawn.flatMap((sweep) => drawable(sweep).map(({ backend }) => backend)));
  const hidden = model.summary.backends.filter(({ entry, software }) => software && !shown.has(entry.id));
  const byOp = groupBy(drawn, ({ op }) => op);
  const inOrder = model.summary.ops.flatMap((op) =>
    [...(byOp.get(op) ?? [])].sort(
      (a, b) => a.layout.localeCompare(b.layout) || sweepAxes.indexOf(a.axis) - sweepAxes.indexOf(b.axis),
    ),
  );
  const roofKey = html`<li><svg class="swatch" width="34" height="14" viewBox="0 0 34 14" aria-hidden="true"><path class="roof-area" d="M0 7h34v7H0z"/><path class="roof-line" d="M0 7h34"/></svg> roof: the least traffic at the speed of a copy</li>`;
  const body =
    drawn.length === 0
      ? html`<p>No sweep was found: it takes three timed shapes that differ in one size only.</p>`
      : html`${chartLegend(
          [...model.series].filter(([id]) => shown.has(id)),
          roofKey,
        )}<div class="figures">${inOrder.map((sweep) => figure(sweep, model))}</div>
${hidden.length > 0 && html`<p class="note">Not drawn, since a software adapter’s times are comparable with nothing (* in the tables): ${hidden.map(({ entry }, i) => html`${i > 0 && ', '}${name(entry.id)}`)}.</p>`}
${left > 0 && html`<p class="note">Of each op, axis and layout the longest sweep is drawn; ${plural(left, 'shorter one')} ${left === 1 ? 'is' : 'are'} in the table of times.</p>`}`;
  return section(
    'sweeps',
    'Sweeps',
    'Nanoseconds per element of x (median, run alone) over one size while the others stay the same. Lower is better; nothing correct comes below the dotted roof.',
    html`${body}${heatmaps(model)}`,
  );
}
