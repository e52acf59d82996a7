/**
 * The one document that leaves the harness. Its published form is `report.schema.json`; this file says the same to
 * TypeScript, and a test holds the two together. Bump `version` when a reader could misread an older file.
 */
export interface Report {
  readonly schema: 'https://normgauge.dev/report.schema.json';
  readonly version: 1;
  readonly tool: { readonly name: 'normgauge'; readonly version: string };
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Wall time of the whole run, seconds. */
  readonly seconds: number;
  /** True when the run was stopped before its end: what is here is what was finished. */
  readonly interrupted: boolean;
  readonly environment: Environment;
  readonly selection: Selection;
  readonly backends: readonly BackendEntry[];
  readonly results: readonly Result[];
  /** Networks whose layers are among the cases, so that times can be summed over one step; absent when there are none. */
  readonly networks?: readonly Network[];
  /** How the harness itself did on kernels that are known to be wrong or right; absent when it was not handed in. */
  readonly killTable?: KillTable;
  /** The reports that this one was merged from, in the order of their results; absent when it is of one run. */
  readonly parts?: readonly Part[];
}

/** The harness on trial. */
export interface KillTable {
  /** Seed of the data. */
  readonly seed: number;
  /** How many cases the kernels were tried on. */
  readonly cases: number;
  readonly families: readonly KillFamily[];
  /** Wrong kernels that no case failed, by id. */
  readonly survivors: readonly string[];
  /** How many right kernels were tried. */
  readonly right: number;
  /** Right kernels that a case failed, by id. */
  readonly falseAlarms: readonly string[];
}

/** Wrong kernels that are wrong in the same way. */
export interface KillFamily {
  readonly family: string;
  readonly wrong: number;
  readonly killed: number;
  /** Which kind of check failed how many first; together they are `killed`. */
  readonly by: readonly { readonly check: string; readonly kernels: number }[];
}

/** The BatchNorm layers of one network at one batch size: all of them, whether they are among the results or not. */
export interface Network {
  readonly name: string;
  /** Where its layers were taken from. */
  readonly source: string;
  readonly layout: string;
  readonly fill: string;
  readonly convention: string;
  readonly layers: readonly NetworkLayer[];
}

/** Layers of one shape. With the layout, fill and convention of the network it names a result of each op and backend. */
export interface NetworkLayer {
  /** N, C, spatial sizes. */
  readonly shape: readonly number[];
  /** How many layers of the network have this shape. */
  readonly times: number;
}

/** One run of a merged report. */
export interface Part {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Wall time of that run, seconds. */
  readonly seconds: number;
  readonly interrupted: boolean;
  readonly environment: Environment;
  readonly selection: Selection;
}

/** Where it ran. */
export interface Environment {
  readonly cpu: string;
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  readonly os: string;
  readonly arch: string;
  readonly node: string;
  readonly v8: string;
  /** Commit of the checkout that was measured; absent outside a git work tree. */
  readonly commit?: string;
  /** The work tree differed from the commit. */
  readonly dirty?: boolean;
  /** The branch that was checked out; absent when none was. */
  readonly branch?: string;
  /** First line of the commit's message. */
  readonly subject?: string;
  /** When the commit was made, ISO 8601, UTC. */
  readonly committedAt?: string;
  /** One-minute load average when the run began. */
  readonly load: number;
}

/** What was asked for. */
export interface Selection {
  readonly command: 'run' | 'verify' | 'bench';
  readonly suite: string;
  readonly seed: number;
  readonly backends: readonly string[];
  /** The patterns given with --case; empty means all of the suite. */
  readonly cases: readonly string[];
  /** The conventions given with --convention; absent means as the cases say. */
  readonly conventions?: readonly string[];
  /** Which part of the selection this is; absent means all of it. */
  readonly shard?: Shard;
  /** Wall time that the run was given, seconds; absent: every row was given the same. */
  readonly budget?: number;
}

/** Part `index` of `of`, counted from 1. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

/** One backend of the selection, whether it could run or not. */
export interface BackendEntry {
  readonly id: string;
  readonly version?: string;
  /** The module it came from, when it is not one of ours. */
  readonly module?: string;
  /** Why it could not run at all. */
  readonly unavailable?: string;
  readonly device?: DeviceEntry;
  /** What it declares about its arithmetic, in words: `statistics: two-pass`, `affine: folded`, … */
  readonly declares: Readonly<Record<string, string>>;
}

export interface DeviceEntry {
  readonly kind: 'cpu' | 'gpu';
  readonly name: string;
  /** A GPU emulated on the CPU; its times are not comparable with anything. */
  readonly software: boolean;
  readonly details: Readonly<Record<string, string>>;
}

/**
 * - `passed`: every check held
 * - `failed`: a check did not hold; `cause` says which and where
 * - `untrusted`: passed, on data too weak to prove anything
 * - `skipped`: unsupported or unavailable; `reason` says why
 * - `crashed`: the process of the backend ended
 * - `timed-out`: it was ended at its time limit
 * - `invalid`: the measurement, not the kernel, was bad
 */
export type Status = 'passed' | 'failed' | 'untrusted' | 'skipped' | 'crashed' | 'timed-out' | 'invalid';

/** Accuracy: A within the two-pass bound at logarithmic depth, B within the declared class, C within the one-pass bound, F outside. */
export type Grade = 'A' | 'B' | 'C' | 'F';

/** A float64 as JSON can hold it: a number, or one of the three that JSON has no spelling for. */
export type Float = number | 'NaN' | 'Infinity' | '-Infinity';

/** What one backend made of one case. */
export interface Result {
  readonly backend: string;
  /** The address: op/layout/shape/fill/convention. */
  readonly case: string;
  readonly op: string;
  readonly layout: string;
  /** N, C, spatial sizes. */
  readonly shape: readonly number[];
  readonly fill: string;
  readonly convention: string;
  readonly seed: number;
  readonly status: Status;
  /** Why it was skipped, untrusted or invalid; always there then. */
  readonly reason?: string;
  /** What went wrong, one sentence; always there when it failed, crashed or timed out. */
  readonly cause?: string;
  /** What would explain a failure; absent where nothing was looked for. */
  readonly diagnosis?: Diagnosis;
  /** A known failure, written down beforehand: it is shown, and does not count against the backend. */
  readonly excused?: Excuse;
  /** What the row is here to catch. */
  readonly catches: string;
  /** Wall time of this row, verification and timing together, seconds. */
  readonly seconds: number;
  /** Worst grade over the tensors. */
  readonly grade?: Grade;
  readonly tensors: readonly TensorAgreement[];
  readonly gradients: readonly GradientCheck[];
  /** Side effects and protocol: one row a rule. */
  readonly checks: readonly ProtocolCheck[];
  readonly timing?: Timing;
  /** The command that repeats this row. */
  readonly reproduce: string;
  /** Index into `parts`; only in a merged report. */
  readonly part?: number;
}

/** What would explain a failure. */
export interface Diagnosis {
  /** Best first; none when no hypothesis fits. */
  readonly findings: readonly Finding[];
  /** How many hypotheses were recomputed. */
  readonly tested: number;
  /** Named conventions, other than the one asked for, whose results these are. */
  readonly follows: readonly string[];
}

/** One supposed mistake. */
export interface Finding {
  /** The mistake in a phrase, the same whichever kernel makes it. */
  readonly cause: string;
  /** It in a sentence, with its numbers. */
  readonly says: string;
  /** `certain`: it alone accounts for everything; `likely`: it does, and others may; `possible`: it accounts for a part. */
  readonly certainty: 'certain' | 'likely' | 'possible';
  /** What speaks for it, a sentence. */
  readonly evidence: string;
}

/** Why a failure is put up with, and how long. */
export interface Excuse {
  readonly reason: string;
  /** The last day on which it counts, YYYY-MM-DD. */
  readonly until: string;
}

/** One output tensor against the float64 reference. */
export interface TensorAgreement {
  readonly name: string;
  readonly elements: number;
  /** Elements compared; fewer than `elements` when whole channels were sampled. */
  readonly checked: number;
  readonly mismatches: number;
  /** Largest |got − expected| ÷ allowed: the headroom used. 1 is at the limit. */
  readonly headroom: Float;
  readonly grade: Grade;
  /** The element with the largest ratio, also when it passed. */
  readonly worst?: WorstElement;
}

export interface WorstElement {
  /** Flat index into the tensor as it lies in memory. */
  readonly index: number;
  /** The same place by name: `n=1 c=2 s=12`, or `c=2`. */
  readonly position: string;
  readonly got: Float;
  readonly expected: Float;
  /** Allowed absolute error. */
  readonly allowed: Float;
}

/** One gradient, found in two ways. */
export interface GradientCheck {
  /**
   * - `reference`: the kernel's backward against the float64 reference
   * - `oracle`: the reference against complex step or float64 differences
   * - `differences`: the kernel's own forward, differenced along a direction, against its own backward
   */
  readonly method: 'reference' | 'oracle' | 'differences';
  /** What was varied: `dx, channel 3`, `dGamma`, … */
  readonly of: string;
  readonly got: Float;
  readonly expected: Float;
  readonly allowed: Float;
  /** |got − expected| ÷ allowed. */
  readonly ratio: Float;
  readonly passed: boolean;
}

export interface ProtocolCheck {
  /** `inputs-unchanged`, `guard-zones`, `outputs-complete`, `bitwise-repeat`, … */
  readonly name: string;
  readonly passed: boolean;
  /** What was seen, when it did not pass. */
  readonly message?: string;
}

/** Times are milliseconds per call. */
export interface Timing {
  /** `run` alone, until the result is complete. */
  readonly resident: Distribution;
  /** write, run and read. */
  readonly endToEnd: Distribution;
  /** Copying x into a buffer of the same size in the same process, in turns with `resident`. */
  readonly copy: Distribution;
  /** Elements of x. */
  readonly elements: number;
  /** Nanoseconds per element of x, from the median of `resident`. */
  readonly nsPerElement: number;
  /** 10⁹ bytes per second at the op's minimum traffic. */
  readonly gigabytesPerSecond: number;
  /** Bytes that the op must move at least, and how they were counted. */
  readonly traffic: { readonly bytes: number; readonly formula: string };
  /** Median of `resident` ÷ median of `copy`. */
  readonly timesCopy: number;
  /** Share of the roof reached: time that the minimum traffic takes at copy bandwidth ÷ median of `resident`. 1 is at the roof. */
  readonly ofRoof: number;
  /** Who made the copy: `harness` (Float32Array.set) or `backend` (the device's own copy). */
  readonly copiedBy: 'harness' | 'backend';
  /** The device is an emulation; compare with nothing. */
  readonly software: boolean;
}

/** Milliseconds per call. */
export interface Distribution {
  readonly samples: number;
  /** Calls in one sample; a sample lasts at least 100 µs. */
  readonly callsPerSample: number;
  readonly median: number;
  readonly min: number;
  readonly p75: number;
  /** Median absolute deviation from the median. */
  readonly mad: number;
  /** Share of the samples in which the process was taken off its core. */
  readonly preempted: number;
  /** Between what the median lies; absent in reports that were written before there were intervals. */
  readonly interval?: Interval;
}

/** Two of the samples between which the median of what was sampled lies, whatever its distribution. Milliseconds per call. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  /** Probability that it lies between them: 0.95 or little more, or less where there are fewer than six samples. */
  readonly confidence: number;
}
