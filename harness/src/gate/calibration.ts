import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { dirname } from 'node:path';
import { quantile } from '../measure/distribution.ts';
import { type Share, shareOf } from './binomial.ts';
import {
  agreeing,
  alphaFor,
  type Conclusion,
  looks,
  looksAtPlaces,
  mostAttempts,
  mostProcesses,
  mostSuspecting,
  usualMargins,
} from './sequential.ts';
import { cacheFolder } from './tree/cacheFolder.ts';

/** One case that the gate decided, knowing what the right answer is. */
export interface Trial {
  readonly conclusion: Conclusion;
  /** Head's time to base's, as it was estimated. */
  readonly ratio: number;
  readonly seconds: number;
}

/** What became of the trials with so much more work. */
export interface CalibrationRow {
  /** Share of the work that was done once more; 0 is unchanged code. */
  readonly extraWork: number;
  readonly failed: Share;
  readonly passed: Share;
  readonly inconclusive: number;
  readonly invalid: number;
  /** Median over the trials of head's time to base's: what the extra work really took. */
  readonly seen: number;
  readonly medianSeconds: number;
  readonly p95Seconds: number;
}

/** The gate's own errors with one backend on one machine. */
export interface Calibration {
  readonly backend: string;
  readonly version: string;
  readonly measuredAt: string;
  readonly cases: readonly string[];
  readonly rows: readonly CalibrationRow[];
  /** Load average when it began and when it ended. */
  readonly load: readonly [number, number];
  readonly software: boolean;
}

interface Document {
  readonly version: 1;
  readonly machine: string;
  /** The settings that the numbers hold for. */
  readonly settings: string;
  readonly backends: { readonly [id: string]: Calibration };
}

/** What a calibration holds for, in words. */
export function machineName(): string {
  return `${cpus()[0]?.model.trim() || 'unknown'}, ${cpus().length} cores, ${platform()} ${arch()}, Node ${process.versions.node}`;
}

const settings = JSON.stringify({
  usualMargins,
  looks,
  looksAtPlaces,
  agreeing,
  mostProcesses,
  mostSuspecting,
  mostAttempts,
  alpha: alphaFor(1),
});

function fileOf(machine: string): string {
  const key = createHash('sha256').update(`${machine}\n${settings}`).digest('hex').slice(0, 16);
  return cacheFolder('calibrations', `${key}.json`);
}

/** The table of one kind of trials. */
export function calibrationRow(extraWork: number, trials: readonly Trial[]): CalibrationRow {
  const count = (wanted: Conclusion): number => trials.filter(({ conclusion }) => conclusion === wanted).length;
  const sorted = (of: (trial: Trial) => number): Float64Array => Float64Array.from(trials, of).sort();
  const seconds = sorted((trial) => trial.seconds);
  return {
    extraWork,
    failed: shareOf(count('fail'), trials.length),
    passed: shareOf(count('pass'), trials.length),
    inconclusive: count('inconclusive'),
    invalid: count('invalid'),
    seen: quantile(
      sorted((trial) => trial.ratio),
      0.5,
    ),
    medianSeconds: quantile(seconds, 0.5),
    p95Seconds: quantile(seconds, 0.95),
  };
}

/** Whether this is what an earlier calibration on this machine left; a file that is not is passed over like none. */
function isDocument(value: unknown, machine: string): value is Document {
  const document = value as Partial<Document> | null;
  return document?.version === 1 && document.machine === machine && typeof document.backends === 'object';
}

/** What was measured on this machine with these settings, by backend. */
export function readCalibrations(machine: string = machineName()): Document['backends'] {
  try {
    const value: unknown = JSON.parse(readFileSync(fileOf(machine), 'utf8'));
    return isDocument(value, machine) ? value.backends : {};
  } catch {
    return {};
  }
}

/** Keeps a calibration as the latest of its backend; answers the file. */
export function keepCalibration(calibration: Calibration, machine: string = machineName()): string {
  const path = fileOf(machine);
  const backends = { ...readCalibrations(machine), [calibration.backend]: calibration };
  mkdirSync(dirname(path), { recursive: true });
  const beside = `${path}.${process.pid}`;
  writeFileSync(beside, `${JSON.stringify({ version: 1, machine, settings, backends } satisfies Document, null, 1)}\n`);
  renameSync(beside, path);
  return path;
}

const inPercent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

/** A share with the bound that matters. */
function bounded({ hits, of, low, high }: Share, bound: 'low' | 'high'): string {
  return bound === 'high' ? `${hits} of ${of} (≤ ${inPercent(high)})` : `${hits} of ${of} (≥ ${inPercent(low)})`;
}

/** One line that says what may be expected of the gate. */
export function describeCalibration({ backend, rows, measuredAt, load, software }: Calibration): string {
  const parts = rows.map(({ extraWork, failed }) =>
    extraWork === 0
      ? `unchanged code failed in ${bounded(failed, 'high')}`
      : `+${inPercent(extraWork)} found in ${bounded(failed, 'low')}`,
  );
  const emulated = software ? ', an emulated GPU' : '';
  return `calibration of ${backend}${emulated} on this machine, ${measuredAt.slice(0, 10)} at load ${load[0].toFixed(1)}–${load[1].toFixed(1)}: ${parts.join(', ')} (bounds at 95 %)`;
}

/** The table as rows of text, the first naming the columns. */
export function calibrationTable(calibrations: readonly Calibration[]): readonly (readonly string[])[] {
  const head = [
    'backend',
    'more work',
    'time seen',
    'failed',
    'passed',
    'inconclusive',
    'invalid',
    'median s',
    'p95 s',
  ];
  const rows = calibrations.flatMap(({ backend, rows: own }) =>
    own.map((row) => [
      backend,
      row.extraWork === 0 ? 'none' : `+${inPercent(row.extraWork)}`,
      `${row.seen < 1 ? '−' : '+'}${Math.abs((row.seen - 1) * 100).toFixed(1)} %`,
      bounded(row.failed, row.extraWork === 0 ? 'high' : 'low'),
      bounded(row.passed, row.extraWork === 0 ? 'low' : 'high'),
      String(row.inconclusive),
      String(row.invalid),
      row.medianSeconds.toFixed(2),
      row.p95Seconds.toFixed(2),
    ]),
  );
  return [head, ...rows];
}
