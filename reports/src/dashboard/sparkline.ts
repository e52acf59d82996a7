import { html, type Markup } from '../html/escape.ts';
import { short } from '../numbers.ts';
import { groupBy, median } from '../summary.ts';
import type { Series } from './history.ts';

const width = 300;
const height = 52;
/** Room above and below the line. */
const edge = 5;
/** More points than this are drawn as the medians of neighbours. */
const mostPoints = 240;

interface Point {
  readonly run: number;
  readonly value: number;
}

/** So few points that each can be told from the next; the median of neighbours is one where there were more. */
function thinned(points: readonly Point[], runs: number): readonly Point[] {
  if (points.length <= mostPoints) return points;
  const groups = groupBy(points, ({ run }) => Math.floor((run * mostPoints) / runs));
  return [...groups.values()].map((group) => ({
    run: group[group.length >> 1]!.run,
    value: median(group.map(({ value }) => value)),
  }));
}

/**
 * One series as a small SVG: a line over the runs, a mark at each change, worse ones filled. Its range and its runs stand in
 * data attributes, from which the script reads back what is under the pointer.
 */
export function sparkline(series: Series, runs: number): Markup {
  const points = thinned(series.points, runs);
  const values = points.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (run: number): number => (runs > 1 ? 1 + ((width - 2) * run) / (runs - 1) : width / 2);
  const y = (value: number): number =>
    high > low ? height - edge - ((height - 2 * edge) * (value - low)) / (high - low) : height / 2;
  const path = points.map(({ run, value }, i) => `${i === 0 ? 'M' : 'L'}${x(run).toFixed(1)} ${y(value).toFixed(1)}`);
  // A lone point is a line of no length, which round ends make visible.
  const line = path.length === 1 ? `${path[0]}h0` : path.join('');
  const marks = series.changes.map(({ run, before, after, ratio }) => {
    const at = x(run).toFixed(1);
    return html`<path class="${ratio > 1 ? 'up' : 'down'}" d="M${at} 0V${height}"><title>${short(before)} → ${short(after)}</title></path>`;
  });
  const label = `${series.metric.title} over ${runs} runs, between ${short(low)} and ${short(high)}, ${series.changes.length} changes`;
  return html`<svg class="spark" role="img" aria-label="${label}" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" data-low="${low}" data-high="${high}">${marks}<path class="line" d="${line}"/></svg>`;
}
