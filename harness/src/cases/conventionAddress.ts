import {
  type Convention,
  checkConvention,
  conventionNamed,
  conventions,
  type NamedConvention,
  ProblemError,
} from '@normgauge/contract';
import { UsageError } from '../usageError.ts';

/**
 * A convention as it stands in an address: its name, or for a record that has none
 * `eps=0.001,outside-sqrt,m-1,m,w=0.1,nan`: eps, its place, the divisor that normalises, the divisor of the running
 * variance, the weight of the new statistic, and what a single element gives.
 */
export function formatConvention(convention: Convention | NamedConvention): string {
  if ('name' in convention) return convention.name;
  const { eps, epsPlacement, normalizeDivisor, runningDivisor, momentum, singleElement } = convention;
  return [`eps=${eps}`, epsPlacement, normalizeDivisor, runningDivisor, `w=${momentum}`, singleElement].join(',');
}

/**
 * The record behind a name or a spelled-out convention.
 * @throws {UsageError} when it is neither
 */
export function parseConvention(text: string): Convention {
  const named = conventionNamed(text);
  if (named) return named;
  const match = /^eps=([^,]+),(inside-sqrt|outside-sqrt),(m|m-1),(m|m-1),w=([^,]+),(nan|guard|refuse)$/.exec(text);
  if (!match) {
    const names = conventions.map(({ name }) => name).join(', ');
    throw new UsageError(
      `convention "${text}": expected one of ${names}, or eps=1e-5,inside-sqrt,m,m-1,w=0.1,nan spelled out`,
    );
  }
  const [, eps, epsPlacement, normalizeDivisor, runningDivisor, momentum, singleElement] = match;
  const convention = {
    eps: Number(eps),
    epsPlacement,
    normalizeDivisor,
    runningDivisor,
    momentum: momentum === 'cumulative' ? momentum : Number(momentum),
    singleElement,
  } as Convention;
  try {
    checkConvention(convention);
  } catch (error) {
    if (error instanceof ProblemError) throw new UsageError(`convention "${text}": ${error.message}`);
    throw error;
  }
  return convention;
}
