import { type Backend, dtypes, elementsPerChannel, type Problem, whyNotStored } from '@normgauge/contract';
import type { Declared, SupportsReply } from '../protocol.ts';

/*
 * What a backend says of itself, as plain data that can cross to the harness. An answer of another kind than the contract
 * knows is the backend's fault and said to be so in one sentence; it is never passed on as it is.
 */

function show(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`;
  if (typeof value === 'function') return 'a function';
  if (value instanceof Promise) return 'a promise';
  return typeof value === 'object' && value !== null ? Object.prototype.toString.call(value) : String(value);
}

function expected(what: string, wanted: string, got: unknown): string {
  return `${what}: expected ${wanted}, got ${show(got)}`;
}

const words = {
  statistics: ['two-pass', 'welford', 'one-pass'],
  affine: ['centred', 'folded'],
  nonFinite: ['ieee', 'unspecified'],
} as const;
const flags = ['flushToZero', 'deterministic'] as const;

/** The first thing in the declared numerics that has no meaning, in one sentence; undefined when all have one. */
function faultIn(numerics: unknown): string | undefined {
  if (numerics === undefined) return undefined;
  if (typeof numerics !== 'object' || numerics === null) return expected('numerics', 'an object', numerics);
  const declared = numerics as Record<string, unknown>;
  for (const [field, allowed] of Object.entries(words)) {
    const value = declared[field];
    if (value !== undefined && !(allowed as readonly unknown[]).includes(value)) {
      return expected(`numerics.${field}`, `one of ${allowed.join(', ')}`, value);
    }
  }
  for (const field of flags) {
    const value = declared[field];
    if (value !== undefined && typeof value !== 'boolean') return expected(`numerics.${field}`, 'true or false', value);
  }
  const { invStdError, reductionDepth } = declared;
  if (invStdError !== undefined && !(typeof invStdError === 'number' && invStdError >= 0)) {
    return expected('numerics.invStdError', 'a number ≥ 0 in units of 2⁻²⁴', invStdError);
  }
  if (reductionDepth !== undefined && typeof reductionDepth !== 'function') {
    return expected('numerics.reductionDepth', 'a function of m', reductionDepth);
  }
  return undefined;
}

/** The declared numerics as data: only the fields that the contract knows, and only where all of them have a meaning. */
export function declaredBy({ numerics }: Pick<Backend, 'numerics'>): Declared {
  if (numerics === undefined || faultIn(numerics) !== undefined) return { declaresDepth: false };
  const { statistics, affine, nonFinite, flushToZero, deterministic, invStdError, reductionDepth } = numerics;
  return {
    ...(statistics !== undefined && { statistics }),
    ...(affine !== undefined && { affine }),
    ...(nonFinite !== undefined && { nonFinite }),
    ...(flushToZero !== undefined && { flushToZero }),
    ...(deterministic !== undefined && { deterministic }),
    ...(invStdError !== undefined && { invStdError }),
    declaresDepth: reductionDepth !== undefined,
  };
}

/** Calls what a backend is asked; what it throws is said with the name of the question. */
function asked<T>(question: string, ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    throw new Error(
      `${question}: expected an answer, got ${error instanceof Error ? `${error.name}: ${error.message}` : show(error)}`,
      { cause: error },
    );
  }
}

/**
 * Whether the backend supports the problem, and the depth that it declares for it.
 * @throws {Error} when an answer, or what it declares of its numerics, has no meaning
 */
export function supportedBy(backend: Backend, problem: Problem): SupportsReply {
  const { numerics } = backend;
  const fault = faultIn(numerics);
  if (fault !== undefined) throw new Error(fault);
  const stored: unknown = backend.dtypes;
  if (stored !== undefined && !(Array.isArray(stored) && stored.every((dtype) => dtypes.includes(dtype)))) {
    throw new Error(expected('dtypes', `a list of ${dtypes.join(', ')}`, stored));
  }
  // Before it is asked itself: a backend that knows of no other format takes every problem for float32.
  const notStored = whyNotStored(problem, backend.dtypes);
  if (notStored !== undefined) return { supported: notStored };
  const supported: unknown = asked('supports', () => backend.supports?.(problem) ?? true);
  if (supported !== true && (typeof supported !== 'string' || supported.trim() === '')) {
    throw new Error(expected('supports', 'true or the reason why not', supported));
  }
  const m = elementsPerChannel(problem.shape);
  const depth: unknown = asked('numerics.reductionDepth', () => numerics?.reductionDepth?.(m));
  if (depth !== undefined && !(typeof depth === 'number' && depth >= 0)) {
    throw new Error(expected(`numerics.reductionDepth(${m})`, 'a number of additions ≥ 0', depth));
  }
  return { supported, ...(depth !== undefined && { depth }) };
}
