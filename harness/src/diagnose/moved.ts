import { positionsOf } from '@normgauge/contract';
import type { Cause } from './causes.ts';
import type { Suspicion } from './hypothesis.ts';
import { fullOutput, type Observation } from './observation.ts';
import { countWrong, sighting } from './sighting.ts';

/** The right values in the wrong places. */
export function moved(seen: Observation): readonly Suspicion[] {
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
