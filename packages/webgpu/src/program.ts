import type { Problem } from '@normgauge/contract';
import type { Geometry } from './geometry.ts';
import type { Kernel } from './kernel.ts';
import { gradientSumsOfChannels, gradientSumsOfPartials, gradientSumsOfParts } from './kernels/gradientSums.ts';
import { frozenInputGradient, inputGradient } from './kernels/inputGradient.ts';
import { normaliseWithCoefficients, normaliseWithRunning } from './kernels/normalise.ts';
import { statisticsOfChannels, statisticsOfPartials, statisticsOfParts } from './kernels/statistics.ts';
import { walkOf } from './kernels/walks.ts';

/** One dispatch: a kernel and how many workgroups of it. */
export interface Step {
  readonly kernel: Kernel;
  readonly groups: number;
}

/**
 * The dispatches that solve a problem, in order; each sees what those before it wrote. At most three. A tensor is bound as loads
 * of four where the geometry allows it, save where partial sums are put together: a thread has one channel there.
 *
 * | op | channels that one workgroup takes | longer ones |
 * |---|---|---|
 * | forward-training | statistics, normalise | parts, partials, normalise |
 * | inference | normalise | the same |
 * | backward | sums, dx | parts, partials, dx |
 * | backward-frozen | sums with dx | parts with dx, partials |
 * | … without gamma | dx | the same |
 */
export function stepsOf(problem: Problem, geometry: Geometry, subgroups: boolean): readonly Step[] {
  const { dtype } = problem;
  const walk = walkOf(geometry, { load: geometry.load, subgroups, dtype });
  const single = walkOf(geometry, { load: 'f32', subgroups, dtype });
  const whole = geometry.reduce.parts === 1;
  const reduceGroups = geometry.tiles * geometry.reduce.parts;
  const map = (kernel: Kernel): Step => ({ kernel, groups: geometry.tiles * geometry.map.parts });
  const reduce = (channels: () => Kernel, parts: () => Kernel, partials: () => Kernel): readonly Step[] =>
    whole
      ? [{ kernel: channels(), groups: reduceGroups }]
      : [
          { kernel: parts(), groups: reduceGroups },
          { kernel: partials(), groups: Math.ceil(geometry.c / geometry.finishTile) },
        ];
  const gradientSums = (op: 'backward' | 'backward-frozen'): readonly Step[] =>
    reduce(
      () => gradientSumsOfChannels(op, walk),
      () => gradientSumsOfParts(op, walk),
      () => gradientSumsOfPartials(op, single),
    );
  switch (problem.op) {
    case 'forward-training':
      return [
        ...reduce(
          () => statisticsOfChannels(walk),
          () => statisticsOfParts(walk),
          () => statisticsOfPartials(single),
        ),
        map(normaliseWithCoefficients(walk)),
      ];
    case 'inference':
      return [map(normaliseWithRunning(walk))];
    case 'backward':
      return [...gradientSums(problem.op), map(inputGradient(walk))];
    case 'backward-frozen':
      return problem.affine ? gradientSums(problem.op) : [map(frozenInputGradient(walk))];
  }
}
