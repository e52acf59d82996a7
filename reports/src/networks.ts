import type { Network, NetworkLayer, Report, Result, Timing } from './report.ts';
import { groupBy } from './summary.ts';

/** A layer without a time, and why. */
export interface MissingLayer extends NetworkLayer {
  readonly why: string;
}

/** What one backend spends on one op in all layers of a network together: each shape is timed once and counted as often as it occurs. */
export interface NetworkTotal {
  readonly network: Network;
  readonly op: string;
  readonly backend: string;
  readonly software: boolean;
  /** Layers that the sums are over, of how many the network has. Fewer is a sum over a part, and nothing else. */
  readonly measured: number;
  readonly layers: number;
  readonly missing: readonly MissingLayer[];
  /** Σ times × median, milliseconds; 0 over no layers. */
  readonly milliseconds: number;
  /**
   * Half of the interval on either side, milliseconds: the root of the sum of squares of times × distance of the median from
   * the end of its interval, since layers are timed one after the other and err independently. Absent where a layer has no interval.
   */
  readonly error?: { readonly below: number; readonly above: number };
  /** Σ times × median of the copy of the same layers, milliseconds. */
  readonly copy: number;
  /** Per layer shape: what it adds, milliseconds; undefined where it was not timed. */
  readonly parts: readonly (number | undefined)[];
}

const key = (shape: readonly number[]): string => shape.join('x');

function whyNot(result: Result | undefined): string {
  if (result === undefined) return 'not in this run';
  const said = result.reason ?? result.cause;
  return said === undefined ? `${result.status}, not timed` : `${result.status}: ${said}`;
}

function root(squares: readonly number[]): number {
  return Math.sqrt(squares.reduce((sum, square) => sum + square ** 2, 0));
}

function totalOf(network: Network, op: string, backend: string, results: readonly Result[]): NetworkTotal {
  const byShape = new Map(results.map((result) => [key(result.shape), result]));
  const layers = network.layers.map((layer) => ({ ...layer, result: byShape.get(key(layer.shape)) }));
  const timed = layers.flatMap(({ times, result }) => (result?.timing ? [{ times, timing: result.timing }] : []));
  const sum = (of: (timing: Timing) => number): number =>
    timed.reduce((total, { times, timing }) => total + times * of(timing), 0);
  const known = timed.every(({ timing }) => timing.resident.interval !== undefined);
  const half = (of: (timing: Timing) => number): number => root(timed.map(({ times, timing }) => times * of(timing)));
  return {
    network,
    op,
    backend,
    software: timed.some(({ timing }) => timing.software),
    measured: timed.reduce((total, { times }) => total + times, 0),
    layers: network.layers.reduce((total, { times }) => total + times, 0),
    missing: layers
      .filter(({ result }) => result?.timing === undefined)
      .map(({ shape, times, result }) => ({ shape, times, why: whyNot(result) })),
    milliseconds: sum(({ resident }) => resident.median),
    ...(known &&
      timed.length > 0 && {
        error: {
          below: half(({ resident }) => resident.median - resident.interval!.low),
          above: half(({ resident }) => resident.interval!.high - resident.median),
        },
      }),
    copy: sum(({ copy }) => copy.median),
    parts: layers.map(({ times, result }) => (result?.timing ? times * result.timing.resident.median : undefined)),
  };
}

/**
 * The total of every network, op and backend of the report that could run, in this order. An op that was timed on no layer of a
 * network has no total there.
 */
export function networkTotals(report: Report): readonly NetworkTotal[] {
  const backends = report.backends.filter(({ unavailable }) => unavailable === undefined).map(({ id }) => id);
  return (report.networks ?? []).flatMap((network) => {
    const shapes = new Set(network.layers.map(({ shape }) => key(shape)));
    const ofNetwork = report.results.filter(
      ({ layout, fill, convention, shape, dtype }) =>
        dtype === undefined &&
        layout === network.layout &&
        fill === network.fill &&
        convention === network.convention &&
        shapes.has(key(shape)),
    );
    return [...groupBy(ofNetwork, ({ op }) => op)]
      .filter(([, results]) => results.some(({ timing }) => timing !== undefined))
      .flatMap(([op, results]) =>
        backends.map((backend) =>
          totalOf(
            network,
            op,
            backend,
            results.filter((result) => result.backend === backend),
          ),
        ),
      );
  });
}

/** `ResNet-50, batch 4, nchw, pytorch`. */
export function networkTitle({ name, layers, layout, convention }: Network): string {
  return `${name}, batch ${layers[0]!.shape[0]}, ${layout}, ${convention}`;
}
