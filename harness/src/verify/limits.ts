import { elementsPerChannel, type Problem, type TensorName } from '@normgauge/contract';
import type { Declared } from '../hosts/protocol.ts';
import type { Limits } from './compare.ts';
import type { BoundsContext } from './facts.ts';
import { type Bounds, boundsOfClass, coarseBounds, type ErrorClass, logarithmicDepth } from './tolerance.ts';

/** A declaration excuses at most this factor over grade A: six bits. */
const mostExcused = 64;

const careful: Omit<ErrorClass, 'depth'> = {
  statistics: 'two-pass',
  affine: 'centred',
  invStdError: 6,
  flushToZero: false,
};

/** The class that a backend declares, with everything it leaves out read strictly. */
export function declaredClass(declared: Declared, depth: number | undefined, problem: Problem): ErrorClass {
  const m = elementsPerChannel(problem.shape);
  return {
    statistics: declared.statistics ?? 'two-pass',
    depth: depth !== undefined && depth >= 0 && depth <= m ? depth : m,
    affine: declared.affine ?? 'centred',
    invStdError: Math.min(Math.max(declared.invStdError ?? 6, 6), 15),
    flushToZero: declared.flushToZero ?? false,
  };
}

/** Bounds that depend on the case alone; shared by every backend that is tried on it. */
export interface SharedBounds {
  readonly context: BoundsContext;
  readonly a: Bounds;
}

export function sharedBounds(context: BoundsContext): SharedBounds {
  const m = elementsPerChannel(context.problem.shape);
  return { context, a: boundsOfClass(context, { ...careful, depth: logarithmicDepth(m) }) };
}

/**
 * Allowed errors for one backend. The verdict allows what the declared class allows, never less than grade A, and at
 * most max(64·A, 10⁻³ in units of x̂): a declaration excuses, it does not absolve.
 */
export function limitsFor({ context, a }: SharedBounds, errorClass: ErrorClass): (name: TensorName) => Limits {
  const declared = boundsOfClass(context, errorClass);
  const isOnePass = errorClass.statistics === 'one-pass';
  // Few kernels are so far off that these are needed; they cost as much as the others together.
  const onePass = once(() =>
    isOnePass ? declared : boundsOfClass(context, { ...errorClass, statistics: 'one-pass' }),
  );
  const twoPass = once(() =>
    isOnePass ? boundsOfClass(context, { ...errorClass, statistics: 'two-pass' }) : declared,
  );
  const coarse = once(() => coarseBounds(context, errorClass));
  // What is flushed is lost to a careful kernel, too, where the device flushes.
  const flushed = once(() => {
    if (!errorClass.flushToZero) return a;
    const depth = logarithmicDepth(elementsPerChannel(context.problem.shape));
    return boundsOfClass(context, { ...careful, depth, flushToZero: true });
  });
  return (name) => ({
    a: a[name]!,
    b: () => twoPass()[name]!,
    c: () => onePass()[name]!,
    verdict: a[name]!.map((gradeA, k) => {
      const allowed = Math.max(declared[name]![k]!, gradeA);
      if (!(allowed > mostExcused * gradeA)) return allowed;
      // Without a number for what is coarse (x̂ is NaN), six bits are the limit.
      return Math.min(allowed, Math.max(mostExcused * gradeA, flushed()[name]![k]!, coarse()[name]![k]! || 0));
    }),
  });
}

/** What a class could explain, were there no end to what a declaration excuses. */
export function boundlessLimits({ context }: SharedBounds, errorClass: ErrorClass): (name: TensorName) => Limits {
  const bounds = boundsOfClass(context, errorClass);
  return (name) => ({ verdict: bounds[name]!, a: bounds[name]!, b: () => bounds[name]!, c: () => bounds[name]! });
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
