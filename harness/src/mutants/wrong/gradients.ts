import { correct, type Gradient, type Steps } from '../../stepwise/steps.ts';
import { acting, because, kernel, type Mutant } from '../mutant.ts';

/* Kernels whose forward is right and whose gradients are not. */

type Dx = Steps['dx'];

const xHat = (x: number, { mean, invStd }: Gradient): number => (x - mean) * invStd;

/** dx = gamma·invStd·[dy − meanTerm − varianceTerm]; both terms as the contract has them unless replaced. */
function dx(terms: { mean?: Dx; variance?: Dx; factor?: (gradient: Gradient) => number }): { dx: Dx } {
  const factor = terms.factor ?? (({ gamma, invStd }) => gamma * invStd);
  const mean: Dx = terms.mean ?? ((_x, _dy, { dBeta, m }) => dBeta / m);
  const variance: Dx = terms.variance ?? ((x, _dy, g) => (xHat(x, g) * g.dGamma) / g.divisor);
  return { dx: (x, dy, g) => factor(g) * (dy - mean(x, dy, g) - variance(x, dy, g)) };
}

const dxMutants: readonly Mutant[] = [
  ...because(
    'gradients',
    'mean term missing from dx',
    kernel('dx-no-mean', 'Σdy/m is forgotten', dx({ mean: () => 0 })),
  ),
  ...because(
    'gradients',
    'variance term missing from dx',
    kernel('dx-no-variance', 'x̂·Σdy·x̂/m is forgotten', dx({ variance: () => 0 })),
  ),
  ...because(
    'gradients',
    'mean term of dx wrong',
    kernel('dx-mean-sum', 'Σdy is not divided by m', dx({ mean: (_x, _dy, { dBeta }) => dBeta })),
    kernel('dx-mean-m-1', 'Σdy is divided by m−1', dx({ mean: (_x, _dy, { dBeta, m }) => dBeta / Math.max(m - 1, 1) })),
    kernel('dx-mean-added', '+Σdy/m', dx({ mean: (_x, _dy, { dBeta, m }) => -dBeta / m })),
    kernel('dx-mean-of-gamma', 'Σdy·x̂/m in its place', dx({ mean: (_x, _dy, { dGamma, m }) => dGamma / m })),
  ),
  ...because(
    'gradients',
    'variance term of dx wrong',
    kernel('dx-variance-sum', 'Σdy·x̂ is not divided by m', dx({ variance: (x, _dy, g) => xHat(x, g) * g.dGamma })),
    kernel('dx-variance-m', 'Σdy·x̂ is divided by m where the forward divides by m−1', {
      divisor: (kind, m, convention, use) => (use === 'gradient' ? m : correct.divisor(kind, m, convention, use)),
    }),
    kernel('dx-variance-m-1', 'Σdy·x̂ is divided by m−1 where the forward divides by m', {
      divisor: (kind, m, convention, use) => (use === 'gradient' ? m - 1 : correct.divisor(kind, m, convention, use)),
    }),
    kernel('dx-variance-added', '+x̂·Σdy·x̂/m', dx({ variance: (x, _dy, g) => (-xHat(x, g) * g.dGamma) / g.divisor })),
    kernel(
      'dx-variance-halved',
      '½ of the variance term',
      dx({ variance: (x, _dy, g) => (xHat(x, g) * g.dGamma) / (2 * g.divisor) }),
    ),
    kernel(
      'dx-variance-doubled',
      'twice the variance term: dσ²/dx = 2(x−μ)/m, and 2 again',
      dx({ variance: (x, _dy, g) => (2 * xHat(x, g) * g.dGamma) / g.divisor }),
    ),
    kernel(
      'dx-variance-uncentred',
      'x·invStd for x̂',
      dx({ variance: (x, _dy, g) => (x * g.invStd * g.dGamma) / g.divisor }),
    ),
    kernel(
      'dx-variance-unscaled',
      '(x−μ) for x̂',
      dx({ variance: (x, _dy, g) => ((x - g.mean) * g.dGamma) / g.divisor }),
    ),
    kernel(
      'dx-variance-invstd-cubed',
      'invStd once more',
      dx({ variance: (x, _dy, g) => (xHat(x, g) * g.invStd * g.dGamma) / g.divisor }),
    ),
    kernel(
      'dx-variance-gamma-twice',
      'gamma once more',
      dx({ variance: (x, _dy, g) => (xHat(x, g) * g.gamma * g.dGamma) / g.divisor }),
    ),
    kernel('dx-inside-formula', 'eps outside the root: the factor q is forgotten', { q: () => 1 }),
    kernel('dx-outside-formula', 'eps inside the root: a factor q that is not due', {
      q: ({ invStd }, { eps }) => 1 - eps * invStd,
    }),
  ),
  ...because(
    'gradients',
    'gamma missing from dx',
    kernel('dx-no-gamma', 'dx without gamma', dx({ factor: ({ invStd }) => invStd })),
    kernel('dx-no-gamma-frozen', 'dx without gamma, frozen statistics', {
      dxFrozen: (_x, dy, { invStd }) => invStd * dy,
    }),
  ),
  ...because(
    'gradients',
    'invStd missing from dx',
    kernel('dx-no-invstd', 'dx without invStd', dx({ factor: ({ gamma }) => gamma })),
    kernel('dx-no-invstd-frozen', 'dx without invStd, frozen statistics', {
      dxFrozen: (_x, dy, { gamma }) => gamma * dy,
    }),
  ),
  ...because(
    'gradients',
    'dx scaled or changed',
    kernel('dx-gamma-twice', 'gamma²', dx({ factor: ({ gamma, invStd }) => gamma ** 2 * invStd })),
    kernel('dx-invstd-twice', 'invStd²', dx({ factor: ({ gamma, invStd }) => gamma * invStd ** 2 })),
    kernel('dx-divided', 'dx/m: taken for the gradient of a mean', { dx: (x, dy, g) => correct.dx(x, dy, g) / g.m }),
    kernel('dx-negated', '−dx', { dx: (x, dy, g) => -correct.dx(x, dy, g) }),
    kernel('dx-clipped', 'clipped to ±1', { dx: (x, dy, g) => Math.max(-1, Math.min(1, correct.dx(x, dy, g))) }),
    kernel('dx-relu', 'no gradient where x̂ < 0', { dx: (x, dy, g) => (x < g.mean ? 0 : correct.dx(x, dy, g)) }),
    kernel('dx-saved-variance', 'the saved invStd is taken for σ² + eps', {
      given(inputs, place) {
        const moments = correct.given(inputs, place);
        return place.problem.op === 'backward' ? { ...moments, invStd: 1 / Math.sqrt(moments.invStd) } : moments;
      },
    }),
  ),
  ...because(
    'gradients',
    'frozen formula in training',
    kernel('training-as-frozen', 'dx = gamma·invStd·dy in training', { dx: correct.dxFrozen }),
  ),
  ...because(
    'gradients',
    'training formula on frozen statistics',
    kernel('frozen-as-training', 'Darknet in test mode: the training formula on running statistics', {
      dxFrozen: correct.dx,
    }),
    kernel('frozen-with-mean-term', 'the mean term is left in', {
      dxFrozen: (_x, dy, { gamma, invStd, dBeta, m }) => gamma * invStd * (dy - dBeta / m),
    }),
  ),
];

const perChannel: readonly Mutant[] = [
  ...because(
    'gradients',
    'dGamma without invStd',
    kernel('dgamma-no-invstd', 'Σdy·(x−μ) is returned, dx is right', {
      affineGradients: ({ dGamma, dBeta }, { invStd }) => ({ dGamma: dGamma / invStd, dBeta }),
    }),
  ),
  ...because(
    'gradients',
    'dGamma from uncentred x',
    kernel('dgamma-uncentred', 'Σdy·x·invStd is returned, dx is right', {
      affineGradients: ({ dGamma, dBeta }, { mean, invStd }) => ({ dGamma: dGamma + dBeta * mean * invStd, dBeta }),
    }),
    kernel('dgamma-from-x', 'Σdy·x is returned, dx is right', {
      affineGradients: ({ dGamma, dBeta }, { mean, invStd }) => ({ dGamma: dGamma / invStd + dBeta * mean, dBeta }),
    }),
  ),
  ...because(
    'gradients',
    'dGamma averaged',
    kernel('dgamma-averaged', 'dGamma/m', {
      affineGradients: ({ dGamma, dBeta }, { m }) => ({ dGamma: dGamma / m, dBeta }),
    }),
  ),
  ...because(
    'gradients',
    'dBeta averaged',
    kernel('dbeta-averaged', 'dBeta/m', {
      affineGradients: ({ dGamma, dBeta }, { m }) => ({ dGamma, dBeta: dBeta / m }),
    }),
  ),
  ...because(
    'gradients',
    'dGamma wrong',
    kernel('dgamma-zero', 'dGamma is left at 0', { affineGradients: ({ dBeta }) => ({ dGamma: 0, dBeta }) }),
    kernel('dgamma-scaled', 'dGamma·gamma', {
      affineGradients: ({ dGamma, dBeta }, { gamma }) => ({ dGamma: dGamma * gamma, dBeta }),
    }),
    kernel('dgamma-from-y', 'Σdy·y: x̂ was overwritten with gamma·x̂ + beta', {
      affineGradients: ({ dGamma, dBeta }, { gamma }) => ({ dGamma: dGamma * gamma + dBeta, dBeta }),
    }),
    kernel('dgamma-negated', '−dGamma', { affineGradients: ({ dGamma, dBeta }) => ({ dGamma: -dGamma, dBeta }) }),
    kernel('dgamma-absolute', 'Σ|dy|·x̂', {
      sums(x, dy, moments) {
        const { dBeta } = correct.sums(x, dy, moments);
        return { dGamma: correct.sums(x, dy.map(Math.abs), moments).dGamma, dBeta };
      },
    }),
  ),
  ...because(
    'gradients',
    'dBeta wrong',
    kernel('dbeta-zero', 'dBeta is left at 0, as in the published AlexeyAB listing', {
      affineGradients: ({ dGamma }) => ({ dGamma, dBeta: 0 }),
    }),
    kernel('dbeta-scaled', 'dBeta·gamma', {
      affineGradients: ({ dGamma, dBeta }, { gamma }) => ({ dGamma, dBeta: dBeta * gamma }),
    }),
    kernel('dbeta-of-dx', 'Σdx: what reaches x was summed', {
      affineGradients: ({ dGamma, dBeta }, { gamma, invStd }) => ({ dGamma, dBeta: dBeta * gamma * invStd }),
    }),
    kernel('dbeta-frozen-zero', 'frozen statistics are taken for a frozen beta', {
      affineGradients: ({ dGamma, dBeta }, { frozen }) => ({ dGamma, dBeta: frozen ? 0 : dBeta }),
    }),
  ),
  ...because(
    'gradients',
    'dGamma and dBeta swapped',
    kernel('dgamma-dbeta-swapped', 'each in the place of the other', {
      affineGradients: ({ dGamma, dBeta }) => ({ dGamma: dBeta, dBeta: dGamma }),
    }),
  ),
  ...because(
    'gradients',
    'gradients accumulated over calls',
    acting('dgamma-accumulated', "dGamma and dBeta are += into the plan's own, as Darknet does", {
      run(held) {
        const fresh = held.compute(held.inputs, held.problem);
        for (const name of ['dGamma', 'dBeta'] as const) {
          const earlier = held.outputs[name];
          if (earlier && fresh[name]) fresh[name] = fresh[name].map((value, c) => value + earlier[c]!);
        }
        held.outputs = fresh;
      },
    }),
    acting('dx-accumulated', "dx is += into the plan's own", {
      run(held) {
        const fresh = held.compute(held.inputs, held.problem);
        const earlier = held.outputs.dx;
        if (earlier) fresh.dx = fresh.dx!.map((value, i) => value + earlier[i]!);
        held.outputs = fresh;
      },
    }),
  ),
];

export const gradientMutants: readonly Mutant[] = [...dxMutants, ...perChannel];
