import {
  divisorOf,
  elementsPerChannel,
  momentumWeight,
  type Problem,
  stridesOf,
  type Tensors,
} from '@normgauge/contract';

/** The outputs of a problem in float64, by name. */
type Exact = Readonly<Record<string, Float64Array>>;

/** What the allowed error of a channel is derived from. */
export interface ChannelFacts {
  readonly elements: readonly number[];
  readonly gamma: number;
  readonly beta: number;
  readonly mean: number;
  /** Σ(x−mean)²/m. */
  readonly variance: number;
  /** Of the variance that normalises. */
  readonly divisor: number;
  readonly invStd: number;
  /** σ·invStd, see Convention. */
  readonly q: number;
  /** Weight of the new batch statistic. */
  readonly weight: number;
  readonly dGamma: number;
  readonly dBeta: number;
}

export interface Solution {
  readonly outputs: Exact;
  readonly channels: readonly ChannelFacts[];
}

/** Addresses of the elements of one channel. */
export function elementsOfChannel({ shape, layout }: Problem, channel: number): number[] {
  const { batchStride, channelStride, positionStride } = stridesOf(shape, layout);
  const positions = elementsPerChannel(shape) / shape.n;
  return Array.from(
    { length: elementsPerChannel(shape) },
    (_, i) => Math.floor(i / positions) * batchStride + channel * channelStride + (i % positions) * positionStride,
  );
}

/** BatchNorm as the contract defines it, channel by channel, each formula once and in float64. */
export function naive(problem: Problem, inputs: Tensors): Solution {
  const { op, shape, convention } = problem;
  const { eps, epsPlacement, normalizeDivisor, runningDivisor, singleElement } = convention;
  const m = elementsPerChannel(shape);
  const full = (): Float64Array => new Float64Array(m * shape.c);
  const perChannel = (): Float64Array => new Float64Array(shape.c);
  const out = {
    y: full(),
    dx: full(),
    mean: perChannel(),
    invStd: perChannel(),
    runningMean: perChannel(),
    runningVar: perChannel(),
    dGamma: perChannel(),
    dBeta: perChannel(),
  };
  const weight = momentumWeight(convention, inputs.batchesTracked?.[0] ?? 0);
  const inverse = (v: number): number =>
    epsPlacement === 'inside-sqrt' ? 1 / Math.sqrt(v + eps) : 1 / (Math.sqrt(v) + eps);
  const training = op === 'forward-training';

  const channels = Array.from({ length: shape.c }, (_, c): ChannelFacts => {
    const elements = elementsOfChannel(problem, c);
    const x = inputs.x!;
    const gamma = inputs.gamma?.[c] ?? 1;
    const beta = inputs.beta?.[c] ?? 0;
    const divisor = divisorOf(normalizeDivisor, m, singleElement);
    const batchMean = elements.reduce((sum, i) => sum + x[i]!, 0) / m;
    const squares = elements.reduce((sum, i) => sum + (x[i]! - batchMean) ** 2, 0);
    const mean = training ? batchMean : (op === 'backward' ? inputs.mean! : inputs.runningMean!)[c]!;
    const variance = training ? squares / m : (inputs.runningVar?.[c] ?? 0);
    const invStd = training ? inverse(squares / divisor) : op === 'backward' ? inputs.invStd![c]! : inverse(variance);
    const q = epsPlacement === 'inside-sqrt' ? 1 : 1 - eps * invStd;

    let dGamma = 0;
    let dBeta = 0;
    for (const i of elements) {
      const xHat = (x[i]! - mean) * invStd;
      const dy = inputs.dy?.[i] ?? 0;
      out.y[i] = gamma * xHat + beta;
      dGamma += dy * xHat;
      dBeta += dy;
    }
    for (const i of elements) {
      const xHat = (x[i]! - mean) * invStd;
      const dy = inputs.dy?.[i] ?? 0;
      const throughVariance = q <= 2 ** -23 ? 0 : (xHat * dGamma) / (divisor * q);
      out.dx[i] = gamma * invStd * (op === 'backward' ? dy - dBeta / m - throughVariance : dy);
    }
    out.mean[c] = mean;
    out.invStd[c] = invStd;
    out.dGamma[c] = dGamma;
    out.dBeta[c] = dBeta;
    out.runningMean[c] = (1 - weight) * (inputs.runningMean?.[c] ?? 0) + weight * mean;
    const forRunning = squares / divisorOf(runningDivisor, m, singleElement);
    out.runningVar[c] = (1 - weight) * (inputs.runningVar?.[c] ?? 0) + weight * forRunning;
    return { elements, gamma, beta, mean, variance, divisor, invStd, q, weight, dGamma, dBeta };
  });
  return { outputs: out, channels };
}
