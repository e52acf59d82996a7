import type { TensorName } from '@normgauge/contract';
import type { Cause } from './causes.ts';
import type { Suspicion } from './hypothesis.ts';
import { elementsIn, fullOutput, type Observation } from './observation.ts';
import { type Pattern, patternsOf } from './subsets.ts';

/* What is wrong in the outputs, and where: what every trace is read from. */

/** A sighting that accounts for this share of what is wrong. */
export function sighting(cause: Cause, says: string, explained: number, weight: number): Suspicion {
  return { cause, says, explained, spoiled: 0, headroom: explained === 1 ? 1 : Number.POSITIVE_INFINITY, weight };
}

export function countWrong(seen: Observation, name: TensorName): number {
  return seen.mask[name]!.reduce((sum, is) => sum + is, 0);
}

/** The wrong elements of the full output, channel by channel, numbered sample by sample. */
export function wrongByChannel(seen: Observation): readonly (readonly number[])[] {
  const mask = seen.mask[fullOutput(seen)]!;
  return Array.from({ length: seen.problem.shape.c }, (_, c) => {
    const wrong: number[] = [];
    elementsIn(seen, c).forEach((i, k) => {
      if (mask[i] === 1) wrong.push(k);
    });
    return wrong;
  });
}

/** The smallest pattern that holds all wrong elements and few others. */
export function tightest(seen: Observation, byChannel: readonly (readonly number[])[]): Pattern | undefined {
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
