import type { DType, Numerics, OpenBackend } from '@normgauge/contract';
import type { Cause } from '../diagnose/causes.ts';
import { type Compute, computeWith, type Replaced } from '../stepwise/kernel.ts';
import { backendOf, type Conduct } from './conduct.ts';

/** Where a mistake is made. */
export const families = ['semantics', 'gradients', 'indexing', 'numerics', 'side effects', 'cheating'] as const;

export type Family = (typeof families)[number];

/** A backend of the corpus. */
export interface Variant {
  readonly id: string;
  /** What it does differently, in a sentence. */
  readonly does: string;
  /** A function of its inputs, called correctly: in what order it is called makes no difference. */
  readonly stateless: boolean;
  readonly open: OpenBackend;
  /** What it stores, and so the cases that it is tried on; left out: f32. */
  readonly dtype?: DType;
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

/** A kernel of dtype f16 that is correct but for these steps. */
export function halfKernel(id: string, does: string, steps: Replaced, numerics?: Numerics): Variant {
  return { id, does, stateless: true, open: backendOf(id, computeWith(steps), {}, numerics, ['f16']), dtype: 'f16' };
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
