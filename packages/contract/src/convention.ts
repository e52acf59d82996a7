import { ProblemError } from './errors.ts';
import type { Op } from './problem.ts';

/**
 * Which BatchNorm is meant. One record; the same five decisions that published implementations take differently,
 * and what the sixth of them makes of a channel with a single element.
 *
 * With μ and Σ(x−μ)² of a channel of m elements:
 *
 *     σ²      = Σ(x−μ)² / m  or  / (m−1)                               normalizeDivisor
 *     invStd  = 1/√(σ²+eps)  or  1/(√σ²+eps)                           epsPlacement
 *     runningMean ← (1−w)·runningMean + w·μ
 *     runningVar  ← (1−w)·runningVar  + w·Σ(x−μ)²/m  or  /(m−1)        runningDivisor; w = momentum
 *
 * Backward is the gradient of that forward, from the saved mean and invStd. With d the divisor that normalises,
 * x̂ = (x−mean)·invStd, dBeta = Σdy and dGamma = Σdy·x̂ (gamma = 1 when not affine):
 *
 *     dx = gamma·invStd·[ dy − dBeta/m − x̂·dGamma/(d·q) ]
 *     q  = 1 inside the root;  σ·invStd = 1 − eps·invStd outside
 *
 * Outside the root the derivative does not exist at σ = 0. Its value here, the same in every backend, is the limit
 * without the variance term: where q ≤ 2⁻²³ the term x̂·dGamma/(d·q) is 0.
 */
export interface Convention {
  /** Added to the variance or to the standard deviation; ≥ 0, never implied. */
  readonly eps: number;
  readonly epsPlacement: 'inside-sqrt' | 'outside-sqrt';
  /** Divisor of the variance that normalises. */
  readonly normalizeDivisor: 'm' | 'm-1';
  /** Divisor of the variance that enters the running variance. */
  readonly runningDivisor: 'm' | 'm-1';
  /**
   * Weight w of the NEW batch statistic, in 0…1. PyTorch counts this way; Keras, ONNX and Darknet publish the weight of
   * the old one. `cumulative` is w = 1/k on the k-th batch: the plain average over batches.
   */
  readonly momentum: number | 'cumulative';
  /**
   * What a division by m−1 gives where m = 1: `nan` is 0/0 in IEEE arithmetic; `guard` divides by max(m−1, 1);
   * `refuse` makes such a training problem an error. Without a divisor m−1 it has no effect.
   */
  readonly singleElement: 'nan' | 'guard' | 'refuse';
}

/** A convention in use somewhere, with what one must know to recognise it. */
export interface NamedConvention extends Convention {
  readonly name: string;
  /** Where it is published. */
  readonly source: string;
  /** The operations it defines. */
  readonly ops: readonly Op[];
  /** The momentum as its own documentation writes it. */
  readonly momentumAsPublished: string;
  /** Which statistic that momentum is the weight of; `none` where the source has no momentum. `momentumFrom` reads it. */
  readonly momentumCounts: 'old' | 'new' | 'none';
  /** The axes over which its own documentation keeps the channel apart. */
  readonly axis: string;
  /** Differences that the record cannot say, and values that the source leaves open. */
  readonly remark: string;
}

const everyOp: readonly Op[] = ['forward-training', 'inference', 'backward', 'backward-frozen'];
const inferenceOps: readonly Op[] = ['inference', 'backward-frozen'];

/** The conventions that are in use, one row each. A row is data: a kernel reads the fields and knows no name. */
export const conventions: readonly NamedConvention[] = [
  {
    name: 'paper',
    eps: 1e-5,
    epsPlacement: 'inside-sqrt',
    normalizeDivisor: 'm',
    runningDivisor: 'm-1',
    momentum: 'cumulative',
    singleElement: 'refuse',
    ops: everyOp,
    source: 'Ioffe & Szegedy 2015, Algorithms 1 and 2, arXiv:1502.03167',
    momentumAsPublished: 'none: population statistics are the plain average over batches',
    momentumCounts: 'none',
    axis: 'C over N, H, W',
    remark: 'the paper gives eps no value; 1e-5 is chosen here. m/(m−1) of Algorithm 2 is undefined at m = 1',
  },
  {
    name: 'cs231n',
    eps: 1e-5,
    epsPlacement: 'inside-sqrt',
    normalizeDivisor: 'm',
    runningDivisor: 'm',
    momentum: 0.1,
    singleElement: 'nan',
    ops: everyOp,
    source: 'CS231n assignment 2, batchnorm_forward and batchnorm_backward',
    momentumAsPublished: '0.9, the weight of the old',
    momentumCounts: 'old',
    axis: '(N, D): one statistic a feature',
    remark: '',
  },
  {
    name: 'darknet',
    eps: 1e-6,
    epsPlacement: 'outside-sqrt',
    normalizeDivisor: 'm-1',
    runningDivisor: 'm-1',
    momentum: 0.01,
    singleElement: 'nan',
    ops: everyOp,
    source: 'pjreddie/darknet, src/blas.c and src/batchnorm_layer.c (CPU)',
    momentumAsPublished: '.99, the weight of the old',
    momentumCounts: 'old',
    axis: 'C of NCHW',
    remark: 'backward here is the gradient of this forward; the published backward uses 1e-5 inside the root and ÷m',
  },
  {
    name: 'darknet-alexeyab',
    eps: 1e-5,
    epsPlacement: 'inside-sqrt',
    normalizeDivisor: 'm-1',
    runningDivisor: 'm-1',
    momentum: 0.1,
    singleElement: 'nan',
    ops: everyOp,
    source: 'AlexeyAB/darknet, src/blas.c and src/batchnorm_layer.c (CPU)',
    momentumAsPublished: '.9, the weight of the old',
    momentumCounts: 'old',
    axis: 'C of NCHW',
    remark:
      'backward here is the gradient of this forward; the published CPU backward divides by m, mixes two places of eps and leaves dBeta at 0',
  },
  {
    name: 'pytorch',
    eps: 1e-5,
    epsPlacement: 'inside-sqrt',
    normalizeDivisor: 'm',
    runningDivisor: 'm-1',
    momentum: 0.1,
    singleElement: 'refuse',
    ops: everyOp,
    source: 'torch.nn.BatchNorm1d/2d/3d, defaults',
    momentumAsPublished: '0.1, the weight of the new',
    momentumCounts: 'new',
    axis: 'dimension 1',
    remark: 'momentum=None is the record with momentum "cumulative"',
  },
  {
    name: 'tensorflow',
    eps: 1e-3,
    epsPlacement: 'inside-sqrt',
    normalizeDivisor: 'm',
    runningDivisor: 'm-1',
    momentum: 1,
    singleElement: 'guard',
    ops: everyOp,
    source: 'tf.raw_ops.FusedBatchNormV3 as called by tf.nn.fused_batch_norm',
    momentumAsPublished: 'exponential_avg_factor = 1, the weight of the new',
    momentumCounts: 'new',
    axis: 'last (NHWC) by default',
    remark: 'an eps below 1.001e-5 is raised to it',
  },
  {
    name: 'keras',
    eps: 1e-3,
    epsPlacement: 'inside-sqrt',
    normalizeDivisor: 'm',
    runningDivisor: 'm',
    momentum: 0.01,
    singleElement: 'nan',
    ops: everyOp,
    source: 'keras.layers.BatchNormalization, Keras 3, defaults',
    momentumAsPublished: '0.99, the weight of the old',
    momentumCounts: 'old',
    axis: 'last by default',
    remark: '',
  },
  {
    name: 'onnx',
    eps: 1e-5,
    epsPlacement: 'inside-sqrt',
    normalizeDivisor: 'm',
    runningDivisor: 'm',
    momentum: 0.1,
    singleElement: 'nan',
    ops: everyOp,
    source: 'ONNX BatchNormalization, opset 15',
    momentumAsPublished: '0.9, the weight of the old',
    momentumCounts: 'old',
    axis: 'dimension 1',
    remark: 'opset 9 differs in training mode',
  },
  {
    name: 'webnn',
    eps: 1e-5,
    epsPlacement: 'inside-sqrt',
    normalizeDivisor: 'm',
    runningDivisor: 'm',
    momentum: 0,
    singleElement: 'nan',
    ops: inferenceOps,
    source: 'W3C WebNN, MLGraphBuilder.batchNormalization',
    momentumAsPublished: 'none: inference only, the statistics are given',
    momentumCounts: 'none',
    axis: 'the axis option, 1 by default',
    remark: 'divisors and momentum have no meaning here',
  },
  {
    name: 'onednn',
    eps: 1e-5,
    epsPlacement: 'inside-sqrt',
    normalizeDivisor: 'm',
    runningDivisor: 'm',
    momentum: 0.1,
    singleElement: 'nan',
    ops: everyOp,
    source: 'oneDNN batch normalization primitive',
    momentumAsPublished: "none: running statistics are the caller's",
    momentumCounts: 'none',
    axis: 'dimension 1',
    remark:
      'oneDNN has no default eps and keeps no running statistics; eps, runningDivisor and momentum are chosen here',
  },
  {
    name: 'cudnn',
    eps: 1e-5,
    epsPlacement: 'inside-sqrt',
    normalizeDivisor: 'm',
    runningDivisor: 'm-1',
    momentum: 0.1,
    singleElement: 'nan',
    ops: everyOp,
    source: 'cuDNN cudnnBatchNormalizationForwardTraining',
    momentumAsPublished: 'exponentialAverageFactor, the weight of the new, always given by the caller',
    momentumCounts: 'new',
    axis: 'C (per-activation mode is a problem with spatial folded into C)',
    remark: 'its saved "InvVariance" is an inverse standard deviation; eps and factor are chosen here',
  },
];

/** The row of this name, or undefined. */
export function conventionNamed(name: string): NamedConvention | undefined {
  return conventions.find((row) => row.name === name);
}

/**
 * The weight w of the new batch statistic.
 *
 * @param batchesTracked how many batches the running statistics already hold; read only where momentum is `cumulative`
 */
export function momentumWeight(convention: Convention, batchesTracked: number): number {
  return convention.momentum === 'cumulative' ? 1 / (batchesTracked + 1) : convention.momentum;
}

/**
 * A momentum as an implementation publishes it, as the contract's weight w of the new batch statistic:
 *
 *     momentumFrom('keras', 0.99)    // 0.01, up to rounding: Keras publishes the weight of the old
 *     momentumFrom('pytorch', 0.1)   // 0.1: PyTorch publishes the weight of the new
 *
 * The other way is the same subtraction, so that `momentumFrom('keras', w)` is also what to write into Keras for a weight
 * w, and `momentumFrom('keras', momentumFrom('pytorch', 0.1))` is PyTorch's 0.1 for Keras: 0.9. PyTorch's
 * momentum=None has no number: it is the record with momentum `cumulative`.
 *
 * @param convention the name of a row, or the row
 * @param published in 0…1
 * @throws {ProblemError} when there is no such convention, when it has no momentum, or when the number is out of range
 */
export function momentumFrom(convention: string | NamedConvention, published: number): number {
  const row = typeof convention === 'string' ? conventionNamed(convention) : convention;
  if (!row) {
    throw new ProblemError('convention', `one of ${conventions.map(({ name }) => name).join(', ')}`, `"${convention}"`);
  }
  if (row.momentumCounts === 'none') {
    throw new ProblemError('convention', 'one that publishes a momentum', `${row.name}, which has none`);
  }
  if (!(typeof published === 'number' && published >= 0 && published <= 1)) {
    throw new ProblemError('momentum', 'a number in 0…1', String(published));
  }
  return row.momentumCounts === 'old' ? 1 - published : published;
}

/** m or m−1 as a number, with `singleElement: 'guard'` applied. Zero only where the convention wants 0/0 = NaN. */
export function divisorOf(kind: 'm' | 'm-1', m: number, singleElement: Convention['singleElement']): number {
  if (kind === 'm') return m;
  return singleElement === 'guard' ? Math.max(m - 1, 1) : m - 1;
}
