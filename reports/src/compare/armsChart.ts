import * as Plot from '@observablehq/plot';
import { fromFloat } from '../float.ts';
import { draw } from '../html/charts.ts';
import type { Markup } from '../html/escape.ts';
import type { ArmsRatio, ArmsRow } from './arms.ts';

/** Rows in one chart: more cannot be told apart. */
export const mostInChart = 40;

const rowHeight = 16;
/** Per cent beyond which the axis does not reach, however far a bound is. */
const furthest = 60;

interface Bar {
  readonly at: string;
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

const inPercent = (ratio: number): number => Math.max(-furthest, Math.min(furthest, (ratio - 1) * 100));

function barOf(at: string, { low, median, high }: ArmsRatio): Bar {
  const [a, b, c] = [low, median, high].map((value) => inPercent(fromFloat(value)));
  return { at, low: a!, median: b!, high: c! };
}

/**
 * Head's time against base's in per cent with its interval, a line a case numbered as in the table, and the interval of the control
 * in grey below it. The dashed line is the margin beyond which a case fails.
 */
export function drawArms(label: string, rows: readonly ArmsRow[]): Markup | undefined {
  const timed = rows.flatMap(({ timing }, k) => (timing ? [{ at: String(k + 1), timing }] : [])).slice(0, mostInChart);
  if (timed.length === 0) return undefined;
  const head = timed.map(({ at, timing }) => barOf(at, timing.head));
  const control = timed.map(({ at, timing }) => barOf(at, timing.control));
  const fail = [...new Set(timed.map(({ timing }) => (timing.margins.fail - 1) * 100))];
  const reach = Math.max(5, ...[...head, ...control].flatMap(({ low, high }) => [-low, high])) * 1.05;
  const ends = { y: 'at', x1: 'low', x2: 'high', strokeLinecap: 'round' } as const;
  return draw(label, {
    height: timed.length * rowHeight + 56,
    marginLeft: 34,
    marginBottom: 40,
    x: {
      domain: [-reach, reach],
      label: "head's time against base's, %",
      labelAnchor: 'center',
      nice: true,
      grid: true,
    },
    y: { type: 'band', domain: timed.map(({ at }) => at), label: null, tickSize: 0 },
    marks: [
      Plot.ruleX([0], { stroke: 'currentColor' }),
      Plot.ruleX(fail, { stroke: 'var(--limit)', strokeDasharray: '4 3' }),
      Plot.ruleY(control, { ...ends, stroke: 'var(--soft)', strokeWidth: 5, strokeOpacity: 0.35 }),
      Plot.ruleY(head, { ...ends, stroke: 'var(--link)', strokeWidth: 2 }),
      Plot.dot(head, { y: 'at', x: 'median', r: 3, fill: 'var(--link)' }),
    ],
  });
}
