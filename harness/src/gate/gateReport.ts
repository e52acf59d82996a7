import { type Environment, type Float, type Grade, toFloat } from '@normgauge/reports';
import { quantile } from '../measure/distribution.ts';
import type { Estimate } from './median.ts';
import type { Heat } from './raceCase.ts';
import type { Margins, Outcome } from './sequential.ts';
import type { Place } from './tree/otherTree.ts';

/** What is said of a case. Only `pass` is green. */
export type GateVerdict = 'pass' | 'fail' | 'inconclusive' | 'invalid' | 'not-run';

/** An estimate as JSON can hold it: without any rounds a bound is infinite. Ratios of times; 1 is "alike". */
export interface Ratio {
  readonly median: Float;
  readonly low: Float;
  readonly high: Float;
}

/** What one process found. */
export interface ProcessEntry {
  readonly outcome: Outcome;
  readonly rounds: number;
  /** Places in memory where the arms lay in turn, so many rounds in all. */
  readonly places: number;
  /** Head's time to base's. */
  readonly head: Ratio;
  /** The time of the second instance of base to that of the first. */
  readonly control: Ratio;
  /** Median milliseconds of a call. */
  readonly milliseconds: { readonly base: number; readonly head: number; readonly control: number };
  readonly callsPerSample: number;
  /** Share of the samples in which the process was taken off its core. */
  readonly preempted: number;
  readonly seconds: number;
}

export interface GateRow {
  readonly backend: string;
  readonly case: string;
  readonly verdict: GateVerdict;
  /** Why it is no pass; what changed for the better. */
  readonly reason?: string;
  /** Head is faster than base by more than the margin for failing, with confidence. */
  readonly improved: boolean;
  /** Accuracy on either side, where both were verified. */
  readonly grade?: { readonly base: Grade; readonly head: Grade };
  /** Absent for a case that was verified only. */
  readonly timing?: {
    /** Over the processes that count: the median of their medians, and the furthest of their bounds. */
    readonly head: Ratio;
    readonly control: Ratio;
    readonly margins: Margins & { readonly reason?: string };
    readonly processes: readonly ProcessEntry[];
    readonly seconds: number;
    /** A GPU emulated on the CPU. */
    readonly software: boolean;
  };
  readonly reproduce: string;
}

export interface GateReport {
  readonly kind: 'gate';
  readonly version: 1;
  readonly tool: { readonly name: 'normgauge'; readonly version: string };
  readonly startedAt: string;
  readonly seconds: number;
  readonly interrupted: boolean;
  readonly verdict: GateVerdict;
  /** Why nothing could be compared at all. */
  readonly reason?: string;
  readonly environment: Environment;
  /** Load average when it ended; the one at its beginning is in the environment. */
  readonly loadAtEnd: number;
  readonly base: Place;
  /** Absent: the work tree as it is built. */
  readonly head?: Place;
  /** Which Node ran each side, with its flags, where each had a process of its own; absent: they shared one. */
  readonly apart?: { readonly base: string; readonly head: string };
  readonly suite: string;
  readonly seed: number;
  /** Probability with which either bound of one process may be wrong at one look. */
  readonly alpha: number;
  readonly rows: readonly GateRow[];
  /** Cases that neither side supports, by backend. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** What is known of the gate's own errors on this machine, one line a backend. */
  readonly calibrations: readonly string[];
  readonly warnings: readonly string[];
}

export function ratioOf({ median, low, high }: Estimate): Ratio {
  return { median: toFloat(median), low: toFloat(low), high: toFloat(high) };
}

export function processEntry({ look, outcome, milliseconds, ...rest }: Heat): ProcessEntry {
  const [base, head, control] = milliseconds;
  const { places, callsPerSample, preempted, seconds } = rest;
  return {
    outcome,
    rounds: look.rounds,
    places,
    head: ratioOf(look.head),
    control: ratioOf(look.control),
    milliseconds: { base, head, control },
    callsPerSample,
    preempted,
    seconds,
  };
}

/** Several processes' estimates as one that none of them contradicts. */
export function together(estimates: readonly Estimate[]): Estimate {
  const medians = Float64Array.from(estimates, ({ median }) => median).sort();
  return {
    median: quantile(medians, 0.5),
    low: Math.min(...estimates.map(({ low }) => low)),
    high: Math.max(...estimates.map(({ high }) => high)),
  };
}

/** The processes whose control held, or all where none did. */
export function counting(heats: readonly Heat[]): readonly Heat[] {
  const valid = heats.filter(({ outcome }) => outcome !== 'invalid');
  return valid.length > 0 ? valid : heats;
}

/** From the worst to the best; what is not green is not made so by anything else. */
const order: readonly GateVerdict[] = ['fail', 'invalid', 'inconclusive', 'not-run', 'pass'];

/** The verdict of all of it. Nothing at all is no pass. */
export function verdictOf(rows: readonly Pick<GateRow, 'verdict'>[]): GateVerdict {
  return order.find((verdict) => rows.some((row) => row.verdict === verdict)) ?? 'not-run';
}
