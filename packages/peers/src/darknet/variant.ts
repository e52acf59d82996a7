import type { Convention } from '@normgauge/contract';
import type { Precision } from '../precision.ts';

/**
 * What the two published versions of Darknet's layer do differently. Five places turn the variance of a channel, which
 * both divide by m−1, into a factor; an implementation that is consistent would use one eps in one place in all of them
 * and m−1 in the last.
 */
export interface Variant {
  /** Also its id as a backend. */
  readonly id: string;
  /** What its forward pass does. The contract's record; its eps is the one of the forward pass. */
  readonly convention: Convention;
  /** Weight of the old rolling statistics; the new one's is `convention.momentum`. */
  readonly keeps: number;
  /** Forward: x̂ = (x−mean)/forwardDivisor. */
  forwardDivisor(variance: number, precision: Precision): number;
  /** Backward: the gradient of y on its direct way to dx is divided by this. */
  deltaDivisor(variance: number, precision: Precision): number;
  /** Backward: Σ gradient times this is the gradient of the mean. */
  meanFactor(variance: number, precision: Precision): number;
  /** Backward: Σ gradient·(x−mean) times this is the gradient of the variance. */
  varianceFactor(variance: number, precision: Precision): number;
  /** Backward: what 2·(x−mean), the gradient of the sum of squares, is divided by. */
  varianceDivisor(m: number): number;
  /** Backward: whether the gradient of the biases is computed. */
  readonly hasBiasGradient: boolean;
}

const own = {
  normalizeDivisor: 'm-1',
  runningDivisor: 'm-1',
  singleElement: 'nan',
} as const satisfies Partial<Convention>;

/** √(variance + .00001f): the sum is float, the root is C's double `sqrt`. */
const rootInside = (variance: number, { round }: Precision): number => Math.sqrt(round(variance + round(1e-5)));

/**
 * pjreddie/darknet at f6afaab, src/blas.c (`mean_cpu`, `variance_cpu`, `normalize_cpu`) and src/batchnorm_layer.c
 * (`forward_batchnorm_layer`, `backward_batchnorm_layer`, `mean_delta_cpu`, `variance_delta_cpu`,
 * `normalize_delta_cpu`): forward 1e-6 outside the root, backward 1e-5 inside.
 */
export const pjreddie: Variant = {
  id: 'darknet',
  convention: { ...own, eps: 1e-6, epsPlacement: 'outside-sqrt', momentum: 0.01 },
  keeps: 0.99,
  forwardDivisor: (variance, { round }) => Math.sqrt(variance) + round(1e-6),
  deltaDivisor: rootInside,
  meanFactor: (variance, precision) => -1 / rootInside(variance, precision),
  varianceFactor: (variance, { round }) => -0.5 * round(variance + round(1e-5)) ** -1.5,
  varianceDivisor: (m) => m,
  hasBiasGradient: true,
};

/**
 * AlexeyAB/darknet at 59596d7, the same functions of the same files: forward 1e-5 inside the root; backward 1e-5
 * inside for the mean and the variance and outside for the gradient itself. `backward_batchnorm_layer` does not call
 * `backward_bias`, and `backward_convolutional_layer` calls it only without batch normalisation: on the CPU the
 * biases of a normalised convolution get no gradient.
 */
export const alexeyab: Variant = {
  ...pjreddie,
  id: 'darknet-alexeyab',
  convention: { ...own, eps: 1e-5, epsPlacement: 'inside-sqrt', momentum: 0.1 },
  keeps: 0.9,
  forwardDivisor: rootInside,
  deltaDivisor: (variance, { round }) => Math.sqrt(variance) + round(1e-5),
  hasBiasGradient: false,
};
