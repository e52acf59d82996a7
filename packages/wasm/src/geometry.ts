import { elementsPerChannel, type Problem, positionsOf, stridesOf } from '@normgauge/contract';

/**
 * How the kernels walk a problem. Lengths and strides are elements.
 *
 * - By row: N·C rows of S elements, each of one channel; NCHW with S ≥ 8, and everything with one channel.
 * - By column: `rows` rows of `columns` elements and an incomplete one of `rest`, where element j of a row belongs to
 *   channel ⌊(j mod period) / inner⌋: NHWC, N×C, and NCHW with a short S.
 */
export interface Geometry {
  readonly byRow: number;
  readonly n: number;
  readonly c: number;
  readonly s: number;
  /** Channels whose rows are held in cache together. */
  readonly group: number;
  readonly rows: number;
  readonly columns: number;
  readonly rest: number;
  readonly period: number;
  readonly inner: number;
  /** The elements of one channel: `outer` runs of `run` elements. */
  readonly channelStride: number;
  readonly outer: number;
  readonly outerStride: number;
  readonly run: number;
  readonly runStride: number;
}

/**
 * Bytes of x in a block of channels, which stays in cache between the sums and the elementwise pass: in L2 where that is
 * large, else in L3, from where four streams read almost as fast. Measured with 512 KiB of L2: 1 to 4 MiB are alike, and
 * 256 KiB, which L2 would hold, costs 10 to 20 % more, because every piece of a stream is so much shorter.
 */
const blockBytes = 1024 * 1024;

/** Rows shorter than two vectors cost more by row than by column. */
const shortestRow = 8;

/** A row shorter than a cache line is made longer, up to a whole number of lines. */
const shortestColumns = 16;

/** A row at least as long is not made a whole number of vectors: its last one costs little beside the others. */
const longestFolded = 256;

/** Rows of whole vectors are made at least so long where there are enough of them: a loop over a row takes a while to start. */
const comfortableColumns = 256;
const enoughRows = 512;

/** How many rows of `period` elements count as one. */
function foldOf(period: number, inner: number, rows: number): number {
  if (period < shortestColumns) return 16;
  if (period % 4 !== 0) return period < longestFolded ? 4 : 1;
  return inner === 1 && rows >= enoughRows ? Math.ceil(comfortableColumns / period) : 1;
}

export function geometryOf(problem: Problem): Geometry {
  const { shape, layout } = problem;
  const m = elementsPerChannel(shape);
  const positions = positionsOf(shape);
  const single = shape.c === 1;
  const [n, s] = single ? [1, m] : [shape.n, positions];
  const { batchStride, channelStride, positionStride } = stridesOf(shape, layout);
  const channel =
    layout === 'nchw' && !single
      ? { channelStride, outer: n, outerStride: batchStride, run: s, runStride: positionStride }
      : { channelStride, outer: 1, outerStride: 0, run: m, runStride: positionStride };

  const group = Math.max(1, Math.floor(blockBytes / (m * Float32Array.BYTES_PER_ELEMENT)));
  const byRow = s >= shortestRow && (layout === 'nchw' || single);

  const inner = layout === 'nchw' ? positions : 1;
  const period = shape.c * inner;
  const elements = m * shape.c;
  const columns = period * foldOf(period, inner, elements / period);
  return {
    byRow: byRow ? 1 : 0,
    n,
    c: shape.c,
    s,
    group,
    rows: byRow ? 0 : Math.floor(elements / columns),
    columns: byRow ? 0 : columns,
    rest: byRow ? 0 : elements % columns,
    period: byRow ? 0 : period,
    inner: byRow ? 0 : inner,
    ...channel,
  };
}

/** Whether four neighbouring columns are four channels, so that the column kernels can use what is kept of channels. */
export function columnsAreChannels({ columns, c }: Geometry): boolean {
  return columns === c && c % 4 === 0;
}

/** What one Job is of a problem: some of its channels, or of its rows. A thread does one after the other. */
export interface Share {
  /** Row problems: channels first…last−1. */
  readonly first: number;
  readonly last: number;
  /** Column problems: so many of all rows, from row `start` on, and what is left behind the last whole row. */
  readonly start: number;
  readonly rows: number;
  readonly allRows: number;
  readonly rest: number;
}

/** Elements that are worth a thread: fewer are done before another thread has woken. */
const leastShare = 16_384;

/** Row shares for each thread, where there are several: one that comes late finds something to do all the same. */
const sharesEach = 2;

/**
 * The shares of at most so many threads. Rows are shared by channel, so that no result depends on the number of
 * threads; columns by row, in fours, because that many are walked side by side.
 */
export function sharesOf(geometry: Geometry, elements: number, threads: number): readonly Share[] {
  const { byRow, c, rows, rest } = geometry;
  const units = byRow ? c : Math.floor(rows / 4);
  const most = byRow && threads > 1 ? threads * sharesEach : threads;
  const count = Math.max(1, Math.min(most, units, Math.floor(elements / leastShare)));
  const bounds = Array.from({ length: count + 1 }, (_, thread) => Math.floor((units * thread) / count));
  return bounds.slice(1).map((end, thread) => {
    const begin = bounds[thread]!;
    if (byRow) return { first: begin, last: end, start: 0, rows: 0, allRows: 0, rest: 0 };
    const isLast = thread === count - 1;
    const start = 4 * begin;
    const end4 = isLast ? rows : 4 * end;
    return { first: 0, last: 0, start, rows: end4 - start, allRows: rows, rest: isLast ? rest : 0 };
  });
}
