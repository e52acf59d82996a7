import * as Plot from '@observablehq/plot';
import type { GridCell } from '../grids.ts';
import { short } from '../numbers.ts';
import { draw } from './charts.ts';
import type { Markup } from './escape.ts';

export interface Heatmap {
  /** One sentence for those who do not see it. */
  readonly label: string;
  readonly channels: readonly number[];
  readonly spatial: readonly number[];
  readonly cells: readonly GridCell[];
  /** Lightest and darkest: the same for all maps that are compared. */
  readonly range: readonly [number, number];
}

/** The faintest cell still shows that it was timed, and text stays legible on the strongest. */
const faintest = 0.06;
const strongest = 0.9;

/** How strong the colour of a value is, from the low end of the range to its high end in equal ratios. */
export function strength(value: number, [low, high]: readonly [number, number]): number {
  const share = high > low ? Math.log(value / low) / Math.log(high / low) : 0;
  return faintest + (strongest - faintest) * Math.min(1, Math.max(0, share));
}

/** × copy over channels and spatial size: the number in every cell, and its size as the strength of one colour. */
export function drawHeatmap({ label, channels, spatial, cells, range }: Heatmap): Markup {
  const at = { x: 's', y: 'c' } as const;
  return draw(label, {
    height: 50 + 38 * channels.length,
    marginLeft: 52,
    marginRight: 8,
    marginTop: 6,
    marginBottom: 44,
    padding: 0.04,
    x: {
      type: 'band',
      domain: spatial,
      tickSize: 0,
      tickFormat: String,
      label: 'spatial size S, positions a channel',
      labelArrow: 'none',
      labelAnchor: 'center',
    },
    y: {
      type: 'band',
      domain: channels.toReversed(),
      tickSize: 0,
      tickFormat: String,
      label: 'channels C',
      labelArrow: 'none',
    },
    opacity: { type: 'identity' },
    marks: [
      Plot.cell(cells, {
        ...at,
        fill: 'var(--heat)',
        fillOpacity: (cell: GridCell) => strength(cell.timesCopy, range),
        stroke: 'var(--line)',
        title: ({ c, s, timesCopy }: GridCell) => `${short(timesCopy)} × copy at C = ${c}, S = ${s}`,
      }),
      Plot.text(cells, {
        ...at,
        text: ({ timesCopy }: GridCell) => short(timesCopy, 2),
        fill: 'var(--ink)',
        fontSize: 15,
      }),
    ],
  });
}
