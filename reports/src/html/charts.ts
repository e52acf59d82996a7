import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { short } from '../numbers.ts';
import { html, type Markup, trusted } from './escape.ts';
import type { Series } from './model.ts';

/** Width of every chart, in CSS pixels; the page scales it down, never up past legibility. */
const width = 440;
/** Least distance of two tick labels, as a share of the axis. */
const labelRoom = 0.11;
const fontSize = '12.5px';

/** A chart as SVG text, drawn without a browser. Its style sheet is the page's own, so that a strict policy holds. */
export function draw(label: string, options: Plot.PlotOptions): Markup {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = Plot.plot({ ...options, width, document: document as unknown as Document });
  for (const style of svg.querySelectorAll('style')) style.remove();
  for (const group of svg.querySelectorAll('g[aria-label]')) group.removeAttribute('aria-label');
  svg.setAttribute('class', 'chart');
  svg.setAttribute('role', 'img');
  svg.setAttribute('font-size', fontSize);
  const drawn = svg.outerHTML.replace(/<[^>]*>/g, (tag) => tag.replace(/(\d\.\d\d)\d+/g, '$1'));
  return html`<svg aria-label="${label}" ${trusted(drawn.slice('<svg '.length))}`;
}

/** Round numbers within the domain, more of them the fewer decades it spans. */
function decades([low, high]: readonly [number, number]): number[] {
  const span = Math.log10(high / low);
  const steps = span > 3 ? [1] : span > 1.2 ? [1, 2, 5] : [1, 1.5, 2, 3, 5, 7];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const step of steps) {
      const tick = Number(`${step}e${power}`);
      if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick);
    }
  }
  return ticks;
}

/** Ticks on a log axis that leave room for their labels; the first and the last always stay. */
function spaced(sorted: readonly number[]): number[] {
  const place = (value: number): number => Math.log(value / sorted[0]!) / Math.log(sorted.at(-1)! / sorted[0]!);
  const kept: number[] = [];
  for (const value of sorted) {
    const isLast = value === sorted.at(-1);
    while (isLast && kept.length > 1 && 1 - place(kept.at(-1)!) < labelRoom) kept.pop();
    if (isLast || kept.length === 0 || place(value) - place(kept.at(-1)!) >= labelRoom) kept.push(value);
  }
  return kept;
}

function tickText(value: number): string {
  if (value >= 1e4 && Number.isInteger(Math.log10(value))) {
    return `10${[...String(Math.log10(value))].map((digit) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(digit)]).join('')}`;
  }
  return String(Number(value.toPrecision(6)));
}

/** A name short enough for a margin; the page gives it in full elsewhere. */
function shortName(name: string, limit: number): string {
  const characters = [...name];
  return characters.length > limit ? `${characters.slice(0, limit - 1).join('')}…` : name;
}

export interface LinePoint {
  readonly x: number;
  readonly y: number;
}

interface ChartLine {
  readonly name: string;
  readonly series: Series;
  readonly points: readonly LinePoint[];
}

export interface SweepChart {
  /** One sentence for those who do not see it. */
  readonly label: string;
  readonly xLabel: string;
  readonly lines: readonly ChartLine[];
  /** The least time that is possible, nanoseconds per element. */
  readonly roof: readonly LinePoint[];
}

/** Nanoseconds per element over a size, both axes logarithmic, with the roof that no correct kernel passes. */
export function drawSweep({ label, xLabel, lines, roof }: SweepChart): Markup {
  const xs = [...new Set([...lines.flatMap(({ points }) => points), ...roof].map(({ x }) => x))].sort((a, b) => a - b);
  const ys = [...lines.flatMap(({ points }) => points), ...roof].map(({ y }) => y);
  const x: [number, number] = [xs[0]!, xs.at(-1)!];
  const y: [number, number] = [Math.min(...ys) / 1.5, Math.max(...ys) * 1.4];
  const marks: Plot.Markish[] = [
    Plot.axisX(xs.length <= 8 ? spaced(xs) : decades(x), {
      text: tickText,
      label: xLabel,
      labelAnchor: 'center',
      labelArrow: 'none',
    }),
    Plot.axisY(decades(y), { text: tickText, label: 'ns / element', labelArrow: 'up' }),
    Plot.gridY({ ticks: decades(y), stroke: 'var(--grid)', strokeOpacity: 1 }),
    Plot.areaY(roof, { x: 'x', y1: () => y[0], y2: 'y', fill: 'var(--roof)', fillOpacity: 0.14 }),
    Plot.line(roof, { x: 'x', y: 'y', stroke: 'var(--roof)', strokeWidth: 1.5, strokeDasharray: '1 3' }),
  ];
  for (const { name, series, points } of lines) {
    marks.push(
      Plot.line(points, { x: 'x', y: 'y', stroke: series.colour, strokeWidth: 1.8, strokeDasharray: series.dash }),
      Plot.dot(points, {
        x: 'x',
        y: 'y',
        r: 3.4,
        fill: series.colour,
        symbol: series.symbol,
        title: (point: LinePoint) => `${shortName(name, 60)}: ${short(point.y)} ns/element at ${point.x}`,
      }),
    );
  }
  return draw(label, {
    height: 270,
    marginLeft: 46,
    marginRight: 18,
    marginBottom: 40,
    marginTop: 28,
    x: { type: 'log', domain: x },
    y: { type: 'log', domain: y },
    marks,
  });
}

export interface HeadroomRow {
  readonly tensor: string;
  readonly backend: string;
  readonly series: Series;
  /** Shares of the allowed error; NaN and infinity allowed. */
  readonly ratios: readonly number[];
}

const least = 1e-3;
const most = 1e4;
/** Dots that would lie on each other are one dot: 16 places a decade. */
const places = 16;

function place(ratio: number): number {
  if (!(ratio < most)) return most;
  return ratio <= least ? least : 10 ** (Math.round(Math.log10(ratio) * places) / places);
}

/** Share of the allowed error used, one dot a case (cases that would coincide share one), logarithmic, with the limit at 1. */
export function drawHeadroom(label: string, rows: readonly HeadroomRow[]): Markup {
  const tensors = [...new Set(rows.map(({ tensor }) => tensor))];
  const backends = [...new Set(rows.map(({ backend }) => backend))];
  const highest = Math.max(10, ...rows.flatMap(({ ratios }) => ratios.map(place)));
  const domain: [number, number] = [least, highest];
  const names = new Map(backends.map((backend) => [backend, shortName(backend, 13)]));
  const ticks = decades(domain);
  const labelled =
    ticks.length > 5 ? ticks.filter((tick) => tick !== 0.01 && !(tick === 1000 && highest === most)) : ticks;
  const edgeText = (value: number): string =>
    value === least ? `≤ ${least}` : value === most ? '≥ 10⁴' : tickText(value);
  const marks: Plot.Markish[] = [
    Plot.axisX(labelled, {
      text: edgeText,
      label: 'share of the allowed error used; 1 is the limit',
      labelAnchor: 'center',
      labelArrow: 'none',
    }),
    Plot.gridX({ ticks, stroke: 'var(--grid)', strokeOpacity: 1 }),
    Plot.rect([{}], { x1: 1, x2: highest, fill: 'var(--limit)', fillOpacity: 0.07 }),
    Plot.ruleX([1], { stroke: 'var(--limit)', strokeWidth: 1.5 }),
  ];
  for (const { tensor, backend, series, ratios } of rows) {
    const dots = [...new Set(ratios.map(place))].map((x) => ({ x, backend, tensor }));
    const worst = dots.reduce((a, b) => (b.x > a.x ? b : a), dots[0]!);
    const at = { x: 'x', y: 'backend', fy: 'tensor', fill: series.colour, symbol: series.symbol };
    marks.push(
      Plot.dot(
        dots.filter((dot) => dot !== worst),
        { ...at, r: 2.2, fillOpacity: 0.45 },
      ),
      Plot.dot([worst], { ...at, r: 4 }),
    );
  }
  return draw(label, {
    height: 60 + tensors.length * (backends.length * 17 + 8),
    marginLeft: 92,
    marginRight: 100,
    marginBottom: 40,
    marginTop: 8,
    x: { type: 'log', domain },
    y: { type: 'band', domain: backends, axis: 'right', label: null, tickSize: 0, tickFormat: (id) => names.get(id)! },
    fy: { domain: tensors, axis: 'left', label: null, tickSize: 0, padding: 0.08, tickFormat: (t) => shortName(t, 13) },
    marks,
  });
}
