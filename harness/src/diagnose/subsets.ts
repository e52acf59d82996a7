import { correct, type Indices, type Place } from '../stepwise/steps.ts';
import type { Cause } from './causes.ts';
import { type Hypothesis, suppose } from './hypothesis.ts';
import { elementsIn, type Observation } from './observation.ts';

/*
 * Which elements are missing from the sums, or in them twice? What a sum lacks is itself a sum: of the last k elements,
 * of the last j of every row, of every 64th. The sums of all such sets are made once, and those that equal what is
 * lacking, in every channel, are the suspects. Then the case is recomputed without them.
 */

/** A regular set of positions in a channel, its elements numbered sample by sample from 0. */
export interface Pattern {
  readonly has: (k: number) => boolean;
  /** `the last 3 of 315 elements`. */
  readonly says: string;
  readonly kind: 'tail' | 'stretch' | 'regular' | 'wrapped';
}

const widths = [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] as const;

/** Whether k elements are what is left over when `of` are cut into pieces of a usual size; then the smallest size. */
function remainder(k: number, of: number): number | undefined {
  return widths.find((width) => of % width === k);
}

/** A limit that comes from the width of an index. */
function isLimit(kept: number): boolean {
  return [255, 256, 32_767, 32_768, 65_535, 65_536, 2 ** 20, 2 ** 24].includes(kept);
}

function endOf(k: number, of: number, what: string): Pattern {
  const width = remainder(k, of);
  const why = width === undefined ? '' : ` (${of} mod ${width} = ${k})`;
  return {
    has: (i) => i % of >= of - k,
    says: `the last ${k} of the ${of} elements of every ${what}${why}`,
    kind: width === undefined ? (isLimit(of - k) ? 'wrapped' : 'stretch') : 'tail',
  };
}

/** Where a row is shorter than what a kernel takes at a time, all of it is a tail. */
function shorterThanVector(length: number, what: string): readonly Pattern[] {
  const width = widths.find((size) => size > length);
  if (width === undefined) return [];
  return [{ has: () => true, says: `all ${length} elements of every ${what}, fewer than ${width},`, kind: 'tail' }];
}

function startOf(k: number, of: number, what: string): Pattern {
  return { has: (i) => i % of < k, says: `the first ${k} of the ${of} elements of every ${what}`, kind: 'stretch' };
}

/** Lengths that a channel is made of: itself, a sample's part, a row. */
function lengthsOf({ problem: { shape }, m }: Observation): readonly (readonly [number, string])[] {
  const positions = shape.spatial.reduce((a, b) => a * b, 1);
  const width = shape.spatial.at(-1) ?? 1;
  const plane = shape.spatial.slice(-2).reduce((a, b) => a * b, 1);
  const rows = [
    [m, 'channel'],
    [positions, 'sample'],
    [plane, 'plane'],
    [width, 'row'],
  ] as const;
  return rows.filter(([length], k) => length > 1 && rows.findIndex(([earlier]) => earlier === length) === k);
}

const strides = [2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096] as const;

/** Every regular set worth looking for. */
export function patternsOf(seen: Observation): readonly Pattern[] {
  const { m } = seen;
  const ends = lengthsOf(seen).flatMap(([length, what]) => [
    ...Array.from({ length: length - 1 }, (_, k) => endOf(k + 1, length, what)),
    ...shorterThanVector(length, what),
  ]);
  const starts = lengthsOf(seen).flatMap(([length, what]) =>
    Array.from({ length: Math.min(length - 1, 4096) }, (_, k) => startOf(k + 1, length, what)),
  );
  const regular = strides
    .filter((stride) => stride < m)
    .flatMap((stride): readonly Pattern[] => [
      ...[...new Set([0, 1, stride >> 1, stride - 1])].map(
        (rest): Pattern => ({
          has: (k) => k % stride === rest,
          says: `every ${stride}th element, from number ${rest} on`,
          kind: 'regular',
        }),
      ),
      {
        has: (k) => k > 0 && k % stride === 0,
        says: `the first element of every further block of ${stride}`,
        kind: 'regular',
      },
      {
        has: (k) => k % stride !== 0,
        says: `all but every ${stride}th element`,
        kind: 'regular',
      },
    ]);
  const blocks = widths
    .filter((size) => size >= 16 && size < m)
    .flatMap((size) => {
      const last = Math.ceil(m / size) - 1;
      return [0, 1, last - 1, last]
        .filter((block, k, all) => block >= 0 && all.indexOf(block) === k)
        .map(
          (block): Pattern => ({
            has: (k) => Math.floor(k / size) === block,
            says: `block ${block} of ${last + 1} blocks of ${size} elements`,
            kind: 'regular',
          }),
        );
    });
  return [...ends, ...starts, ...regular, ...blocks, ...overlapsOf(seen)];
}

/** What is taken twice when the last vector of a row is moved back to end with it. */
function overlapsOf(seen: Observation): readonly Pattern[] {
  return lengthsOf(seen).flatMap(([length, what]) =>
    widths
      .filter((size) => size < length && length % size !== 0)
      .map(
        (size): Pattern => ({
          has: (k) => k % length >= length - size && k % length < length - (length % size),
          says: `where the last vector of ${size} of every ${what} overlaps the one before it`,
          kind: 'regular',
        }),
      ),
  );
}

/** What is summed, channel by channel, and what came of it. */
interface Reading {
  readonly values: readonly Float64Array[];
  /** Sum that came − sum that should have come. */
  readonly surplus: readonly number[];
  readonly allowed: readonly number[];
}

/** The sum that is known best: of x from the mean that came, of dy from dBeta. */
function readingOf(seen: Observation): Reading | undefined {
  const { problem, got, expected, allowed, inputs, m } = seen;
  const [source, came, factor] =
    problem.op === 'forward-training' ? (['x', 'mean', m] as const) : (['dy', 'dBeta', 1] as const);
  if (!got[came] || !inputs[source]) return undefined;
  const channels = Array.from({ length: problem.shape.c }, (_, c) => c);
  const values = channels.map((c) => Float64Array.from(elementsIn(seen, c), (i) => inputs[source]![i]!));
  return {
    values,
    surplus: channels.map((c) => factor * (got[came]![c]! - expected[came]![c]!)),
    allowed: channels.map((c) => factor * (2 * allowed[came]![c]! + 2 ** -22 * Math.abs(got[came]![c]!))),
  };
}

/** Whether the sum over the pattern, times sign, is the surplus in every channel. */
function matches({ values, surplus, allowed }: Reading, has: Pattern['has'], sign: 1 | -1): boolean {
  return values.every((row, c) => {
    if (!Number.isFinite(surplus[c]!)) return false;
    let sum = 0;
    for (let k = 0; k < row.length; k++) if (has(k)) sum += row[k]!;
    return Math.abs(sign * sum - surplus[c]!) <= allowed[c]!;
  });
}

/** As `matches`, where the sum was divided by the number of the elements that are left. */
function matchesCounted(seen: Observation, { values, allowed }: Reading, has: Pattern['has']): boolean {
  const mean = seen.got.mean;
  if (!mean) return false;
  return values.every((row, c) => {
    let sum = 0;
    let count = 0;
    for (let k = 0; k < row.length; k++) {
      if (has(k)) continue;
      sum += row[k]!;
      count++;
    }
    return count > 0 && Math.abs(sum / count - mean[c]!) <= allowed[c]! / row.length;
  });
}

const sample: Cause = 'statistics of a sample of the elements';

/** What a missing pattern may be called; a tail is one more stretch of elements, if no other case speaks for vectors. */
function causesOf(kind: Pattern['kind']): readonly (readonly [Cause, number])[] {
  const stretch = ['elements left out of the sums', 1.35] as const;
  switch (kind) {
    case 'tail':
      return [['tail left out of the sums', 1.2], stretch];
    case 'wrapped':
      return [['index overflows', 1.2], stretch];
    default:
      return [stretch];
  }
}

function without(has: Pattern['has']): (elements: Indices, place: Place) => Indices {
  return (elements) => elements.filter((_, k) => !has(k));
}

function twice(has: Pattern['has']): (elements: Indices, place: Place) => Indices {
  return (elements) => Uint32Array.from([...elements, ...elements.filter((_, k) => has(k))]);
}

/** Patterns that a case is searched for; a channel of more elements has too many. */
const searchable = 6_000;
/** Suspects that are recomputed, the first that match. */
const most = 24;

export function ofSubsets(seen: Observation): readonly Hypothesis[] {
  const reading = readingOf(seen);
  const patterns = seen.m <= searchable ? patternsOf(seen) : coarse(seen);
  const squares = ofSquares(seen, patterns);
  const affected = reading?.surplus.map((surplus, c) => !(Math.abs(surplus) <= reading.allowed[c]!)) ?? [];
  if (!reading || !affected.some(Boolean)) return squares;
  const everywhere = patterns.flatMap((pattern) => accounting(seen, reading, pattern));
  const found =
    everywhere.length > 0 || affected.every(Boolean) ? everywhere : inSomeChannels(reading, patterns, affected);
  return [...found.slice(0, most), ...repeated(seen), ...ofChannelTails(seen), ...squares];
}

/** The ways in which a pattern accounts for the sums that came. */
function accounting(seen: Observation, reading: Reading, { has, says, kind }: Pattern): readonly Hypothesis[] {
  const counted = kind === 'regular' ? ([[sample, 1.3]] as const) : causesOf(kind);
  return [
    ...(matches(reading, has, -1)
      ? causesOf(kind).map(([cause, weight]) =>
          suppose(cause, `left out of the sums: ${says}`, { summed: without(has) }, weight),
        )
      : []),
    ...(matches(reading, has, 1)
      ? [suppose('elements counted twice', `summed twice: ${says}`, { summed: twice(has) }, 1.3)]
      : []),
    ...(matchesCounted(seen, reading, has)
      ? counted.map(([cause, weight]) =>
          suppose(
            cause,
            `neither summed nor counted: ${says}`,
            { summed: without(has), count: (_, n) => n },
            weight + 0.1,
          ),
        )
      : []),
  ];
}

/** A path that only some channels take: those whose sums are right are left alone. */
function inSomeChannels(
  { values, surplus, allowed }: Reading,
  patterns: readonly Pattern[],
  affected: readonly boolean[],
): readonly Hypothesis[] {
  const some = values.flatMap((_, c) => (affected[c] ? [c] : []));
  const pick = <T>(row: readonly T[]): readonly T[] => some.map((c) => row[c]!);
  const reading: Reading = { values: pick(values), surplus: pick(surplus), allowed: pick(allowed) };
  const where = `in channels ${some.slice(0, 8).join(', ')}${some.length > 8 ? ', …' : ''} of ${values.length}`;
  return patterns
    .filter(({ has }) => matches(reading, has, -1))
    .flatMap(({ has, says, kind }) =>
      causesOf(kind).map(([cause, weight]) =>
        suppose(
          cause,
          `left out of the sums ${where}: ${says}`,
          { summed: (elements, place) => (affected[place.c] ? without(has)(elements, place) : elements) },
          weight + 0.5,
        ),
      ),
    );
}

/** Of long channels: limits of indices, pieces of vectors and blocks. */
function coarse(seen: Observation): readonly Pattern[] {
  const { m } = seen;
  const tails = lengthsOf(seen).flatMap(([length, what]) =>
    [...widths, 2048, 4096]
      .map((width) => length % width)
      .filter((rest, k, all) => rest > 0 && all.indexOf(rest) === k)
      .map((rest) => endOf(rest, length, what)),
  );
  const limits = [255, 256, 1024, 4096, 16_384, 32_767, 32_768, 65_535, 65_536, 2 ** 20]
    .filter((limit) => limit < m)
    .map((limit) => endOf(m - limit, m, 'channel'));
  const regular = [2, 3, 4, 8, 16, 64, 256].flatMap((stride): readonly Pattern[] => [
    { has: (k) => k % stride === stride - 1, says: `the last of every ${stride} elements`, kind: 'regular' },
    { has: (k) => k % stride !== 0, says: `all but every ${stride}th element`, kind: 'regular' },
    { has: (k) => k > 0 && k % stride === 0, says: `the first of every further block of ${stride}`, kind: 'regular' },
  ]);
  const ends = lengthsOf(seen).flatMap(([length, what]) => [endOf(1, length, what), startOf(1, length, what)]);
  return [...tails, ...limits, ...regular, ...ends];
}

/** Channels that no vector of them is filled with. */
function ofChannelTails({ problem: { shape } }: Observation): readonly Hypothesis[] {
  return [2, 4, 8, 16, 32, 64, 128, 256]
    .filter((size) => shape.c % size !== 0)
    .map((size) => {
      const rest = shape.c % size;
      const says = `the last ${rest} of ${shape.c} channels (${shape.c} mod ${size}) are left out of the sums`;
      const steps = {
        summed: (elements: Indices, { c, problem }: Place) =>
          c < problem.shape.c - rest ? elements : elements.subarray(0, 0),
      };
      return suppose('tail left out of the sums', says, steps, 1.25);
    });
}

/** The last element once more for every lane beyond the end. */
function repeated({ m }: Observation): readonly Hypothesis[] {
  return [4, 8, 16, 64]
    .filter((width) => m % width !== 0)
    .map((width) =>
      suppose('elements counted twice', `lanes of ${width} beyond the end repeat the last element in the sums`, {
        summed: (elements) =>
          Uint32Array.from([...elements, ...Array.from({ length: width - (m % width) }, () => elements.at(-1)!)]),
      }),
    );
}

/** The mean is right and the variance is not: elements missing from, or padding in, the second pass alone. */
function ofSquares(seen: Observation, patterns: readonly Pattern[]): readonly Hypothesis[] {
  const { problem, mask, m, got, expected, inputs, allowed } = seen;
  if (problem.op !== 'forward-training' || mask.mean!.some((wrong) => wrong === 1)) return [];
  const statisticsWith = (extra: (x: Float64Array, mean: number) => number) => ({
    statistics(x: Float64Array, count: number, place: Place) {
      const { mean, squares } = correct.statistics(x, count, place);
      return { mean, squares: squares + extra(x, mean) };
    },
  });
  const padded = widths
    .filter((size) => m % size !== 0)
    .map((size) =>
      suppose(
        'padding taken for data',
        `zeros that fill up to a multiple of ${size} enter Σ(x−μ)²`,
        statisticsWith((x, mean) => (size - (x.length % size)) * mean ** 2),
      ),
    );
  const { eps, epsPlacement, normalizeDivisor } = problem.convention;
  const divisor = correct.divisor(normalizeDivisor, m, problem.convention, 'normalise');
  const squaresOf = (invStd: number): number =>
    divisor * (epsPlacement === 'inside-sqrt' ? 1 / invStd ** 2 - eps : (1 / invStd - eps) ** 2);
  const channels = Array.from({ length: problem.shape.c }, (_, c) => c);
  const reading: Reading = {
    values: channels.map((c) =>
      Float64Array.from(elementsIn(seen, c), (i) => (inputs.x![i]! - expected.mean![c]!) ** 2),
    ),
    surplus: channels.map((c) => squaresOf(got.invStd![c]!) - squaresOf(expected.invStd![c]!)),
    allowed: channels.map((c) => {
      const relative = (allowed.invStd![c]! / expected.invStd![c]!) * 4 + 2 ** -21;
      return relative * divisor * (1 / expected.invStd![c]! ** 2);
    }),
  };
  if (reading.surplus.every((surplus, c) => Math.abs(surplus) <= reading.allowed[c]!)) return [];
  const missing = patterns
    .filter(({ has }) => matches(reading, has, -1))
    .slice(0, most)
    .flatMap(({ has, says, kind }) =>
      causesOf(kind).map(([cause, weight]) =>
        suppose(
          cause,
          `left out of Σ(x−μ)², though not of the mean: ${says}`,
          statisticsWith((x, mean) => -x.reduce((sum, value, k) => (has(k) ? sum + (value - mean) ** 2 : sum), 0)),
          weight + 0.2,
        ),
      ),
    );
  return [...padded, ...missing];
}
