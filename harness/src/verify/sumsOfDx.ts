import { divisorOf, elementsPerChannel } from '@normgauge/contract';
import { errorRatio } from './compare.ts';
import type { Court } from './court.ts';
import { forEachIndex } from './facts.ts';

/*
 * Two sums over a channel that dx must have, from the inputs and from the kernel's own dGamma and dBeta. With
 * S₁ = Σx̂, S₂ = Σx̂², the divisor d that normalises, and q = 1, or 1 − ε·r outside the root,
 *
 *     Σdx   = −γr·S₁·dγ/(dq)                       0 where mean and invStd are exact
 *     Σdx·x̂ = γr·(dγ·(1 − S₂/(dq)) − dβ·S₁/m)      γr·dγ·ε·r², or γr·dγ·ε·r outside the root
 */

/** The sums of one channel, in float64. */
interface Sums {
  readonly c: number;
  /** γ·r. */
  readonly scale: number;
  /** Σx̂ and Σx̂². */
  readonly xHat: number;
  readonly xHat2: number;
  /** d·q. */
  readonly divisor: number;
  readonly m: number;
  readonly dGamma: number;
  readonly dBeta: number;
  /** Allowed errors of those two. */
  readonly ofDGamma: number;
  readonly ofDBeta: number;
  /** Σdx and Σdx·x̂. */
  readonly dx: number;
  readonly dxXHat: number;
  /** Σ of the allowed errors of dx, and of those times |x̂|. */
  readonly ofDx: number;
  readonly ofDxXHat: number;
}

function sumsOf({ own, outputs, allowed }: Court): readonly Sums[] | undefined {
  const { problem } = own.row;
  const { op, shape, convention, affine } = problem;
  if (op !== 'backward') return undefined;
  const { x, dy, gamma, mean, invStd } = own.inputs;
  const m = elementsPerChannel(shape);
  const limit = allowed(own, 'dx');
  const limitOfDGamma = affine ? allowed(own, 'dGamma') : undefined;
  const limitOfDBeta = affine ? allowed(own, 'dBeta') : undefined;
  return Array.from({ length: shape.c }, (_, c) => {
    const r = invStd![c]!;
    const q = convention.epsPlacement === 'inside-sqrt' ? 1 : 1 - convention.eps * r;
    const sums = { xHat: 0, xHat2: 0, dyXHat: 0, dy: 0, dx: 0, dxXHat: 0, ofDx: 0, ofDxXHat: 0 };
    forEachIndex(problem, c, (i) => {
      const xHat = (x![i]! - mean![c]!) * r;
      sums.xHat += xHat;
      sums.xHat2 += xHat * xHat;
      sums.dyXHat += dy![i]! * xHat;
      sums.dy += dy![i]!;
      sums.dx += outputs.dx![i]!;
      sums.dxXHat += outputs.dx![i]! * xHat;
      sums.ofDx += limit[i]!;
      sums.ofDxXHat += limit[i]! * Math.abs(xHat);
    });
    return {
      ...sums,
      c,
      m,
      scale: (gamma?.[c] ?? 1) * r,
      divisor: divisorOf(convention.normalizeDivisor, m, convention.singleElement) * q,
      dGamma: outputs.dGamma?.[c] ?? sums.dyXHat,
      dBeta: outputs.dBeta?.[c] ?? sums.dy,
      ofDGamma: limitOfDGamma?.[c] ?? 0,
      ofDBeta: limitOfDBeta?.[c] ?? 0,
    };
  });
}

function report(what: string, { c }: Sums, got: number, expected: number, allowed: number): readonly string[] {
  const ratio = errorRatio(got, expected, allowed);
  if (ratio <= 1) return [];
  return [`${what} at c=${c} is ${got}, the law says ${expected} (${ratio.toPrecision(3)}× the allowed error)`];
}

/** Σdx; undefined where the problem is not backward. */
export function sumOfDx(court: Court): readonly string[] | undefined {
  return sumsOf(court)?.flatMap((sums) => {
    const perDGamma = (sums.scale * sums.xHat) / sums.divisor;
    return report('Σdx', sums, sums.dx, -perDGamma * sums.dGamma, sums.ofDx + Math.abs(perDGamma) * sums.ofDGamma);
  });
}

/** Σdx·x̂; undefined where the problem is not backward. */
export function projectionOfDx(court: Court): readonly string[] | undefined {
  return sumsOf(court)?.flatMap((sums) => {
    const perDGamma = sums.scale * (1 - sums.xHat2 / sums.divisor);
    const perDBeta = (sums.scale * sums.xHat) / sums.m;
    const allowed = sums.ofDxXHat + Math.abs(perDGamma) * sums.ofDGamma + Math.abs(perDBeta) * sums.ofDBeta;
    return report('Σdx·x̂', sums, sums.dxXHat, perDGamma * sums.dGamma - perDBeta * sums.dBeta, allowed);
  });
}
