import type { Mutant, Variant } from './mutant.ts';
import { conductVariants } from './right/conduct.ts';
import { elementwiseVariants } from './right/elementwise.ts';
import { halfVariants } from './right/halves.ts';
import { statisticsVariants } from './right/statistics.ts';
import { sumVariants } from './right/sums.ts';
import { affineMutants } from './wrong/affine.ts';
import { cheatingMutants } from './wrong/cheating.ts';
import { divisorMutants } from './wrong/divisors.ts';
import { epsilonMutants } from './wrong/epsilons.ts';
import { formatMutants } from './wrong/formats.ts';
import { gradientMutants } from './wrong/gradients.ts';
import { halfMutants } from './wrong/halves.ts';
import { indexingMutants } from './wrong/indexing.ts';
import { leftoverMutants } from './wrong/leftovers.ts';
import { pathMutants } from './wrong/paths.ts';
import { rangeMutants } from './wrong/ranges.ts';
import { reductionMutants } from './wrong/reductions.ts';
import { runningMutants } from './wrong/running.ts';
import { sideEffectMutants } from './wrong/sideEffects.ts';
import { stateMutants } from './wrong/state.ts';
import { statisticsMutants } from './wrong/statistics.ts';
import { tailMutants } from './wrong/tails.ts';
import { tilingMutants } from './wrong/tiling.ts';
import { timingMutants } from './wrong/timing.ts';

/** Every wrong kernel: each one deviation from a correct one, each to be failed. */
export const mutants: readonly Mutant[] = [
  ...divisorMutants,
  ...epsilonMutants,
  ...runningMutants,
  ...affineMutants,
  ...statisticsMutants,
  ...gradientMutants,
  ...indexingMutants,
  ...tailMutants,
  ...tilingMutants,
  ...pathMutants,
  ...formatMutants,
  ...halfMutants,
  ...reductionMutants,
  ...rangeMutants,
  ...sideEffectMutants,
  ...stateMutants,
  ...timingMutants,
  ...leftoverMutants,
  ...cheatingMutants,
];

/** Kernels that differ from each other wherever they may, and are right: none may be failed, on any case, at any seed. */
export const correctVariants: readonly Variant[] = [
  ...sumVariants,
  ...statisticsVariants,
  ...elementwiseVariants,
  ...halfVariants,
  ...conductVariants,
];
