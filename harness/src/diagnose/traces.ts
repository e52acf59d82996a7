import { outputsOf, positionsOf, type TensorName } from '@normgauge/contract';
import { u } from '../verify/facts.ts';
import type { Cause } from './causes.ts';
import type { Suspicion } from './hypothesis.ts';
import { elementsIn, fullOutput, type Observation } from './observation.ts';
import { type Pattern, patternsOf } from './subsets.ts';

/* What can be told from the outputs as they lie there, without recomputing anything. */

/** A sighting that accounts for this share of what is wrong. */
function sighting(cause: Cause, says: string, explained: number, weight: number): Suspicion {
  return { cause, says, explained, spoiled: 0, headroom: explained === 1 ? 1 : Number.POSITIVE_INFINITY, weight };
}

/** The wrong elements of the full output, channel by channel, numbered sample by sample. */
function wrongByChannel(seen: Observation): readonly (readonly number[])[] {
  const mask = seen.mask[fullOutput(seen)]!;
  return Array.from({ length: seen.problem.shape.c }, (_, c) => {
    const wrong: number[] = [];
    elementsIn(seen, c).forEach((i, k) => {
      if (mask[i] === 1) wrong.push(k);
    });
    return wrong;
  });
}

function countWrong(seen: Observation, name: TensorName): number {
  return seen.mask[name]!.reduce((sum, is) => sum + is, 0);
}

/** How the values look that were not computed. */
function blankness(seen: Observation): string | undefined {
  const name = fullOutput(seen);
  const got = seen.got[name]!;
  if (!seen.inputs.x!.every(Number.isFinite)) return undefined;
  const wrong = [...seen.mask[name]!.keys()].filter((k) => seen.mask[name]![k] === 1);
  if (wrong.length === 0) return undefined;
  if (wrong.every((k) => seen.unwritten[name]!(k))) return 'never written';
  if (wrong.every((k) => got[k] === 0 || seen.unwritten[name]!(k))) return 'left at 0';
  const first = got[wrong[0]!]!;
  if (wrong.length > 2 && wrong.every((k) => Object.is(got[k], first))) return `left at ${first}`;
  return undefined;
}

/** Where the elements lie that were not written. */
function unwritten(seen: Observation): readonly Suspicion[] {
  const name = fullOutput(seen);
  const blank = blankness(seen);
  if (blank === undefined || countWrong(seen, name) !== seen.wrong) return [];
  const byChannel = wrongByChannel(seen);
  const touched = byChannel.flatMap((wrong, c) => (wrong.length > 0 ? [c] : []));
  const { c: channels } = seen.problem.shape;
  const wholly = touched.every((c) => byChannel[c]!.length > 0.9 * seen.m);
  if (wholly && touched.length < channels) return [channelsUnwritten(seen, name, blank, touched)];
  if (wholly) {
    return [
      sighting('only part is computed', `every element of ${name} is ${blank}`, 1, 1.5),
      sighting(
        'tail not written',
        `every element of ${name} is ${blank}: ${sizesOf(seen)} may be fewer than a vector`,
        1,
        1.6,
      ),
      sighting('elements not written', `every element of ${name} is ${blank}`, 1, 1.7),
    ];
  }
  const pattern = tightest(seen, byChannel);
  return [
    ...flatEnd(seen, name, blank),
    ...(pattern
      ? namesOf(pattern.kind).map(([cause, weight]) =>
          sighting(cause, `${pattern.says}: ${blank} in ${name}`, 1, weight),
        )
      : []),
    sighting('elements not written', `${seen.wrong} elements of ${name} are ${blank}`, 1, 3),
  ];
}

/** What an unwritten pattern may be called; a tail is one more stretch of elements, if no other case speaks for vectors. */
function namesOf(kind: Pattern['kind']): readonly (readonly [Cause, number])[] {
  const stretch = ['elements not written', 1.35] as const;
  switch (kind) {
    case 'tail':
      return [['tail not written', 1.2], stretch];
    case 'wrapped':
      return [['index overflows', 1.2], stretch];
    default:
      return [stretch];
  }
}

/** `positions 35, m 105`. */
function sizesOf({ problem: { shape }, m }: Observation): string {
  return `rows of ${shape.spatial.at(-1) ?? 1}, ${shape.c} channels and ${m} elements per channel`;
}

function channelsUnwritten(seen: Observation, name: string, blank: string, touched: readonly number[]): Suspicion {
  const numbers = touched.map((c) => seen.channels[c]!);
  const first = numbers[0]!;
  const kept = first;
  const overflow = [255, 256, 1024, 65_535, 65_536].includes(kept);
  const says =
    numbers.length === 1
      ? `channel ${first} of ${name} is ${blank}`
      : `${numbers.length} channels of ${name}, from ${first} on, are ${blank}`;
  return sighting(overflow ? 'index overflows' : 'elements not written', says, 1, 1.2);
}

/** The end of the whole tensor as it lies in memory. */
function flatEnd(seen: Observation, name: 'y' | 'dx', blank: string): readonly Suspicion[] {
  const mask = seen.mask[name]!;
  const first = mask.indexOf(1);
  const length = mask.length - first;
  const wrong = countWrong(seen, name);
  if (length > 64 || wrong < 0.8 * length || length >= seen.m) return [];
  const says = `the last ${length} of the ${mask.length} elements of ${name} are ${blank}`;
  const width = [2, 4, 8, 16, 32, 64].find((size) => mask.length % size === length);
  return [
    ...(width === undefined ? [] : [sighting('tail not written', says, 1, 1.1)]),
    sighting('elements not written', says, 1, 1.3),
  ];
}

/** The smallest pattern that holds all wrong elements and few others. */
function tightest(seen: Observation, byChannel: readonly (readonly number[])[]): Pattern | undefined {
  const present = byChannel.filter((wrong) => wrong.length > 0);
  const wrong = present.reduce((sum, row) => sum + row.length, 0);
  let best: { pattern: Pattern; size: number } | undefined;
  for (const pattern of patternsOf(seen)) {
    if (!present.every((row) => row.every(pattern.has))) continue;
    let size = 0;
    for (let k = 0; k < seen.m; k++) if (pattern.has(k)) size++;
    const all = size * present.length;
    if (wrong < 0.75 * all) continue;
    if (!best || size < best.size || (size === best.size && pattern.kind === 'tail' && best.pattern.kind !== 'tail')) {
      best = { pattern, size };
    }
  }
  return best?.pattern;
}

/**
 * Where in y or dx the errors sit, in words: some channels, or the same places of every channel. Undefined where they sit
 * everywhere or nowhere in particular.
 */
export function whereWrong(seen: Observation): string | undefined {
  const byChannel = wrongByChannel(seen);
  const touched = byChannel.flatMap((wrong, c) => (wrong.length > 0 ? [seen.channels[c]!] : []));
  const wholly = byChannel.every((wrong) => wrong.length === 0 || wrong.length > 0.9 * seen.m);
  if (touched.length === 0) return undefined;
  if (wholly) {
    const shown = touched.slice(0, 8).join(', ');
    return touched.length === byChannel.length
      ? undefined
      : `in channels ${shown}${touched.length > 8 ? ', …' : ''} of ${seen.problem.shape.c}`;
  }
  const pattern = tightest(seen, byChannel);
  return pattern && `in ${pattern.says}`;
}

/** The right values in the wrong places. */
function moved(seen: Observation): readonly Suspicion[] {
  const name = fullOutput(seen);
  const wrong = countWrong(seen, name);
  if (wrong < 4 || wrong > 20_000) return [];
  const expected = seen.expected[name]!;
  const order = Uint32Array.from(expected, (_, k) => k).sort((a, b) => expected[a]! - expected[b]!);
  const sorted = Float64Array.from(order, (k) => expected[k]!);
  const { shape, layout } = seen.problem;
  const positions = positionsOf(shape);
  const channelOf = (i: number): number => (layout === 'nhwc' ? i % shape.c : Math.floor(i / positions) % shape.c);
  let found = 0;
  let sameChannel = 0;
  let sameSampleAndPosition = 0;
  for (let i = 0; i < expected.length; i++) {
    if (seen.mask[name]![i] !== 1) continue;
    const at = nearest(sorted, seen.got[name]![i]!);
    const source = order[at]!;
    if (!(Math.abs(sorted[at]! - seen.got[name]![i]!) <= 2 * (seen.allowed[name]![source] ?? 0))) continue;
    found++;
    if (channelOf(source) === channelOf(i)) sameChannel++;
    else if (whereWithin(source, layout, shape.c, positions) === whereWithin(i, layout, shape.c, positions))
      sameSampleAndPosition++;
  }
  if (found < 0.95 * wrong) return [];
  const cause: Cause =
    sameChannel > 0.9 * found
      ? 'positions permuted'
      : sameSampleAndPosition > 0.9 * found
        ? 'channels permuted'
        : 'layout confused';
  return [sighting(cause, `the wrong elements of ${name} are right values in other places`, wrong / seen.wrong, 3)];
}

function whereWithin(i: number, layout: string, channels: number, positions: number): number {
  return layout === 'nhwc'
    ? Math.floor(i / channels)
    : Math.floor(i / (channels * positions)) * positions + (i % positions);
}

function nearest(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low > 0 && Math.abs(sorted[low - 1]! - value) < Math.abs(sorted[low]! - value) ? low - 1 : low;
}

/** NaN and infinity where they do not belong, or not where they do. */
function notFinite(seen: Observation): readonly Suspicion[] {
  const { inputs, expected, got, mask, problem, wrong } = seen;
  const channels = problem.shape.c;
  const x = inputs.x!;
  const ill = Array.from({ length: channels }, (_, c) => elementsIn(seen, c).some((i) => !Number.isFinite(x[i]!)));
  const largest = x.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0);
  let swallowed = 0;
  let spread = 0;
  let overflown = 0;
  for (const { name, extent } of outputsOf(problem)) {
    got[name]!.forEach((value, i) => {
      if (mask[name]![i] !== 1) return;
      const target = expected[name]![i]!;
      if (!Number.isFinite(target) && Number.isFinite(value)) swallowed++;
      if (Number.isFinite(target) && !Number.isFinite(value) && !seen.unwritten[name]!(i)) {
        if (ill.some(Boolean) && (extent === 'scalar' || !ill[channelAt(seen, extent, i)])) spread++;
        else overflown++;
      }
      if (Number.isFinite(target) && target !== 0 && value === 0 && largest > 1e18) overflown++;
    });
  }
  return [
    ...(swallowed > 0
      ? [
          sighting(
            'NaN or infinity swallowed',
            `${swallowed} elements that should be NaN or infinite are finite`,
            swallowed / wrong,
            3,
          ),
        ]
      : []),
    ...(spread > 0
      ? [
          sighting(
            'NaN spread to other channels',
            `${spread} elements of channels without NaN or infinity are NaN or infinite`,
            spread / wrong,
            0.9,
          ),
        ]
      : []),
    ...(overflown > 0 && largest > 1e15
      ? [
          sighting(
            'squares overflow',
            `${overflown} elements are 0, infinite or NaN where x reaches ${largest.toPrecision(3)}, whose square float32 cannot hold`,
            overflown / wrong,
            2,
          ),
        ]
      : []),
  ];
}

function channelAt({ problem: { shape, layout } }: Observation, extent: string, i: number): number {
  if (extent !== 'full') return i;
  return layout === 'nhwc' ? i % shape.c : Math.floor(i / positionsOf(shape)) % shape.c;
}

/** Share of the wrong elements that are within these other limits. */
function within(seen: Observation, limit: (name: TensorName, i: number) => number): number {
  let inside = 0;
  for (const { name } of outputsOf(seen.problem)) {
    seen.mask[name]!.forEach((is, i) => {
      if (is === 1 && Math.abs(seen.got[name]![i]! - seen.expected[name]![i]!) <= limit(name, i)) inside++;
    });
  }
  return inside / seen.wrong;
}

/** Errors no larger than those of a formula that cancels, where it cancels. */
function cancellation(seen: Observation): readonly Suspicion[] {
  const { problem, inputs, expected, mask, got, m } = seen;
  const rows: Suspicion[] = [];
  if (problem.op === 'forward-training') {
    const meanIsRight = mask.mean!.every((is) => is === 0);
    const onePass = Object.fromEntries(outputsOf(problem).map(({ name }) => [name, seen.onePass(name)]));
    const share = within(seen, (name, i) => 4 * onePass[name]![i]!);
    const lost = lostChannels(seen);
    if (meanIsRight && share > 0.8) {
      rows.push(
        sighting(
          'one-pass cancellation',
          'the variance is off by no more than mean(x²) − mean² loses in float32, and the mean is right',
          share === 1 ? 1 : 0.99,
          3,
        ),
      );
    } else if (meanIsRight && lost > 0) {
      rows.push(
        sighting(
          'one-pass cancellation',
          'the variance of channels whose mean is large beside their spread is lost, as by mean(x²) − mean²',
          0.95,
          3.2,
        ),
      );
    }
    if (!meanIsRight) {
      const loose = [...got.mean!].every((value, c) => {
        const meanAbs = elementsIn(seen, c).reduce((sum, i) => sum + Math.abs(inputs.x![i]!), 0) / m;
        return Math.abs(value - expected.mean![c]!) <= 2 * m * u * meanAbs;
      });
      if (loose && share < 1)
        rows.push(
          sighting(
            'float32 sum loses elements',
            'the mean is off by no more than a single float32 accumulator may lose',
            0.9,
            4,
          ),
        );
    }
  }
  if (problem.op === 'forward-training' || problem.op === 'inference') {
    const share = foldedShare(seen);
    if (share > 0.9)
      rows.push(
        sighting(
          'folded affine cancels',
          'y is off by no more than a·x + b loses in float32, and the statistics are right',
          share,
          2.5,
        ),
      );
  }
  if (problem.op === 'backward' || problem.op === 'backward-frozen') {
    const share = uncentredShare(seen);
    if (share > 0.9)
      rows.push(
        sighting('one-pass cancellation', 'dGamma is off by no more than Σdy·x − μ·Σdy loses in float32', share, 3),
      );
  }
  return rows;
}

/** Channels whose invStd came out NaN, infinite or far off though the mean is large beside the spread. */
function lostChannels({ expected, got, mask }: Observation): number {
  return [...mask.invStd!].filter((is, c) => {
    const ratio = Math.abs(expected.mean![c]! * expected.invStd![c]!);
    return is === 1 && ratio > 30 && (!Number.isFinite(got.invStd![c]!) || got.invStd![c] !== expected.invStd![c]);
  }).length;
}

function moments({ inputs, expected, problem }: Observation, c: number): { mean: number; invStd: number } {
  if (problem.op === 'forward-training') return { mean: expected.mean![c]!, invStd: expected.invStd![c]! };
  if (problem.op === 'backward') return { mean: inputs.mean![c]!, invStd: inputs.invStd![c]! };
  const { eps, epsPlacement } = problem.convention;
  const variance = inputs.runningVar![c]!;
  return {
    mean: inputs.runningMean![c]!,
    invStd: epsPlacement === 'inside-sqrt' ? 1 / Math.sqrt(variance + eps) : 1 / (Math.sqrt(variance) + eps),
  };
}

function foldedShare(seen: Observation): number {
  const { problem, inputs, mask } = seen;
  if (countWrong(seen, 'y') !== seen.wrong) return 0;
  let inside = 0;
  for (let c = 0; c < problem.shape.c; c++) {
    const { mean, invStd } = moments(seen, c);
    const a = Math.abs((inputs.gamma?.[c] ?? 1) * invStd);
    const beta = Math.abs(inputs.beta?.[c] ?? 0);
    for (const i of elementsIn(seen, c)) {
      if (mask.y![i] !== 1) continue;
      const limit = 6 * u * (a * Math.abs(inputs.x![i]!) + a * Math.abs(mean) + beta) + seen.allowed.y![i]!;
      if (Math.abs(seen.got.y![i]! - seen.expected.y![i]!) <= limit) inside++;
    }
  }
  return inside / seen.wrong;
}

function uncentredShare(seen: Observation): number {
  const { problem, inputs, mask, got, expected, m } = seen;
  if (!got.dGamma || countWrong(seen, 'dGamma') === 0) return 0;
  let inside = 0;
  let all = 0;
  for (let c = 0; c < problem.shape.c; c++) {
    if (mask.dGamma![c] !== 1) continue;
    all++;
    const { mean, invStd } = moments(seen, c);
    const absolute = elementsIn(seen, c).reduce((sum, i) => sum + Math.abs(inputs.dy![i]! * inputs.x![i]!), 0);
    const limit = Math.sqrt(m) * 4 * u * invStd * absolute;
    if (Math.abs(mean * invStd) > 10 && Math.abs(got.dGamma[c]! - expected.dGamma![c]!) <= limit) inside++;
  }
  return all === 0 ? 0 : inside / all;
}

/** Relative errors of invStd that are small, and differ from channel to channel. */
function coarseRoot(seen: Observation): readonly Suspicion[] {
  const { problem, expected, got, mask } = seen;
  if (problem.op !== 'forward-training' || mask.mean!.some((is) => is === 1)) return [];
  const errors = [...got.invStd!].map((value, c) => Math.abs(value / expected.invStd![c]! - 1));
  if (!mask.invStd!.some((is) => is === 1) || !errors.every((error) => error < 4e-3)) return [];
  const worst = Math.max(...errors);
  return [
    sighting(
      'inverse root too coarse',
      `invStd is off by up to ${worst.toPrecision(2)} of itself, by another part in every channel; the mean is right`,
      0.9,
      4,
    ),
  ];
}

/** Outputs that are an input, or nothing. */
function nothingDone(seen: Observation): readonly Suspicion[] {
  const { got, inputs, problem } = seen;
  const name = fullOutput(seen);
  const source = name === 'y' ? inputs.x! : inputs.dy!;
  const same = got[name]!.every((value, i) => Object.is(value, source[i]));
  if (!inputs.x!.every(Number.isFinite)) return [];
  const outputs = outputsOf(problem).map((slot) => got[slot.name]!);
  const rows: Suspicion[] = [];
  if (same) rows.push(sighting('only part is computed', `${name} is ${name === 'y' ? 'x' : 'dy'}, unchanged`, 1, 1));
  if (outputs.every((tensor) => tensor.every((value) => value === 0))) {
    rows.push(sighting('only part is computed', 'every output is 0', 1, 1.4));
  }
  if (outputs.every((tensor) => tensor.every(Number.isNaN))) {
    rows.push(sighting('only part is computed', 'every output is NaN', 1, 0.5));
  }
  return rows;
}

/** Elements that came out twice as large. */
function doubled(seen: Observation): readonly Suspicion[] {
  const name = fullOutput(seen);
  const wrong = [...seen.mask[name]!.keys()].filter((k) => seen.mask[name]![k] === 1);
  if (wrong.length < 2 || wrong.length > 0.5 * seen.got[name]!.length) return [];
  const twice = wrong.every(
    (k) => Math.abs(seen.got[name]![k]! - 2 * seen.expected[name]![k]!) <= 4 * seen.allowed[name]![k]!,
  );
  return twice
    ? [
        sighting(
          'elements counted twice',
          `${wrong.length} elements of ${name} are twice what they should be: written by adding, two times`,
          wrong.length / seen.wrong,
          1.2,
        ),
      ]
    : [];
}

export function tracesIn(seen: Observation): readonly Suspicion[] {
  if (seen.wrong === 0) return [];
  return [
    ...nothingDone(seen),
    ...unwritten(seen),
    ...doubled(seen),
    ...notFinite(seen),
    ...moved(seen),
    ...cancellation(seen),
    ...coarseRoot(seen),
  ];
}
