import { outputsOf, positionsOf } from '@normgauge/contract';
import type { Suspicion } from './hypothesis.ts';
import { elementsIn, type Observation } from './observation.ts';
import { sighting } from './sighting.ts';

/** NaN and infinity where they do not belong, or not where they do. */
export function notFinite(seen: Observation): readonly Suspicion[] {
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
