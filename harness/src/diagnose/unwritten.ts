import type { Cause } from './causes.ts';
import type { Suspicion } from './hypothesis.ts';
import { fullOutput, type Observation } from './observation.ts';
import { countWrong, sighting, tightest, wrongByChannel } from './sighting.ts';
import type { Pattern } from './subsets.ts';

/* Elements that nobody wrote: which they are tells why. */

/** Where the elements lie that were not written. */
export function unwritten(seen: Observation): readonly Suspicion[] {
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
  const overflow = [255, 256, 1024, 65_535, 65_536].includes(first);
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
