import { invStdOf, varianceTerm } from './finish.ts';
import type { Workspace } from './workspace.ts';

/**
 * The gradient of training forward, from its saved mean and invStd: dBeta and dGamma, then dx, block of channels by block.
 *
 * Ioffe & Szegedy 2015, section 3, arXiv:1502.03167; the formula for every convention is that of `Convention`.
 */
export function backward(workspace: Workspace): void {
  const { problem, sweep, table, inputs, outputs } = workspace;
  const { c } = problem.shape;
  for (let first = 0; first < c; first += sweep.block) {
    const count = Math.min(sweep.block, c - first);
    gatherGradientSums(workspace, inputs.mean!, (at) => inputs.invStd![at]!, first, count);
    finishGradient(workspace, first, count);
    sweep.gradient(inputs.x!, inputs.dy!, outputs.dx!, table, first, count);
  }
}

/** Turns the gradient sums of the channels into the map from x and dy to dx. */
function finishGradient({ problem, table, m, inputs }: Workspace, first: number, count: number): void {
  for (let c = first; c < first + count; c++) {
    const invStd = inputs.invStd![c]!;
    const dBeta = table[4 * c + 2]!;
    const dGamma = table[4 * c + 3]!;
    table[4 * c + 1] = -invStd * varianceTerm(dGamma, invStd, m, problem.convention);
    table[4 * c + 2] = -dBeta / m;
    table[4 * c + 3] = (inputs.gamma?.[c] ?? 1) * invStd;
  }
}

/**
 * The gradient of inference, where the running statistics are constants: dx = gamma·invStd·dy, which is the map of
 * inference with another table, and dBeta and dGamma where they are outputs.
 */
export function backwardFrozen(workspace: Workspace): void {
  const { problem, sweep, table, inputs, outputs } = workspace;
  const { c: channels } = problem.shape;
  const invStd = (c: number): number => invStdOf(inputs.runningVar![c]!, problem.convention);
  for (let first = 0; first < channels; first += sweep.block) {
    const count = Math.min(sweep.block, channels - first);
    if (problem.affine) gatherGradientSums(workspace, inputs.runningMean!, invStd, first, count);
    for (let c = first; c < first + count; c++) {
      table[3 * c] = 0;
      table[3 * c + 1] = (inputs.gamma?.[c] ?? 1) * invStd(c);
      table[3 * c + 2] = 0;
    }
    sweep.normalise(inputs.dy!, outputs.dx!, table, first, count);
  }
}

/** Fills the gradient sums of the channels, and stores dBeta and dGamma where they are outputs. */
function gatherGradientSums(
  { sweep, table, inputs, outputs }: Workspace,
  mean: Float32Array,
  invStd: (c: number) => number,
  first: number,
  count: number,
): void {
  for (let c = first; c < first + count; c++) {
    table[4 * c] = mean[c]!;
    table[4 * c + 1] = invStd(c);
    table[4 * c + 2] = 0;
    table[4 * c + 3] = 0;
  }
  sweep.addGradientSums(inputs.x!, inputs.dy!, table, first, count);
  for (let c = first; c < first + count; c++) {
    if (outputs.dBeta) outputs.dBeta[c] = table[4 * c + 2]!;
    if (outputs.dGamma) outputs.dGamma[c] = table[4 * c + 3]!;
  }
}
