import { correct, type Gradient, type Steps } from '../stepwise/steps.ts';
import { type Hypothesis, suppose } from './hypothesis.ts';
import type { Observation } from './observation.ts';

/* Suppositions about dx, dGamma and dBeta. */

type Dx = Steps['dx'];
type Of = (gradient: Gradient) => number;

const xHat = (x: number, { mean, invStd }: Gradient): number => (x - mean) * invStd;

/** dx = factor·[dy − meanTerm − varianceTerm]; the right terms unless replaced. */
function dx(terms: { readonly mean?: Of; readonly variance?: Dx; readonly factor?: Of }): Pick<Steps, 'dx'> {
  const factor: Of = terms.factor ?? (({ gamma, invStd }) => gamma * invStd);
  const mean: Of = terms.mean ?? (({ dBeta, m }) => dBeta / m);
  const variance: Dx = terms.variance ?? ((x, _, g) => (xHat(x, g) * g.dGamma) / g.divisor);
  return { dx: (x, dy, g) => factor(g) * (dy - mean(g) - variance(x, dy, g)) };
}

const meanTerms: readonly (readonly [string, Of])[] = [
  ['Σdy, not divided by m', ({ dBeta }) => dBeta],
  ['Σdy/(m−1)', ({ dBeta, m }) => dBeta / Math.max(m - 1, 1)],
  ['−Σdy/m', ({ dBeta, m }) => -dBeta / m],
  ['Σdy·x̂/m', ({ dGamma, m }) => dGamma / m],
  ['2Σdy/m', ({ dBeta, m }) => (2 * dBeta) / m],
  ['gamma·Σdy/m', ({ dBeta, m, gamma }) => (gamma * dBeta) / m],
  ['invStd·Σdy/m', ({ dBeta, m, invStd }) => (invStd * dBeta) / m],
];

const varianceTerms: readonly (readonly [string, Dx])[] = [
  ['x̂·Σdy·x̂, not divided by m', (x, _, g) => xHat(x, g) * g.dGamma],
  ['x̂·Σdy·x̂/m where the forward divides by m−1', (x, _, g) => (xHat(x, g) * g.dGamma) / g.m],
  ['x̂·Σdy·x̂/(m−1) where the forward divides by m', (x, _, g) => (xHat(x, g) * g.dGamma) / (g.m - 1)],
  ['of the opposite sign', (x, _, g) => (-xHat(x, g) * g.dGamma) / g.divisor],
  ['half of what it should be', (x, _, g) => (xHat(x, g) * g.dGamma) / (2 * g.divisor)],
  ['twice what it should be', (x, _, g) => (2 * xHat(x, g) * g.dGamma) / g.divisor],
  ['made with x·invStd for x̂', (x, _, g) => (x * g.invStd * g.dGamma) / g.divisor],
  ['made with x−μ for x̂', (x, _, g) => ((x - g.mean) * g.dGamma) / g.divisor],
  ['made with x for x̂', (x, _, g) => (x * g.dGamma) / g.divisor],
  ['multiplied by invStd once more', (x, _, g) => (xHat(x, g) * g.invStd * g.dGamma) / g.divisor],
  ['multiplied by invStd² once more', (x, _, g) => (xHat(x, g) * g.invStd ** 2 * g.dGamma) / g.divisor],
  ['multiplied by gamma once more', (x, _, g) => (xHat(x, g) * g.gamma * g.dGamma) / g.divisor],
  ['made with Σdy for Σdy·x̂', (x, _, g) => (xHat(x, g) * g.dBeta) / g.divisor],
  ['Σdy·x̂/m, without x̂', (_x, _, g) => g.dGamma / g.divisor],
  ['without the factor of eps outside the root', (x, _, g) => (xHat(x, g) * g.dGamma) / g.m],
];

const factors: readonly (readonly [string, Of])[] = [
  ['multiplied by gamma twice', ({ gamma, invStd }) => gamma ** 2 * invStd],
  ['multiplied by invStd twice', ({ gamma, invStd }) => gamma * invStd ** 2],
  ['divided by m', ({ gamma, invStd, m }) => (gamma * invStd) / m],
  ['negated', ({ gamma, invStd }) => -gamma * invStd],
  ['multiplied by m', ({ gamma, invStd, m }) => gamma * invStd * m],
  ['divided by invStd instead of multiplied', ({ gamma, invStd }) => gamma / invStd],
  ['doubled', ({ gamma, invStd }) => 2 * gamma * invStd],
  ['halved', ({ gamma, invStd }) => 0.5 * gamma * invStd],
];

function ofTraining({ problem: { convention }, m }: Observation): readonly Hypothesis[] {
  const { eps, epsPlacement, normalizeDivisor } = convention;
  const divisor = normalizeDivisor === 'm' ? m - 1 : m;
  return [
    suppose('mean term missing from dx', 'dx lacks −Σdy/m', dx({ mean: () => 0 })),
    suppose('variance term missing from dx', 'dx lacks −x̂·Σdy·x̂/m', dx({ variance: () => 0 })),
    suppose('frozen formula in training', 'dx is gamma·invStd·dy, as if the statistics were constants', {
      dx: correct.dxFrozen,
    }),
    ...meanTerms.map(([as, mean]) => suppose('mean term of dx wrong', `the mean term of dx is ${as}`, dx({ mean }))),
    ...varianceTerms.map(([as, variance]) =>
      suppose('variance term of dx wrong', `the variance term of dx is ${as}`, dx({ variance })),
    ),
    epsPlacement === 'outside-sqrt'
      ? suppose('variance term of dx wrong', 'the variance term of dx is that of eps inside the root', { q: () => 1 })
      : suppose('variance term of dx wrong', 'the variance term of dx is that of eps outside the root', {
          q: ({ invStd }) => 1 - eps * invStd,
        }),
    suppose('variance term of dx wrong', `the variance term of dx is divided by ${divisor} and by no factor of eps`, {
      q: () => 1,
      divisor: () => divisor,
    }),
    suppose('variance term of dx wrong', `the variance term of dx is divided by ${divisor}`, {
      divisor: (kind, count, of, use) => (use === 'gradient' ? divisor : correct.divisor(kind, count, of, use)),
    }),
    suppose('gamma missing from dx', 'dx lacks gamma', dx({ factor: ({ invStd }) => invStd })),
    suppose('invStd missing from dx', 'dx lacks invStd', dx({ factor: ({ gamma }) => gamma })),
    ...factors.map(([as, factor]) => suppose('dx scaled or changed', `dx is ${as}`, dx({ factor }))),
    suppose('dx scaled or changed', 'the given invStd is taken for σ² + eps', {
      given: ({ mean, invStd }, { c }) => ({ mean: mean![c]!, invStd: 1 / Math.sqrt(invStd![c]!) }),
    }),
    suppose('dx scaled or changed', 'the given invStd is taken for the standard deviation', {
      given: ({ mean, invStd }, { c }) => ({ mean: mean![c]!, invStd: 1 / invStd![c]! }),
    }),
  ];
}

const ofFrozen: readonly Hypothesis[] = [
  suppose('training formula on frozen statistics', 'dx has the mean and variance terms of training', {
    dxFrozen: (x, dy, g) => correct.dx(x, dy, g),
  }),
  suppose('training formula on frozen statistics', 'dx has the mean term of training', {
    dxFrozen: (_x, dy, { gamma, invStd, dBeta, m }) => gamma * invStd * (dy - dBeta / m),
  }),
  suppose('gamma missing from dx', 'dx lacks gamma', { dxFrozen: (_x, dy, { invStd }) => invStd * dy }),
  suppose('invStd missing from dx', 'dx lacks invStd', { dxFrozen: (_x, dy, { gamma }) => gamma * dy }),
  ...factors.map(([as, factor]) =>
    suppose('dx scaled or changed', `dx is ${as}`, { dxFrozen: (_x, dy, g) => factor(g) * dy }),
  ),
];

const ofEither: readonly Hypothesis[] = [
  ...(['dx', 'dxFrozen'] as const).flatMap((step) => [
    suppose('dx scaled or changed', 'dx is clipped to ±1', {
      [step]: (x: number, dy: number, g: Gradient) => Math.max(-1, Math.min(1, correct[step](x, dy, g))),
    }),
    suppose('dx scaled or changed', 'dx is 0 where x̂ is below 0', {
      [step]: (x: number, dy: number, g: Gradient) => (x < g.mean ? 0 : correct[step](x, dy, g)),
    }),
  ]),
];

type Pair = { readonly dGamma: number; readonly dBeta: number };
type Sums = (sums: Pair, gradient: Gradient) => Partial<Pair>;

const perChannel: readonly (readonly [Parameters<typeof suppose>[0], string, Sums])[] = [
  [
    'dGamma and dBeta swapped',
    'dGamma and dBeta stand in each other’s place',
    ({ dGamma, dBeta }) => ({ dGamma: dBeta, dBeta: dGamma }),
  ],
  [
    'dGamma without invStd',
    'dGamma is Σdy·(x−μ), without invStd',
    ({ dGamma }, { invStd }) => ({ dGamma: dGamma / invStd }),
  ],
  ['dGamma wrong', 'dGamma has invStd twice', ({ dGamma }, { invStd }) => ({ dGamma: dGamma * invStd })],
  [
    'dGamma from uncentred x',
    'dGamma is Σdy·x·invStd, not centred',
    ({ dGamma, dBeta }, { mean, invStd }) => ({ dGamma: dGamma + dBeta * mean * invStd }),
  ],
  [
    'dGamma from uncentred x',
    'dGamma is Σdy·x',
    ({ dGamma, dBeta }, { mean, invStd }) => ({ dGamma: dGamma / invStd + dBeta * mean }),
  ],
  ['dGamma averaged', 'dGamma is divided by m', ({ dGamma }, { m }) => ({ dGamma: dGamma / m })],
  ['dBeta averaged', 'dBeta is divided by m', ({ dBeta }, { m }) => ({ dBeta: dBeta / m })],
  ['dGamma wrong', 'dGamma is 0', () => ({ dGamma: 0 })],
  ['dGamma wrong', 'dGamma is multiplied by gamma', ({ dGamma }, { gamma }) => ({ dGamma: dGamma * gamma })],
  ['dGamma wrong', 'dGamma is divided by gamma', ({ dGamma }, { gamma }) => ({ dGamma: dGamma / gamma })],
  ['dGamma wrong', 'dGamma is −Σdy·x̂', ({ dGamma }) => ({ dGamma: -dGamma })],
  ['dGamma wrong', 'dGamma is twice Σdy·x̂', ({ dGamma }) => ({ dGamma: 2 * dGamma })],
  ['dBeta wrong', 'dBeta is 0', () => ({ dBeta: 0 })],
  ['dBeta wrong', 'dBeta is multiplied by gamma', ({ dBeta }, { gamma }) => ({ dBeta: dBeta * gamma })],
  [
    'dBeta wrong',
    'dBeta is multiplied by gamma·invStd',
    ({ dBeta }, { gamma, invStd }) => ({ dBeta: dBeta * gamma * invStd }),
  ],
  ['dBeta wrong', 'dBeta is −Σdy', ({ dBeta }) => ({ dBeta: -dBeta })],
  ['dBeta wrong', 'dBeta is twice Σdy', ({ dBeta }) => ({ dBeta: 2 * dBeta })],
];

/** Sums that are wrong as returned, dx made with the right ones. */
function ofSums({ inputs, problem }: Observation): readonly Hypothesis[] {
  return [
    ...perChannel.map(([cause, says, change]) =>
      suppose(cause, says, { affineGradients: (sums, g) => ({ ...sums, ...change(sums, g) }) }),
    ),
    suppose('dGamma wrong', 'dGamma is Σdy·y, of y instead of x̂', {
      affineGradients: ({ dGamma, dBeta }, { gamma }) => ({ dGamma: dGamma * gamma + dBeta, dBeta }),
    }),
    suppose('dGamma wrong', 'dGamma is Σ|dy|·x̂', {
      sums: (x, dy, moments) => ({
        ...correct.sums(x, dy, moments),
        dGamma: correct.sums(x, dy.map(Math.abs), moments).dGamma,
      }),
    }),
    suppose('dGamma without invStd', 'dGamma is Σdy·(x−μ), in dx as well', {
      sums(x, dy, moments) {
        const { dGamma, dBeta } = correct.sums(x, dy, moments);
        return { dGamma: dGamma / moments.invStd, dBeta };
      },
    }),
    suppose('dGamma from uncentred x', 'Σdy·x·invStd is used for Σdy·x̂, in dx as well', {
      sums(x, dy, moments) {
        const { dGamma, dBeta } = correct.sums(x, dy, moments);
        return { dGamma: dGamma + dBeta * moments.mean * moments.invStd, dBeta };
      },
    }),
    ...(inputs.gamma && problem.affine
      ? [
          suppose(
            'gamma missing from dx',
            'dx lacks gamma where it is negative',
            {
              dx: (x, dy, g) => correct.dx(x, dy, { ...g, gamma: Math.abs(g.gamma) }),
            },
            1.5,
          ),
        ]
      : []),
  ];
}

export function ofGradients(seen: Observation): readonly Hypothesis[] {
  switch (seen.problem.op) {
    case 'backward':
      return [...ofTraining(seen), ...ofEither, ...ofSums(seen)];
    case 'backward-frozen':
      return [...ofFrozen, ...ofEither, ...ofSums(seen)];
    default:
      return [];
  }
}
