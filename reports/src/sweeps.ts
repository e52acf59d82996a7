import type { Report, Result, Timing } from './report.ts';
import { groupBy, median } from './summary.ts';

/** What is varied in a sweep while the other two stay the same. */
export type SweepAxis = 'n' | 'c' | 'spatial';

export interface SweepPoint {
  /** The size that is varied, in elements. */
  readonly at: number;
  /** Nanoseconds per element of x; the median where several fills were timed. */
  readonly nsPerElement: number;
  /** What the minimum traffic would take at the speed of a copy, nanoseconds per element of x. */
  readonly roof: number;
}

/** One backend's times along a sweep, sizes ascending, at least three of them. */
export interface SweepLine {
  readonly backend: string;
  readonly software: boolean;
  readonly copiedBy: Timing['copiedBy'];
  readonly points: readonly SweepPoint[];
}

export interface Sweep {
  readonly op: string;
  readonly layout: string;
  readonly convention: string;
  readonly axis: SweepAxis;
  /** The two sizes that stay the same. */
  readonly fixed: Readonly<Partial<Record<SweepAxis, number>>>;
  readonly lines: readonly SweepLine[];
}

export const sweepAxes: readonly SweepAxis[] = ['n', 'c', 'spatial'];

type Sizes = Readonly<Record<SweepAxis, number>>;
type Timed = Result & { readonly timing: Timing };

function sizesOf({ shape }: Result): Sizes {
  const [n = 1, c = 1, ...spatial] = shape;
  return { n, c, spatial: spatial.reduce((product, size) => product * size, 1) };
}

/** Times of nothing, or of a clock that stood still, have no place on a log axis. */
function isPlottable({ timing }: Result): boolean {
  return timing !== undefined && timing.nsPerElement > 0 && timing.ofRoof > 0;
}

function lineOf(backend: string, results: readonly Timed[], axis: SweepAxis): SweepLine {
  const points = [...groupBy(results, (result) => sizesOf(result)[axis])].map(([at, here]) => ({
    at,
    nsPerElement: median(here.map(({ timing }) => timing.nsPerElement)),
    roof: median(here.map(({ timing }) => timing.ofRoof * timing.nsPerElement)),
  }));
  const { software, copiedBy } = results[0]!.timing;
  return { backend, software, copiedBy, points: points.sort((a, b) => a.at - b.at) };
}

/**
 * Sweeps need no marker: they are found. Timed results in float32 of one backend, op, layout and convention that differ in exactly
 * one of N, C and the product of the spatial sizes are a line when there are at least three; lines that vary
 * the same thing around the same point are a sweep. Longest sweeps come first.
 */
export function sweepsOf(report: Report): readonly Sweep[] {
  const timed = report.results.filter((result): result is Timed => result.dtype === undefined && isPlottable(result));
  const sweeps: Sweep[] = [];
  for (const axis of sweepAxes) {
    const others = sweepAxes.filter((other) => other !== axis);
    const keyOf = (result: Timed): string => {
      const sizes = sizesOf(result);
      return JSON.stringify([result.op, result.layout, result.convention, ...others.map((other) => sizes[other])]);
    };
    for (const group of groupBy(timed, keyOf).values()) {
      const lines = [...groupBy(group, ({ backend }) => backend)]
        .map(([backend, results]) => lineOf(backend, results, axis))
        .filter(({ points }) => points.length >= 3);
      if (lines.length === 0) continue;
      const { op, layout, convention } = group[0]!;
      const sizes = sizesOf(group[0]!);
      const fixed = Object.fromEntries(others.map((other) => [other, sizes[other]]));
      sweeps.push({ op, layout, convention, axis, fixed, lines });
    }
  }
  return sweeps.sort((a, b) => lengthOf(b) - lengthOf(a));
}

function lengthOf({ lines }: Sweep): number {
  return lines.reduce((sum, { points }) => sum + points.length, 0);
}
