import type { Numerics, OpenBackend } from '@normgauge/contract';
import { backendOf, type Conduct } from './conduct.ts';
import { type Compute, computeWith, type Replaced } from './kernel.ts';

/** Where a mistake is made. */
export const families = ['semantics', 'gradients', 'indexing', 'numerics', 'side effects', 'cheating'] as const;

export type Family = (typeof families)[number];

/** What is wrong, in the words that a diagnosis should find: one phrase, one mistake, whatever made it. */
export const causes = [
  // Which BatchNorm.
  'divides by m−1',
  'divides by m',
  'divides by another count',
  'running variance divided by m',
  'running variance divided by m−1',
  'running variance divided by another count',
  'a single element treated otherwise',
  'another eps',
  'eps missing',
  'eps added twice',
  'eps outside the root',
  'eps inside the root',
  'momentum reversed',
  'another momentum',
  'cumulative average ignored',
  'cumulative average off by one',
  'running mean not updated',
  'running variance not updated',
  'running mean wrong',
  'running variance wrong',
  'saved mean wrong',
  'saved invStd wrong',
  'gamma and beta swapped',
  'gamma ignored',
  'beta ignored',
  'gamma of another channel',
  'beta of another channel',
  'gamma or beta applied in the wrong place',
  'gamma changed before use',
  'gamma or beta read although absent',
  'activation applied to y',
  'statistics per sample',
  'statistics over all channels',
  'statistics of part of the batch',
  'running statistics in training',
  'batch statistics in inference',
  'mean taken for another value',
  'spread taken for another value',
  // Gradients.
  'mean term missing from dx',
  'variance term missing from dx',
  'mean term of dx wrong',
  'variance term of dx wrong',
  'gamma missing from dx',
  'invStd missing from dx',
  'dx scaled or changed',
  'frozen formula in training',
  'training formula on frozen statistics',
  'dGamma without invStd',
  'dGamma from uncentred x',
  'dGamma averaged',
  'dGamma wrong',
  'dBeta averaged',
  'dBeta wrong',
  'dGamma and dBeta swapped',
  'gradients accumulated over calls',
  // Indexing and tiling.
  'layout confused',
  'channels permuted',
  'positions permuted',
  'tail left out of the sums',
  'tail not written',
  'elements left out of the sums',
  'elements not written',
  'elements counted twice',
  'padding taken for data',
  'index overflows',
  'neighbour read',
  // Numerics.
  'one-pass cancellation',
  'folded affine cancels',
  'float16 inside',
  'bfloat16 inside',
  'tf32 inside',
  'fixed point inside',
  'squares overflow',
  'float32 sum loses elements',
  'partial statistics merged wrongly',
  'inverse root too coarse',
  'values clamped',
  'flushed to zero',
  'NaN or infinity swallowed',
  'NaN spread to other channels',
  'statistics of a sample of the elements',
  // Side effects.
  'input written',
  'memory beside a view written',
  'outputs alias',
  'output of the wrong type or length',
  'output missing',
  'input read after write returned',
  'work not awaited',
  'stale output',
  'state kept between runs',
  'state shared between plans',
  'nondeterministic',
  'inputs not checked',
  // Cheating.
  'cached by shape',
  'cached by part of the input',
  'later calls differ',
  'only part is computed',
] as const;

export type Cause = (typeof causes)[number];

/** A backend of the corpus. */
export interface Variant {
  readonly id: string;
  /** What it does differently, in a sentence. */
  readonly does: string;
  /** A function of its inputs, called correctly: in what order it is called makes no difference. */
  readonly stateless: boolean;
  readonly open: OpenBackend;
}

/** A wrong one. */
export interface Mutant extends Variant {
  readonly family: Family;
  readonly cause: Cause;
}

/** A correct kernel, but for these steps. */
export function kernel(id: string, does: string, steps: Replaced, numerics?: Numerics): Variant {
  return { id, does, stateless: true, open: backendOf(id, computeWith(steps), {}, numerics) };
}

/** A correct kernel whose plans behave otherwise. */
export function acting(id: string, does: string, conduct: Partial<Conduct>, numerics?: Numerics): Variant {
  return { id, does, stateless: false, open: backendOf(id, computeWith({}), conduct, numerics) };
}

/** A kernel that is more than steps. */
export function computing(id: string, does: string, compute: Compute, numerics?: Numerics): Variant {
  return { id, does, stateless: true, open: backendOf(id, compute, {}, numerics) };
}

/** Variants that are wrong for one cause. */
export function because(family: Family, cause: Cause, ...variants: readonly Variant[]): readonly Mutant[] {
  return variants.map((row) => ({ ...row, family, cause }));
}
