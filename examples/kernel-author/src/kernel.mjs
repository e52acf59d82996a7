import { divisorOf, fromFunctions, momentumWeight } from '@normgauge/contract';

/** The consecutive elements of one channel in NCHW, one row a sample: [start, end) each. */
function rowsOf(channel, { n, c, spatial }) {
  const length = spatial.reduce((product, size) => product * size, 1);
  return Array.from({ length: n }, (_, sample) => {
    const start = (sample * c + channel) * length;
    return { start, end: start + length };
  });
}

/** Calls `visit` with the index of every element of a channel. */
function forEachElement(rows, visit) {
  for (const { start, end } of rows) for (let i = start; i < end; i++) visit(i);
}

/** y = gamma·(x − mean)·invStd + beta with the batch's own statistics; sums in float64, as numbers are in JavaScript. */
function forwardTraining({ x, gamma, beta, runningMean, runningVar, batchesTracked }, { shape, convention }) {
  const m = x.length / shape.c;
  const weight = momentumWeight(convention, batchesTracked?.[0] ?? 0);
  const y = new Float32Array(x.length);
  const saved = { mean: new Float32Array(shape.c), invStd: new Float32Array(shape.c) };
  const running = { runningMean: runningMean.slice(), runningVar: runningVar.slice() };
  for (let c = 0; c < shape.c; c++) {
    const rows = rowsOf(c, shape);
    let sum = 0;
    forEachElement(rows, (i) => (sum += x[i]));
    const mean = sum / m;
    let squares = 0;
    forEachElement(rows, (i) => (squares += (x[i] - mean) ** 2));
    const invStd = 1 / Math.sqrt(squares / m + convention.eps);
    const scale = (gamma?.[c] ?? 1) * invStd;
    forEachElement(rows, (i) => (y[i] = (x[i] - mean) * scale + (beta?.[c] ?? 0)));
    saved.mean[c] = mean;
    saved.invStd[c] = invStd;
    const variance = squares / divisorOf(convention.runningDivisor, m, convention.singleElement);
    running.runningMean[c] = (1 - weight) * runningMean[c] + weight * mean;
    running.runningVar[c] = (1 - weight) * runningVar[c] + weight * variance;
  }
  return { y, ...saved, ...running };
}

/** y with the running statistics. */
function inference({ x, gamma, beta, runningMean, runningVar }, { shape, convention }) {
  const y = new Float32Array(x.length);
  for (let c = 0; c < shape.c; c++) {
    const scale = (gamma?.[c] ?? 1) / Math.sqrt(runningVar[c] + convention.eps);
    forEachElement(rowsOf(c, shape), (i) => (y[i] = (x[i] - runningMean[c]) * scale + (beta?.[c] ?? 0)));
  }
  return { y };
}

/** dx = gamma·invStd·(dy − Σdy/m − x̂·Σ(dy·x̂)/m), dGamma = Σ(dy·x̂), dBeta = Σdy. */
function backward({ x, dy, gamma, mean, invStd }, { shape }) {
  const m = x.length / shape.c;
  const dx = new Float32Array(x.length);
  const dGamma = new Float32Array(shape.c);
  const dBeta = new Float32Array(shape.c);
  for (let c = 0; c < shape.c; c++) {
    const rows = rowsOf(c, shape);
    const xHat = (i) => (x[i] - mean[c]) * invStd[c];
    let sum = 0;
    let dot = 0;
    forEachElement(rows, (i) => {
      sum += dy[i];
      dot += dy[i] * xHat(i);
    });
    const scale = (gamma?.[c] ?? 1) * invStd[c];
    forEachElement(rows, (i) => (dx[i] = scale * (dy[i] - sum / m - (xHat(i) * dot) / m)));
    dGamma[c] = dot;
    dBeta[c] = sum;
  }
  return { dx, ...(gamma && { dGamma, dBeta }) };
}

function supports({ layout, convention }) {
  if (layout !== 'nchw') return 'does nchw only';
  if (convention.epsPlacement !== 'inside-sqrt') return 'adds eps inside the root only';
  return convention.normalizeDivisor === 'm' || 'divides by m only';
}

export const openBackend = fromFunctions({
  id: 'kernel-author',
  version: '1.0.0',
  supports,
  forwardTraining,
  inference,
  backward,
});
