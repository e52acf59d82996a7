import { elementsPerChannel, type Problem, type TensorName, type Tensors } from '@normgauge/contract';
import type { ChannelFacts, Solution } from './naive.ts';

/** Unit roundoff of float32. */
const u = 2 ** -24;

/** The smallest normal float32: what a flush to zero can take from a product. */
const flushed = 2 ** -126;

/**
 * Relative error of a sum of depth h (Higham 2002, Accuracy and Stability, chapters 3 and 4; Higham & Mary 2019,
 * doi:10.1137/18M1226312).
 */
const g = (h: number): number => Math.min((h * u) / (1 - h * u), Math.exp(8 * Math.sqrt(h) * u) - 1);

/** Allowed absolute errors of one channel: of each element by its address, and of each tensor of one element a channel. */
interface Allowed {
  readonly full: (address: number) => number;
  readonly channel: Readonly<Partial<Record<TensorName, number>>>;
}

/**
 * How far a careful float32 kernel may stray, whatever it declares: two passes, and sums as deep as a tree
 * (h = ⌈log2 m⌉ + 8). This is the bound of accuracy grade A.
 */
function allowed(problem: Problem, inputs: Tensors, facts: ChannelFacts, channel: number): Allowed {
  const { op, convention } = problem;
  const m = elementsPerChannel(problem.shape);
  const h = Math.ceil(Math.log2(m)) + 8;
  const x = inputs.x!;
  const { elements, gamma, beta, mean, variance, divisor, invStd, q, weight } = facts;
  const training = op === 'forward-training';

  const meanAbs = elements.reduce((sum, i) => sum + Math.abs(x[i]!), 0) / m;
  const dMean = training ? g(h + 1) * meanAbs + u * Math.abs(mean) : 0;
  const dVariance = training ? g(h + 4) * variance + dMean ** 2 + 2 * u * Math.abs(mean) * dMean : 0;
  const normalising = training ? (variance * m) / divisor : variance;
  const dNormalising = (dVariance * m) / divisor;
  const c = 6 * u;
  const deviation = Math.sqrt(normalising);
  const dDeviation =
    deviation === 0 ? Math.sqrt(dNormalising) : Math.min(dNormalising / (2 * deviation), Math.sqrt(dNormalising));
  const rho =
    convention.epsPlacement === 'inside-sqrt'
      ? dNormalising / (2 * (normalising + convention.eps)) + c
      : dDeviation / (deviation + convention.eps) + c;
  const ownRho = op === 'backward' ? 0 : rho;
  const xHatOf = (i: number): number => (x[i]! - mean) * invStd;
  const dXHat = (i: number): number => invStd * dMean + (ownRho + 3 * u) * Math.abs(xHatOf(i)) + flushed;

  if (training || op === 'inference') {
    const newMean = weight * mean;
    const oldMean = (1 - weight) * (inputs.runningMean?.[channel] ?? 0);
    const newVariance = weight * variance * 2;
    const oldVariance = (1 - weight) * (inputs.runningVar?.[channel] ?? 0);
    return {
      full: (i) =>
        Math.abs(gamma) * dXHat(i) +
        2 * u * Math.abs(gamma * xHatOf(i)) +
        u * Math.abs(gamma * xHatOf(i) + beta) +
        flushed,
      channel: {
        mean: dMean + flushed,
        invStd: rho * invStd + flushed,
        runningMean: weight * dMean + 3 * u * (Math.abs(newMean) + Math.abs(oldMean)) + flushed,
        runningVar:
          weight * dVariance * (m / Math.max(m - 1, 1)) + 3 * u * (newVariance + Math.abs(oldVariance)) + flushed,
      },
    };
  }
  const dy = inputs.dy!;
  const sum = (of: (i: number) => number): number => elements.reduce((total, i) => total + of(i), 0);
  const dBetaError = g(h + 1) * sum((i) => Math.abs(dy[i]!)) + flushed;
  const dGammaError =
    g(h + 4) * sum((i) => Math.abs(dy[i]! * xHatOf(i))) + sum((i) => Math.abs(dy[i]!) * dXHat(i) + flushed);
  const share = q <= 2 ** -23 ? 0 : 1 / (divisor * q);
  const factor = Math.abs(gamma) * invStd;
  return {
    full: (i) => {
      if (op === 'backward-frozen') return (ownRho + 3 * u) * factor * Math.abs(dy[i]!) + 2 * flushed * (1 + factor);
      const throughVariance = Math.abs(xHatOf(i) * facts.dGamma) * share;
      const bracket =
        4 * u * (Math.abs(dy[i]!) + Math.abs(facts.dBeta) / m + 2 * throughVariance) +
        dBetaError / m +
        Math.abs(xHatOf(i)) * dGammaError * share +
        dXHat(i) * Math.abs(facts.dGamma) * share;
      const dx = Math.abs(dy[i]! - facts.dBeta / m - xHatOf(i) * facts.dGamma * share) * factor;
      return factor * bracket + 4 * u * dx + 4 * flushed * (1 + factor);
    },
    channel: { dGamma: dGammaError, dBeta: dBetaError },
  };
}

/** The worst element of a tensor. */
export interface Worst {
  readonly tensor: string;
  /** Error ÷ allowed error; Infinity for NaN where a number was expected. */
  readonly ratio: number;
  readonly channel: number;
  readonly index: number;
  readonly got: number;
  readonly expected: number;
}

function ratioOf(got: number, expected: number, allowedError: number): number {
  if (Object.is(got, expected) || got === expected) return 0;
  const ratio = Math.abs(got - expected) / allowedError;
  return Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio;
}

/** Compares every output with the float64 solution; one row a tensor. What overflows float32 there is infinite here. */
export function compare(problem: Problem, inputs: Tensors, got: Tensors, { outputs, channels }: Solution): Worst[] {
  return (Object.entries(got) as [TensorName, Float32Array][]).map(([tensor, values]) => {
    const full =
      values.length === elementsPerChannel(problem.shape) * problem.shape.c && (tensor === 'y' || tensor === 'dx');
    let worst: Worst = { tensor, ratio: 0, channel: 0, index: 0, got: 0, expected: 0 };
    channels.forEach((facts, channel) => {
      const limit = allowed(problem, inputs, facts, channel);
      for (const index of full ? facts.elements : [channel]) {
        const expected = outputs[tensor]![index]!;
        const representable = Math.abs(expected) > 3.4028235677973366e38 ? Math.fround(expected) : expected;
        const ratio = ratioOf(values[index]!, representable, full ? limit.full(index) : limit.channel[tensor]!);
        if (!(ratio <= worst.ratio)) worst = { tensor, ratio, channel, index, got: values[index]!, expected };
      }
    });
    return worst;
  });
}
