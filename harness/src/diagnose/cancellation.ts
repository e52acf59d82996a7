import { outputsOf, type TensorName } from '@normgauge/contract';
import { u } from '../verify/facts.ts';
import type { Suspicion } from './hypothesis.ts';
import { elementsIn, type Observation } from './observation.ts';
import { countWrong, sighting } from './sighting.ts';

/* Digits that a formula loses: errors of the size, and in the places, that it has. */

/** Errors no larger than those of a formula that cancels, where it cancels. */
export function cancellation(seen: Observation): readonly Suspicion[] {
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
export function coarseRoot(seen: Observation): readonly Suspicion[] {
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
