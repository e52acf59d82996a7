import type { Tensors } from '@normgauge/contract';
import { type Affine, correct, type Place } from '../../stepwise/steps.ts';
import { because, kernel, type Mutant } from '../mutant.ts';

/* Kernels with the right statistics that misread gamma and beta. */

/** The affine parameters, changed. */
function affine(change: (affine: Affine, inputs: Tensors, place: Place) => Partial<Affine>): {
  affine: typeof correct.affine;
} {
  return {
    affine(inputs, place) {
      const read = correct.affine(inputs, place);
      return { ...read, ...change(read, inputs, place) };
    },
  };
}

/** The next channel, from the last to the first. */
const next = ({ c, problem }: Place): number => (c + 1) % problem.shape.c;

export const affineMutants: readonly Mutant[] = [
  ...because(
    'semantics',
    'gamma and beta swapped',
    kernel(
      'gamma-beta-swapped',
      'gamma is added, beta multiplies',
      affine(({ gamma, beta }, inputs) => (inputs.beta ? { gamma: beta, beta: gamma } : {})),
    ),
  ),
  ...because(
    'semantics',
    'gamma ignored',
    kernel(
      'gamma-ignored',
      'gamma is 1',
      affine(() => ({ gamma: 1 })),
    ),
    kernel(
      'gamma-ignored-inference',
      'gamma is 1 in inference',
      affine(({ gamma }, _, { problem }) => ({ gamma: problem.op === 'inference' ? 1 : gamma })),
    ),
    kernel(
      'gamma-zero-ignored',
      'a gamma of 0 is taken for none (gamma || 1)',
      affine(({ gamma }) => ({ gamma: gamma || 1 })),
    ),
  ),
  ...because(
    'semantics',
    'beta ignored',
    kernel(
      'beta-ignored',
      'beta is 0',
      affine(() => ({ beta: 0 })),
    ),
    kernel(
      'beta-ignored-training',
      'beta is 0 in training',
      affine(({ beta }, _, { problem }) => ({ beta: problem.op === 'inference' ? beta : 0 })),
    ),
  ),
  ...because(
    'semantics',
    'gamma of another channel',
    kernel(
      'gamma-next',
      'gamma of the next channel',
      affine((read, { gamma }, place) => (gamma ? { gamma: gamma[next(place)]! } : read)),
    ),
    kernel(
      'gamma-first',
      'gamma of channel 0 for all',
      affine((read, { gamma }) => (gamma ? { gamma: gamma[0]! } : read)),
    ),
    kernel(
      'gamma-in-fours',
      'gamma of the first of every four channels',
      affine((read, { gamma }, { c }) => (gamma ? { gamma: gamma[c & ~3]! } : read)),
    ),
  ),
  ...because(
    'semantics',
    'beta of another channel',
    kernel(
      'beta-next',
      'beta of the next channel',
      affine((read, { beta }, place) => (beta ? { beta: beta[next(place)]! } : read)),
    ),
    kernel(
      'beta-last',
      'beta of the last channel for all',
      affine((read, { beta }) => (beta ? { beta: beta.at(-1)! } : read)),
    ),
  ),
  ...because(
    'semantics',
    'gamma or beta applied in the wrong place',
    kernel('gamma-before-centring', '(gamma·x − μ)·invStd + beta', {
      normalise: (x, { mean, invStd }, { gamma, beta }) => (gamma * x - mean) * invStd + beta,
    }),
    kernel('beta-before-gamma', 'gamma·(x̂ + beta)', {
      normalise: (x, { mean, invStd }, { gamma, beta }) => gamma * ((x - mean) * invStd + beta),
    }),
    kernel('beta-subtracted', 'gamma·x̂ − beta', {
      normalise: (x, { mean, invStd }, { gamma, beta }) => gamma * ((x - mean) * invStd) - beta,
    }),
    kernel('beta-scaled', 'beta is multiplied by invStd', {
      normalise: (x, { mean, invStd }, { gamma, beta }) => (gamma * (x - mean) + beta) * invStd,
    }),
    kernel('folded-without-gamma', 'folded, with beta − μ·invStd: gamma forgotten in the offset', {
      normalise: (x, { mean, invStd }, { gamma, beta }) => gamma * invStd * x + (beta - mean * invStd),
    }),
  ),
  ...because(
    'semantics',
    'gamma changed before use',
    kernel(
      'gamma-plus-one',
      'gamma is stored as its distance from 1',
      affine(({ gamma }, inputs) => ({ gamma: inputs.gamma ? gamma + 1 : gamma })),
    ),
    kernel(
      'gamma-absolute',
      '|gamma|',
      affine(({ gamma }) => ({ gamma: Math.abs(gamma) })),
    ),
    kernel(
      'gamma-squared',
      'gamma is applied twice',
      affine(({ gamma }) => ({ gamma: gamma ** 2 })),
    ),
    kernel(
      'gamma-floor',
      'gamma is at least 1e-5',
      affine(({ gamma }) => ({ gamma: Math.max(gamma, 1e-5) })),
    ),
  ),
  ...because(
    'semantics',
    'gamma or beta read although absent',
    kernel(
      'gamma-absent-zero',
      'an absent gamma is 0',
      affine(({ gamma }, inputs) => ({ gamma: inputs.gamma ? gamma : 0 })),
    ),
    kernel(
      'gamma-absent-read',
      'an absent gamma is what lies in its place: the running variance',
      affine(({ gamma }, inputs, { c }) => ({
        gamma: inputs.gamma ? gamma : (inputs.runningVar?.[c] ?? inputs.invStd![c]!),
      })),
    ),
    kernel(
      'beta-absent-read',
      'an absent beta is what lies in its place: the running mean',
      affine(({ beta }, inputs, { c, problem }) => ({ beta: problem.affine ? beta : (inputs.runningMean?.[c] ?? 0) })),
    ),
  ),
  ...because(
    'semantics',
    'activation applied to y',
    kernel('relu-fused', 'max(y, 0) is left on', {
      normalise: (x, moments, read) => Math.max(correct.normalise(x, moments, read), 0),
    }),
    kernel('leaky-relu-fused', "Darknet's leaky activation is left on", {
      normalise(x, moments, read) {
        const y = correct.normalise(x, moments, read);
        return y > 0 ? y : 0.1 * y;
      },
    }),
  ),
];
