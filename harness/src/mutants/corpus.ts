import { affineMutants } from './affine.ts';
import { cheatingMutants } from './cheating.ts';
import { conventionMutants } from './conventions.ts';
import { gradientMutants } from './gradients.ts';
import { indexingMutants } from './indexing.ts';
import type { Mutant } from './mutant.ts';
import { numericMutants } from './numerics.ts';
import { runningMutants } from './running.ts';
import { sideEffectMutants } from './sideEffects.ts';
import { stateMutants } from './state.ts';
import { statisticsMutants } from './statistics.ts';
import { tilingMutants } from './tiling.ts';

export { correctVariants } from './correctVariants.ts';

/** Every wrong kernel of the corpus. */
export const mutants: readonly Mutant[] = [
  ...conventionMutants,
  ...runningMutants,
  ...affineMutants,
  ...statisticsMutants,
  ...gradientMutants,
  ...indexingMutants,
  ...tilingMutants,
  ...numericMutants,
  ...sideEffectMutants,
  ...stateMutants,
  ...cheatingMutants,
];

/** Mutants that `standard` cannot fail, and why. */
export const knownSurvivors: Readonly<Record<string, string>> = {
  'index-float32': 'differs above 2²⁴ elements only, which `standard` has no time for',
};
