import { outputsOf, type TensorName } from '@normgauge/contract';
import { computeWith, type Replaced } from '../stepwise/kernel.ts';
import { errorRatio } from '../verify/compare.ts';
import type { Cause } from './causes.ts';
import type { Observation } from './observation.ts';

/** A supposed mistake that can be recomputed: the reference with these steps instead of its own. */
export interface Hypothesis {
  readonly cause: Cause;
  /** The mistake in a sentence, with its numbers. */
  readonly says: string;
  /** What it supposes: 1 for a mistake without a number of its own, more for each number that was fitted. */
  readonly weight: number;
  readonly steps: Replaced;
}

/** How well a supposition accounts for what was seen. */
export interface Fit {
  /** Share of the wrong elements that it gives as they came, 0…1. */
  readonly explained: number;
  /** Elements that were right and that it gives otherwise. */
  readonly spoiled: number;
  /** Largest distance from it, as a share of the error allowed to a kernel with this mistake. */
  readonly headroom: number;
}

/** A supposition and its fit. */
export interface Suspicion extends Fit {
  /** It holds where the kernel is wrong, and not elsewhere: one careless path of several. */
  readonly inPart?: true;
  readonly cause: Cause;
  readonly says: string;
  readonly weight: number;
}

/** Errors of a kernel with a mistake may be somewhat larger than those of one without. */
const slack = 2;
/** Of a predicted value: it went through float32 arithmetic at its own size, not at that of the true value. */
const rounding = 2 ** -21;

/** What it makes of the case, beside what came. */
export function fitOf(seen: Observation, predicted: { readonly [name in TensorName]?: Float32Array }): Fit {
  let explained = 0;
  let spoiled = 0;
  let headroom = 0;
  for (const { name } of outputsOf(seen.problem)) {
    const got = seen.got[name]!;
    const supposed = predicted[name]!;
    const allowed = seen.allowed[name]!;
    const wrong = seen.mask[name]!;
    for (let k = 0; k < got.length; k++) {
      const value = supposed[k]!;
      const room = slack * (Number.isFinite(allowed[k]!) ? allowed[k]! : 0) + rounding * Math.abs(value) + 1e-45;
      const ratio = errorRatio(got[k]!, value, room);
      headroom = Math.max(headroom, ratio);
      if (ratio <= 1) explained += wrong[k]!;
      else if (wrong[k] === 0) spoiled++;
    }
  }
  return { explained: seen.wrong === 0 ? 0 : explained / seen.wrong, spoiled, headroom };
}

/** Recomputes the case with the supposed mistake. */
export function suspect(seen: Observation, { cause, says, weight, steps }: Hypothesis): Suspicion {
  return { cause, says, weight, ...fitOf(seen, computeWith(steps)(seen.inputs, seen.problem)) };
}

/** Accounts for everything that is wrong and for nothing that is right. */
export function fits({ explained, spoiled }: Fit): boolean {
  return explained === 1 && spoiled === 0;
}

/** A row of a table of hypotheses. */
export function suppose(cause: Cause, says: string, steps: Replaced, weight = 1): Hypothesis {
  return { cause, says, weight, steps };
}
