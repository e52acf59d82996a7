import type { Beside, BesideResult, Report, Result, Timing } from './report.ts';

/** A time of ours and one of another program, of the same op, layout and shape. */
export interface BesidePair {
  readonly result: Result & { readonly timing: Timing };
  readonly theirs: BesideResult;
  /** Nanoseconds per element: by the clock of the device where it has one, which is what the other program was timed by. */
  readonly ours: number;
  /** Whether `ours` is by the clock of the device; else it is the time until the work was known to be done. */
  readonly byDevice: boolean;
  /** Ours ÷ that of copying x, by the same clock. */
  readonly timesCopy: number;
  readonly theirNsPerElement: number;
  readonly theirTimesCopy: number;
  /** Ours ÷ theirs; absent where the two cannot be compared. */
  readonly ratio?: number;
}

export interface BesideTable {
  readonly pairs: readonly BesidePair[];
  /** Why there are no ratios, in a sentence; absent where there are. */
  readonly incomparable?: string;
}

/** Two drivers of one vendor write the same name with other punctuation: `NVIDIA H200` and `nvidia-h200`. */
const plainName = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();

const keyOf = ({ op, layout, shape }: Pick<BesideResult, 'op' | 'layout' | 'shape'>): string =>
  JSON.stringify([op, layout, shape]);

function pair(result: BesidePair['result'], theirs: BesideResult, comparable: boolean): BesidePair {
  const { timing } = result;
  const { device, elements } = timing;
  const ours = device?.nsPerElement ?? timing.nsPerElement;
  const theirNsPerElement = theirs.run.median / elements;
  return {
    result,
    theirs,
    ours,
    byDevice: device !== undefined,
    timesCopy: device?.timesCopy ?? timing.timesCopy,
    theirNsPerElement,
    theirTimesCopy: theirs.run.median / theirs.copy.median,
    ...(comparable && { ratio: ours / theirNsPerElement }),
  };
}

/** The GPU backends of a report beside the other program: what both have timed, in the order of the report. */
export function besideTable({ backends, results }: Report, beside: Beside): BesideTable {
  const onGpu = new Map(backends.flatMap(({ id, device }) => (device?.kind === 'gpu' ? [[id, device] as const] : [])));
  const comparable = (id: string): boolean => {
    const device = onGpu.get(id)!;
    return !device.software && plainName(device.name) === plainName(beside.device);
  };
  const theirs = new Map(beside.results.map((result) => [keyOf(result), result]));
  const pairs = results.flatMap((result) => {
    const { timing } = result;
    // What it is set beside is float32.
    const found = result.dtype === undefined ? theirs.get(keyOf(result)) : undefined;
    if (!timing || !found || !onGpu.has(result.backend)) return [];
    return [pair({ ...result, timing }, found, comparable(result.backend))];
  });
  const apart = [...onGpu].filter(([id]) => !comparable(id));
  if (apart.length === 0) return { pairs };
  const why = apart.map(([id, { name, software }]) => `${id} ran on ${name}${software ? ', a software adapter' : ''}`);
  return {
    pairs,
    incomparable: `${beside.name} ran on ${beside.device}, ${why.join(', ')}: there is no ratio of these.`,
  };
}
