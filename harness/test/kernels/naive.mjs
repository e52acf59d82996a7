import { divisorOf, elementsPerChannel, fromFunctions, momentumWeight, stridesOf } from '@normgauge/contract';

/*
 * A correct kernel, written from the definition in the plainest way, and the places where a test may break it:
 *
 *   divisor(kind)      the divisor a convention asks for
 *   invStd(variance)   1/√(σ²+eps) or 1/(√σ²+eps)
 *   write(s, length)   whether element s of a row is written
 */
const correct = {
  divisor: (kind, m, { singleElement }) => divisorOf(kind, m, singleElement),
  invStd: (variance, { eps, epsPlacement }) =>
    epsPlacement === 'inside-sqrt' ? 1 / Math.sqrt(variance + eps) : 1 / (Math.sqrt(variance) + eps),
  write: () => true,
};

/** A backend that is right but for what `deviation` replaces. */
export function naive(id, deviation = {}) {
  const { divisor, invStd, write } = { ...correct, ...deviation };

  /** Calls visit(index, c, s) for every element of channel c. */
  const inChannel = ({ shape, layout }, c, visit) => {
    const { batchStride, channelStride, positionStride } = stridesOf(shape, layout);
    const positions = shape.spatial.reduce((product, size) => product * size, 1);
    for (let n = 0; n < shape.n; n++) {
      for (let s = 0; s < positions; s++) {
        visit(n * batchStride + c * channelStride + s * positionStride, s, positions);
      }
    }
  };

  const normalise = (problem, { x, gamma, beta }, c, mean, r, y) => {
    inChannel(problem, c, (i, s, positions) => {
      if (write(s, positions)) y[i] = (gamma?.[c] ?? 1) * (x[i] - mean) * r + (beta?.[c] ?? 0);
    });
  };

  const differentiate = (problem, { x, dy, gamma }, c, mean, r, frozen, out) => {
    const { convention, shape } = problem;
    const m = elementsPerChannel(shape);
    let dBeta = 0;
    let dGamma = 0;
    inChannel(problem, c, (i) => {
      dBeta += dy[i];
      dGamma += dy[i] * (x[i] - mean) * r;
    });
    const q = convention.epsPlacement === 'inside-sqrt' ? 1 : 1 - convention.eps * r;
    const slope = q <= 2 ** -23 ? 0 : dGamma / (divisor(convention.normalizeDivisor, m, convention) * q);
    inChannel(problem, c, (i, s, positions) => {
      const mean1 = frozen ? 0 : dBeta / m + (x[i] - mean) * r * slope;
      if (write(s, positions)) out.dx[i] = (gamma?.[c] ?? 1) * r * (dy[i] - mean1);
    });
    if (out.dGamma) out.dGamma[c] = dGamma;
    if (out.dBeta) out.dBeta[c] = dBeta;
  };

  const gradients = (problem, { x }) => ({
    dx: new Float32Array(x.length),
    ...(problem.affine && {
      dGamma: new Float32Array(problem.shape.c),
      dBeta: new Float32Array(problem.shape.c),
    }),
  });

  return fromFunctions({
    id,
    version: '1.0.0',
    forwardTraining(inputs, problem) {
      const { x, runningMean, runningVar, batchesTracked } = inputs;
      const { convention, shape } = problem;
      const m = elementsPerChannel(shape);
      const channel = () => new Float32Array(shape.c);
      const out = {
        y: new Float32Array(x.length),
        mean: channel(),
        invStd: channel(),
        runningMean: channel(),
        runningVar: channel(),
      };
      const weight = momentumWeight(convention, batchesTracked?.[0] ?? 0);
      for (let c = 0; c < shape.c; c++) {
        let sum = 0;
        inChannel(problem, c, (i) => {
          sum += x[i];
        });
        const mean = sum / m;
        let squares = 0;
        inChannel(problem, c, (i) => {
          squares += (x[i] - mean) ** 2;
        });
        const r = invStd(squares / divisor(convention.normalizeDivisor, m, convention), convention);
        normalise(problem, inputs, c, mean, r, out.y);
        out.mean[c] = mean;
        out.invStd[c] = r;
        out.runningMean[c] = (1 - weight) * runningMean[c] + weight * mean;
        out.runningVar[c] =
          (1 - weight) * runningVar[c] + (weight * squares) / divisor(convention.runningDivisor, m, convention);
      }
      return out;
    },
    inference(inputs, problem) {
      const y = new Float32Array(inputs.x.length);
      for (let c = 0; c < problem.shape.c; c++) {
        normalise(problem, inputs, c, inputs.runningMean[c], invStd(inputs.runningVar[c], problem.convention), y);
      }
      return { y };
    },
    backward(inputs, problem) {
      const out = gradients(problem, inputs);
      for (let c = 0; c < problem.shape.c; c++) {
        differentiate(problem, inputs, c, inputs.mean[c], inputs.invStd[c], false, out);
      }
      return out;
    },
    backwardFrozen(inputs, problem) {
      const out = gradients(problem, inputs);
      for (let c = 0; c < problem.shape.c; c++) {
        const r = invStd(inputs.runningVar[c], problem.convention);
        differentiate(problem, inputs, c, inputs.runningMean[c], r, true, out);
      }
      return out;
    },
  });
}
