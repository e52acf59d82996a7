import {
  divisorOf,
  elementsPerChannel,
  momentumWeight,
  type Problem,
  stridesOf,
  type Tensors,
} from '@normgauge/contract';

/** What a channel's results and their allowed errors are computed from, in float64. */
export interface ChannelTruth {
  /** Positions of the channel's elements in a full tensor. */
  readonly at: readonly number[];
  readonly gamma: number;
  readonly beta: number;
  readonly mean: number;
  readonly variance: number;
  readonly invStd: number;
  readonly dBeta: number;
  readonly dGamma: number;
  /** dGamma/(d·q), or 0 where the term is 0 by definition. */
  readonly projection: number;
}

/** The contract's outputs in float64, as written in its formulas, and what led to them. */
export interface Truth {
  readonly outputs: { readonly [name: string]: Float64Array };
  readonly channels: readonly ChannelTruth[];
}

function positions({ shape, layout }: Problem, channel: number): number[] {
  const { batchStride, channelStride, positionStride } = stridesOf(shape, layout);
  const perSample = elementsPerChannel(shape) / shape.n;
  return Array.from({ length: shape.n * perSample }, (_, i) => {
    return Math.floor(i / perSample) * batchStride + channel * channelStride + (i % perSample) * positionStride;
  });
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * BatchNorm from its definition, a channel at a time, nothing reused and nothing clever.
 * Ioffe & Szegedy 2015, Algorithm 1 and section 3; the variants as the contract's Convention states them.
 */
export function definition(problem: Problem, inputs: Tensors): Truth {
  const { op, shape, affine, convention } = problem;
  const m = elementsPerChannel(shape);
  const x = inputs.x!;
  const outputs = {
    full: new Float64Array(x.length),
    mean: new Float64Array(shape.c),
    invStd: new Float64Array(shape.c),
    runningMean: new Float64Array(shape.c),
    runningVar: new Float64Array(shape.c),
    dGamma: new Float64Array(shape.c),
    dBeta: new Float64Array(shape.c),
  };
  const inverse = (variance: number) =>
    convention.epsPlacement === 'inside-sqrt'
      ? 1 / Math.sqrt(variance + convention.eps)
      : 1 / (Math.sqrt(variance) + convention.eps);
  const divisor = (kind: 'm' | 'm-1') => divisorOf(kind, m, convention.singleElement);
  const w = op === 'forward-training' ? momentumWeight(convention, inputs.batchesTracked?.[0] ?? 0) : 0;

  const channels = Array.from({ length: shape.c }, (_, c): ChannelTruth => {
    const at = positions(problem, c);
    const values = at.map((i) => x[i]!);
    const gamma = affine ? inputs.gamma![c]! : 1;
    const beta = op !== 'backward' && op !== 'backward-frozen' && affine ? inputs.beta![c]! : 0;
    const frozen = op === 'inference' || op === 'backward-frozen';
    const mean = op === 'backward' ? inputs.mean![c]! : frozen ? inputs.runningMean![c]! : exactMean(values);
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const variance = frozen ? inputs.runningVar![c]! : squares / divisor(convention.normalizeDivisor);
    const invStd = op === 'backward' ? inputs.invStd![c]! : inverse(variance);

    if (op === 'forward-training') {
      outputs.mean[c] = mean;
      outputs.invStd[c] = invStd;
      outputs.runningMean[c] = (1 - w) * inputs.runningMean![c]! + w * mean;
      outputs.runningVar[c] = (1 - w) * inputs.runningVar![c]! + w * (squares / divisor(convention.runningDivisor));
    }
    let [dBeta, dGamma, projection] = [0, 0, 0];
    if (op === 'backward' || op === 'backward-frozen') {
      const dy = at.map((i) => inputs.dy![i]!);
      dBeta = dy.reduce((sum, value) => sum + value, 0);
      dGamma = dy.reduce((sum, value, i) => sum + value * (values[i]! - mean) * invStd, 0);
      const q = convention.epsPlacement === 'inside-sqrt' ? 1 : 1 - convention.eps * invStd;
      projection = op === 'backward-frozen' || q <= 2 ** -23 ? 0 : dGamma / (divisor(convention.normalizeDivisor) * q);
      outputs.dBeta[c] = dBeta;
      outputs.dGamma[c] = dGamma;
      at.forEach((i, k) => {
        const xHat = (values[k]! - mean) * invStd;
        const term = q <= 2 ** -23 ? 0 : xHat * projection;
        const inner = op === 'backward' ? dy[k]! - dBeta / m - term : dy[k]!;
        outputs.full[i] = gamma * invStd * inner;
      });
    } else {
      for (const i of at) outputs.full[i] = gamma * ((x[i]! - mean) * invStd) + beta;
    }
    return { at, gamma, beta, mean, variance, invStd, dBeta, dGamma, projection };
  });

  const { full, ...perChannel } = outputs;
  return { outputs: { ...perChannel, [op.startsWith('backward') ? 'dx' : 'y']: full }, channels };
}

/** Σ/m with its own rounding taken out, so that equal values have exactly themselves for a mean. */
function exactMean(values: readonly number[]): number {
  const mean = average(values);
  const correction = average(values.map((value) => value - mean));
  return Number.isFinite(correction) ? mean + correction : mean;
}
