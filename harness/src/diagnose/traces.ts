import { outputsOf } from '@normgauge/contract';
import { cancellation, coarseRoot } from './cancellation.ts';
import { carriedOn } from './carriedOn.ts';
import type { Suspicion } from './hypothesis.ts';
import { moved } from './moved.ts';
import { notFinite } from './notFinite.ts';
import { fullOutput, type Observation } from './observation.ts';
import { sighting } from './sighting.ts';
import { unwritten } from './unwritten.ts';

/* What can be told from the outputs as they lie there, without recomputing anything. */

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
    ...carriedOn(seen),
  ];
}
