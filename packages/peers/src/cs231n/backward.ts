import type { Precision, Reals } from '../precision.ts';
import { addedRows, type Matrix, onRows } from './rows.ts';

/** What `batchnorm_forward` keeps for it: x−mean (N, D), 1/√(var+eps) and gamma (D). x̂ and √ follow from these. */
export interface Cache {
  readonly xmu: Reals;
  readonly ivar: Reals;
  readonly gamma: Reals;
}

/**
 * `batchnorm_backward` on dout (N, D): the computation graph of the forward pass, walked backwards node by node, each one
 * numpy operation on float32 arrays. Σ(x−mean) is not left out: `dmu` sums both branches.
 *
 *     dbeta = Σdout   dgamma = Σdout·x̂   dx̂ = dout·gamma
 *     divar = Σdx̂·xmu   dstd = −divar/std²   dvar = ½·dstd/std   dxmu = dx̂·ivar + 2·xmu·dvar/N
 *     dmu = −Σdxmu   dx = dxmu + dmu/N
 */
export function batchnormBackward(
  dout: Reals,
  { xmu, ivar, gamma }: Cache,
  size: Matrix,
  precision: Precision,
): { dx: Reals; dgamma: Reals; dbeta: Reals } {
  const { round } = precision;
  const { n } = size;
  const xHat = onRows(xmu, size, precision, (value, d) => value * ivar[d]!);
  const std = ivar.map((value) => round(1 / value));
  const dbeta = addedRows(dout, size, precision);
  const dgamma = addedRows(
    onRows(dout, size, precision, (g, _d, i) => g * xHat[i]!),
    size,
    precision,
  );
  const dxHat = onRows(dout, size, precision, (g, d) => g * gamma[d]!);
  const divar = addedRows(
    onRows(dxHat, size, precision, (g, _d, i) => g * xmu[i]!),
    size,
    precision,
  );
  const dstd = divar.map((g, d) => round(round(-1 / round(std[d]! * std[d]!)) * g));
  const dvar = dstd.map((g, d) => round(round(0.5 * ivar[d]!) * g));
  const dsq = dvar.map((g) => round(g / n));
  const dxmu = onRows(dxHat, size, precision, (g, d, i) => round(g * ivar[d]!) + round(round(2 * xmu[i]!) * dsq[d]!));
  const dmu = addedRows(dxmu, size, precision).map((sum) => -sum);
  return { dx: onRows(dxmu, size, precision, (g, d) => g + round(dmu[d]! / n)), dgamma, dbeta };
}
