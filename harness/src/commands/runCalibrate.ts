import { loadavg } from 'node:os';
import { alignedColumns } from '../alignedColumns.ts';
import { backends } from '../backends.ts';
import { type Case, caseAt } from '../cases/case.ts';
import { seedOf, uniformFrom } from '../cases/random.ts';
import { selectCases } from '../cases/select.ts';
import {
  type Calibration,
  calibrationRow,
  calibrationTable,
  keepCalibration,
  machineName,
  type Trial,
} from '../gate/calibration.ts';
import { abortOnSignal } from './candidates.ts';
import { exitStatus } from './exitStatus.ts';
import { hostLimits } from './hostLimits.ts';
import { progressOn } from './progress.ts';

/** Options of `gate --calibrate`, as the command line gives them. */
export interface CalibrateOptions {
  readonly backend: readonly string[];
  readonly case: readonly string[];
  readonly suite: string;
  readonly seed: number;
  /** Seconds. */
  readonly budget: number;
  readonly timeLimit: number;
  /** Of unchanged code; a third as many of each amount of more work. */
  readonly trials: number;
  readonly json: boolean;
  readonly quiet: boolean;
}

/** How much more time is tried. */
const effects = [0.03, 0.05, 0.1] as const;

/** Sizes of those that `standard` times, with a batch of which small shares can be done again; and a very small one. */
const usualCases = [
  'forward-training/nchw/100x16x14x14/normal/pytorch',
  'inference/nchw/100x16x14x14/normal/pytorch',
  'backward/nchw/100x16x14x14/normal/pytorch',
  'inference/nchw/1x32x14x14/normal/pytorch',
];

function casesOf({ case: patterns, suite }: CalibrateOptions): readonly Case[] {
  if (patterns.length === 0) return usualCases.map((id) => caseAt(id));
  return selectCases({ suite, patterns, conventions: [] });
}

/**
 * Measures how often the gate errs on this machine: with unchanged code, and with the same code made to do more work.
 * Keeps and prints the table; returns the exit status.
 *
 * @throws {UsageError} when the options make no sense
 */
export async function runCalibrate(options: CalibrateOptions): Promise<number> {
  const cases = casesOf(options);
  const asked =
    options.backend.length > 0
      ? [...new Set(options.backend)]
      : backends.filter(({ onlyNamed }) => !onlyNamed).map(({ id }) => id);
  const { calibrateBackend } = await import('./calibrateBackend.ts');
  const { signal, release } = abortOnSignal([]);
  const progress = progressOn(process.stderr, options.quiet);
  const calibrations: Calibration[] = [];
  let kept = '';
  try {
    for (const name of asked) {
      if (signal.aborted) break;
      const before = loadavg()[0] ?? 0;
      const found = await calibrateBackend(name, {
        cases,
        effects,
        unchanged: options.trials,
        changed: Math.ceil(options.trials / 3),
        seed: options.seed,
        uniform: uniformFrom(seedOf('calibrate', options.seed, name)),
        budget: options.budget * 1000,
        limit: options.timeLimit * 1000,
        hosts: hostLimits(cases, options.timeLimit, undefined),
        signal,
        onProgress: (done, total) => progress.update(done, total, name),
        onLine: (line) => progress.line(line),
      });
      if (!found || signal.aborted) continue;
      const rows = [...found.trials].map(([effect, trials]: [number, readonly Trial[]]) =>
        calibrationRow(effect, trials),
      );
      const calibration: Calibration = {
        backend: found.id,
        version: found.version,
        measuredAt: new Date().toISOString(),
        cases: cases.map(({ id }) => id),
        rows,
        load: [before, loadavg()[0] ?? 0],
        software: found.software,
      };
      calibrations.push(calibration);
      kept = keepCalibration(calibration);
    }
  } finally {
    release();
    progress.end();
  }
  if (options.json) process.stdout.write(`${JSON.stringify({ machine: machineName(), calibrations })}\n`);
  else if (!options.quiet && calibrations.length > 0) {
    const table = alignedColumns(calibrationTable(calibrations));
    process.stdout.write(`${machineName()}\n${table}\nbounds at 95 %; kept in ${kept}\n`);
  }
  if (signal.aborted) return exitStatus.interrupted;
  return calibrations.length > 0 ? exitStatus.good : exitStatus.couldNotRun;
}
