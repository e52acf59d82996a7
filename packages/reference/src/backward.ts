import { divisorOf, type Problem } from '@normgauge/contract';
import { sum } from './float64.ts';
import {
  channelTensor,
  checked,
  type ExactGradients,
  fullTensor,
  gather,
  indicesOf,
  type RealTensors,
} from './tensors.ts';

/** Where q = σ·invStd is no larger, outside the root, the variance term is left out: see `Convention`. */
const vanishingQ = 2 ** -23;

/**
 * The gradient of forward-training, from the mean and invStd that it saved. With x̂ = (x−mean)·invStd:
 *
 *     dBeta = Σdy      dGamma = Σdy·x̂
 *     dx = gamma·invStd·[ dy − dBeta/m − x̂·dGamma/(d·q) ]
 *
 * d is the divisor that normalises; q is 1 with eps inside the root and σ·invStd = 1 − eps·invStd outside. There the
 * derivative does not exist at σ = 0, and where q ≤ 2⁻²³ the last term is 0.
 *
 * x and dy [N,C,…], gamma [C] when affine, mean and invStd [C] → dx [N,C,…], dGamma and dBeta [C] when affine; float64,
 * in new arrays. Whether mean and invStd are those of x is not checked: they are taken as they are.
 *
 * Ioffe & Szegedy 2015, section 3, the chain rule written out and collected, arXiv:1502.03167.
 *
 * @throws {ProblemError} when the problem has no meaning
 * @throws {ShapeError} when an input is absent or of another length
 */
export function backward(problem: Problem, inputs: RealTensors): ExactGradients {
  const { shape, convention, affine } = checked('backward', problem, inputs);
  const dx = fullTensor(problem);
  const dGamma = channelTensor(problem);
  const dBeta = channelTensor(problem);

  for (let c = 0; c < shape.c; c++) {
    const channel = indicesOf(problem, c);
    const m = channel.length;
    const d = divisorOf(convention.normalizeDivisor, m, convention.singleElement);
    const mean = inputs.mean![c]!;
    const invStd = inputs.invStd![c]!;
    const q = convention.epsPlacement === 'inside-sqrt' ? 1 : 1 - convention.eps * invStd;
    const gamma = affine ? inputs.gamma![c]! : 1;

    const dy = gather(inputs.dy!, channel);
    const xHat = gather(inputs.x!, channel).map((x) => (x - mean) * invStd);
    const sumDy = sum(dy);
    const sumDyXHat = sum(dy.map((g, i) => g * xHat[i]!));

    channel.forEach((at, i) => {
      const throughMean = sumDy / m;
      const throughVariance = q <= vanishingQ ? 0 : (xHat[i]! * sumDyXHat) / (d * q);
      dx[at] = gamma * invStd * (dy[i]! - throughMean - throughVariance);
    });
    dGamma[c] = sumDyXHat;
    dBeta[c] = sumDy;
  }
  return affine ? { dx, dGamma, dBeta } : { dx };
}
