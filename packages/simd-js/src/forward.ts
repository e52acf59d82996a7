import { divisorOf, momentumWeight, stridesOf } from '@normgauge/contract';
import { invStdOf, updated } from './finish.ts';
import { gatherMoments, meanOf, squaresOf } from './moments.ts';
import type { Workspace } from './workspace.ts';

/**
 * Training forward: statistics of the batch, then y, block of channels by block.
 *
 * The mean stays float64 until it is subtracted; only what is stored is rounded.
 * Ioffe & Szegedy 2015, Algorithm 1, arXiv:1502.03167.
 */
export function forwardTraining(workspace: Workspace): void {
  const { problem, sweep, table, m, inputs, outputs } = workspace;
  const { channelStride } = stridesOf(problem.shape, problem.layout);
  const { c } = problem.shape;
  for (let first = 0; first < c; first += sweep.block) {
    const count = Math.min(sweep.block, c - first);
    gatherMoments(sweep, inputs.x!, table, first, count, m, channelStride);
    finishStatistics(workspace, first, count);
    sweep.normalise(inputs.x!, outputs.y!, table, first, count);
  }
}

/** Stores the statistics of the channels and turns their moments into the map from x to y. */
function finishStatistics({ problem, table, m, inputs, outputs }: Workspace, first: number, count: number): void {
  const { convention } = problem;
  const { normalizeDivisor, runningDivisor, singleElement } = convention;
  const normalizeBy = divisorOf(normalizeDivisor, m, singleElement);
  const runningBy = divisorOf(runningDivisor, m, singleElement);
  const w = momentumWeight(convention, inputs.batchesTracked?.[0] ?? 0);
  const { gamma, beta, runningMean, runningVar } = inputs;
  for (let c = first; c < first + count; c++) {
    const mean = meanOf(table, c, m);
    const squares = squaresOf(table, c, m);
    const invStd = invStdOf(squares / normalizeBy, convention);
    outputs.mean![c] = mean;
    outputs.invStd![c] = invStd;
    outputs.runningMean![c] = updated(runningMean![c]!, mean, w);
    outputs.runningVar![c] = updated(runningVar![c]!, squares / runningBy, w);
    table[3 * c] = mean;
    table[3 * c + 1] = (gamma?.[c] ?? 1) * invStd;
    table[3 * c + 2] = beta?.[c] ?? 0;
  }
}

/**
 * Inference: the map from x to y with the running statistics.
 *
 * Ioffe & Szegedy 2015, Algorithm 2, step 11, arXiv:1502.03167.
 */
export function inference({ problem, sweep, table, inputs, outputs }: Workspace): void {
  const { c: channels } = problem.shape;
  const { gamma, beta, runningMean, runningVar } = inputs;
  for (let c = 0; c < channels; c++) {
    table[3 * c] = runningMean![c]!;
    table[3 * c + 1] = (gamma?.[c] ?? 1) * invStdOf(runningVar![c]!, problem.convention);
    table[3 * c + 2] = beta?.[c] ?? 0;
  }
  sweep.normalise(inputs.x!, outputs.y!, table, 0, channels);
}
