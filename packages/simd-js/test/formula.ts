import {
  type Convention,
  divisorOf,
  elementsPerChannel,
  momentumWeight,
  outputsOf,
  type Problem,
  positionsOf,
  stridesOf,
  type TensorName,
  type Tensors,
} from '@normgauge/contract';

/**
 * What one element of an output should be, and by how much a kernel that sums in float64 and rounds once may differ.
 *
 *     allowed = u·|value| + 2⁻¹⁵⁰ + float64
 *
 * u·|value| + 2⁻¹⁵⁰ is the rounding at the store, to a normal or a subnormal number. `float64` is what two float64
 * computations of the same thing may differ by: with g = (m + 32)·2⁻⁵³, g times the sum of the absolute values of all
 * that was added (Higham, Accuracy and Stability, section 4.2), carried through the formulas by first derivatives.
 */
export interface Expected {
  readonly value: number;
  readonly allowed: number;
}

export type Expectations = { readonly [name in TensorName]?: readonly Expected[] };

const u = 2 ** -24;

function rounded(value: number, float64: number): Expected {
  return { value, allowed: u * Math.abs(value) + 2 ** -150 + float64 };
}

/** Indices of the elements of channel c. */
function channelOf({ shape, layout }: Problem, c: number): number[] {
  const { batchStride, channelStride, positionStride } = stridesOf(shape, layout);
  const indices: number[] = [];
  for (let n = 0; n < shape.n; n++) {
    for (let s = 0; s < positionsOf(shape); s++) {
      indices.push(n * batchStride + c * channelStride + s * positionStride);
    }
  }
  return indices;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function invStdOf(variance: number, { eps, epsPlacement }: Convention): number {
  return epsPlacement === 'inside-sqrt' ? 1 / Math.sqrt(variance + eps) : 1 / (Math.sqrt(variance) + eps);
}

/** Relative change of invStd when the variance changes by `change`. */
function invStdChange(variance: number, change: number, { eps, epsPlacement }: Convention): number {
  if (epsPlacement === 'inside-sqrt') return change / (2 * (variance + eps));
  const std = Math.sqrt(variance);
  return Math.min(change / (2 * std), Math.sqrt(change)) / (std + eps);
}

/** The outputs of a problem as `Convention` writes the formulas, channel by channel, in float64. */
export function formula(problem: Problem, inputs: Tensors): Expectations {
  const full: Record<string, Expected[]> = {};
  for (const { name, length } of outputsOf(problem)) full[name] = new Array(length);
  for (let c = 0; c < problem.shape.c; c++) {
    const channel = channelOf(problem, c);
    const results = operation[problem.op](problem, inputs, channel, c);
    for (const { name, extent } of outputsOf(problem)) {
      if (extent === 'channel') full[name]![c] = results[name]![0]!;
      else for (const [k, i] of channel.entries()) full[name]![i] = results[name]![k]!;
    }
  }
  return full;
}

type Operation = (problem: Problem, inputs: Tensors, channel: number[], c: number) => Record<string, Expected[]>;

const operation: Record<Problem['op'], Operation> = {
  'forward-training': forwardTraining,
  inference,
  backward: (problem, inputs, channel, c) =>
    gradients(problem, inputs, channel, c, inputs.mean![c]!, inputs.invStd![c]!, true),
  'backward-frozen': (problem, inputs, channel, c) =>
    gradients(
      problem,
      inputs,
      channel,
      c,
      inputs.runningMean![c]!,
      invStdOf(inputs.runningVar![c]!, problem.convention),
      false,
    ),
};

function forwardTraining({ shape, convention }: Problem, inputs: Tensors, channel: number[], c: number) {
  const { normalizeDivisor, runningDivisor, singleElement } = convention;
  const m = elementsPerChannel(shape);
  const g = (m + 32) * 2 ** -53;
  const x = channel.map((i) => inputs.x![i]!);
  const mean = sum(x) / m;
  const meanError = 4 * g * Math.max(...x.map(Math.abs));
  const squares = sum(x.map((value) => (value - mean) ** 2));
  // Shifted sums may cancel: |mean−shift| is up to 16 σ, so Σd² up to 257 times the result.
  const squaresError = 2 * 257 * g * squares + m * meanError ** 2;
  const divisor = divisorOf(normalizeDivisor, m, singleElement);
  const runningBy = divisorOf(runningDivisor, m, singleElement);
  const invStd = invStdOf(squares / divisor, convention);
  const relative = invStdChange(squares / divisor, squaresError / divisor, convention) + g;
  const w = momentumWeight(convention, inputs.batchesTracked?.[0] ?? 0);
  const oldMean = inputs.runningMean![c]!;
  const oldVar = inputs.runningVar![c]!;
  const gamma = inputs.gamma?.[c] ?? 1;
  const beta = inputs.beta?.[c] ?? 0;
  return {
    y: x.map((value) => {
      const xHat = (value - mean) * invStd;
      const error = Math.abs(gamma) * (invStd * meanError + (relative + g) * Math.abs(xHat)) + g * Math.abs(beta);
      return rounded(gamma * xHat + beta, error);
    }),
    mean: [rounded(mean, meanError)],
    invStd: [rounded(invStd, relative * invStd)],
    runningMean: [rounded((1 - w) * oldMean + w * mean, w * meanError + g * Math.abs(oldMean))],
    runningVar: [
      rounded((1 - w) * oldVar + (w * squares) / runningBy, (w * squaresError) / runningBy + g * Math.abs(oldVar)),
    ],
  };
}

function inference({ convention }: Problem, inputs: Tensors, channel: number[], c: number) {
  const invStd = invStdOf(inputs.runningVar![c]!, convention);
  const gamma = inputs.gamma?.[c] ?? 1;
  const beta = inputs.beta?.[c] ?? 0;
  const y = channel.map((i) => {
    const xHat = (inputs.x![i]! - inputs.runningMean![c]!) * invStd;
    return rounded(gamma * xHat + beta, 8 * 2 ** -53 * (Math.abs(gamma * xHat) + Math.abs(beta)));
  });
  return { y };
}

function gradients(
  { shape, convention }: Problem,
  inputs: Tensors,
  channel: number[],
  c: number,
  mean: number,
  invStd: number,
  training: boolean,
) {
  const m = elementsPerChannel(shape);
  const g = (m + 32) * 2 ** -53;
  const gamma = inputs.gamma?.[c] ?? 1;
  const dy = channel.map((i) => inputs.dy![i]!);
  const xHat = channel.map((i) => (inputs.x![i]! - mean) * invStd);
  const dBeta = sum(dy);
  const dGamma = sum(dy.map((value, k) => value * xHat[k]!));
  const sizeOfDBeta = sum(dy.map(Math.abs));
  const sizeOfDGamma = sum(dy.map((value, k) => Math.abs(value * xHat[k]!)));
  const d = divisorOf(convention.normalizeDivisor, m, convention.singleElement);
  const q = convention.epsPlacement === 'inside-sqrt' ? 1 : 1 - convention.eps * invStd;
  const dx = dy.map((value, k) => {
    if (!training) return rounded(gamma * invStd * value, g * Math.abs(gamma * invStd * value));
    const variancePart = q <= 2 ** -23 ? 0 : (xHat[k]! * dGamma) / (d * q);
    const sizeOfVariancePart = q <= 2 ** -23 ? 0 : Math.abs(xHat[k]! / (d * q)) * sizeOfDGamma;
    return rounded(
      gamma * invStd * (value - dBeta / m - variancePart),
      2 * g * Math.abs(gamma * invStd) * (Math.abs(value) + sizeOfDBeta / m + sizeOfVariancePart),
    );
  });
  return { dx, dBeta: [rounded(dBeta, g * sizeOfDBeta)], dGamma: [rounded(dGamma, g * sizeOfDGamma)] };
}
