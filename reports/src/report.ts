// Made from report.schema.json by "npm run schema:types": change that file, not this one.

/**
 * ISO 8601 date and time in UTC, ending in Z.
 */
export type Instant = string;
export type Result = {
  /**
   * Id of the backend.
   */
  readonly backend: string;
  /**
   * The address of the case: op/layout/shape/fill/convention.
   */
  readonly case: string;
  /**
   * The operation: forward-training, inference, backward or backward-frozen.
   */
  readonly op: string;
  /**
   * How a tensor lies in memory: nchw or nhwc.
   */
  readonly layout: string;
  /**
   * N, C and the spatial sizes, in elements, whatever the layout.
   *
   * @minItems 2
   */
  readonly shape: readonly Size[];
  /**
   * Name of the data that the inputs were filled with.
   */
  readonly fill: string;
  /**
   * Name of the BatchNorm convention.
   */
  readonly convention: string;
  /**
   * Storage format of x, y, dy and dx where it is not f32, such as f16.
   */
  readonly dtype?: string;
  /**
   * Seed of the inputs, a whole number without unit.
   */
  readonly seed: number;
  /**
   * What became of it.
   */
  readonly status: Status;
  /**
   * Why it was skipped, untrusted or invalid; always there then.
   */
  readonly reason?: string;
  /**
   * What went wrong, one sentence; always there when it failed, crashed or timed out.
   */
  readonly cause?: string;
  /**
   * What would explain a failure; absent where nothing was looked for.
   */
  readonly diagnosis?: Diagnosis;
  /**
   * Why a failure does not count against the backend; absent when it does.
   */
  readonly excused?: Excuse;
  /**
   * What the case is there to catch.
   */
  readonly catches: string;
  /**
   * Wall time of this row, verification and timing together, in seconds.
   */
  readonly seconds: number;
  /**
   * Worst grade over the tensors.
   */
  readonly grade?: Grade;
  /**
   * Each output tensor against the float64 reference.
   */
  readonly tensors: readonly TensorAgreement[];
  /**
   * Gradients, each found in two ways.
   */
  readonly gradients: readonly GradientCheck[];
  /**
   * Side effects and protocol: one entry a rule.
   */
  readonly checks: readonly ProtocolCheck[];
  /**
   * Times; absent when it was not timed.
   */
  readonly timing?: Timing;
  /**
   * The command that repeats this row.
   */
  readonly reproduce: string;
  /**
   * Index into parts; only in a merged report.
   */
  readonly part?: Count;
};
/**
 * A size in elements; a whole number, at least 1.
 */
export type Size = number;
/**
 * What became of one backend in one case. Only `passed` is green.
 * - `passed`: every check held
 * - `failed`: a check did not hold; `cause` says which and where
 * - `untrusted`: passed, on data too weak to prove anything
 * - `skipped`: unsupported or unavailable; `reason` says why
 * - `crashed`: the process of the backend ended
 * - `timed-out`: it was ended at its time limit
 * - `invalid`: the measurement, not the kernel, was bad
 */
export type Status = 'passed' | 'failed' | 'untrusted' | 'skipped' | 'crashed' | 'timed-out' | 'invalid';
/**
 * Accuracy of a result, from best to worst.
 * - `A`: within the two-pass bound at logarithmic depth
 * - `B`: within the class that the backend declares
 * - `C`: within the one-pass bound
 * - `F`: outside
 */
export type Grade = 'A' | 'B' | 'C' | 'F';
/**
 * How many; a whole number.
 */
export type Count = number;
/**
 * A float64: a number, or one of the three that JSON has no spelling for.
 */
export type Float = number | ('NaN' | 'Infinity' | '-Infinity');

/**
 * What one run of normgauge found about BatchNorm kernels. Read `version` first: a reader made for version 1 refuses a higher one. JSON has no NaN and no infinities; where one can occur the field is a Float.
 */
export interface Report {
  /**
   * The name of this schema; it is how a report is recognised.
   */
  readonly schema: 'https://normgauge.dev/report.schema.json';
  /**
   * Version of the format, a whole number. It grows when a reader could misread an older file.
   */
  readonly version: 1;
  /**
   * The program that wrote the report.
   */
  readonly tool: Tool;
  /**
   * When the run began, ISO 8601 in UTC.
   */
  readonly startedAt: Instant;
  /**
   * Wall time of the whole run, in seconds.
   */
  readonly seconds: number;
  /**
   * True when the run was stopped before its end: what is here is what was finished.
   */
  readonly interrupted: boolean;
  /**
   * Where it ran.
   */
  readonly environment: Environment;
  /**
   * What was asked for.
   */
  readonly selection: Selection;
  /**
   * Every backend of the selection, whether it could run or not.
   */
  readonly backends: readonly BackendEntry[];
  /**
   * One entry a backend and case, in the order in which they were finished.
   */
  readonly results: readonly Result[];
  /**
   * Networks whose layers are among the cases, so that times can be summed over one step; absent when there are none.
   */
  readonly networks?: readonly Network[];
  /**
   * How the harness itself did on kernels that are known to be wrong or right; absent when it was not handed in.
   */
  readonly killTable?: KillTable;
  /**
   * Times of another program on the same machine, to be shown beside; absent when they were not handed in.
   */
  readonly beside?: Beside;
  /**
   * The reports that this one was merged from, in the order of their results; absent when it is of one run.
   */
  readonly parts?: readonly Part[];
}
export interface Tool {
  /**
   * Always normgauge.
   */
  readonly name: 'normgauge';
  /**
   * Its version, as its package states it.
   */
  readonly version: string;
}
export interface Environment {
  /**
   * Model name of the processor, as the operating system gives it.
   */
  readonly cpu: string;
  /**
   * Logical cores that the run could use.
   */
  readonly cores: number;
  /**
   * Main memory, in bytes.
   */
  readonly memory: number;
  /**
   * Operating system and its release.
   */
  readonly os: string;
  /**
   * Instruction set, as Node names it: x64, arm64, …
   */
  readonly arch: string;
  /**
   * Version of Node.
   */
  readonly node: string;
  /**
   * Version of V8.
   */
  readonly v8: string;
  /**
   * Commit of the checkout that was measured; absent outside a git work tree.
   */
  readonly commit?: string;
  /**
   * True when the work tree differed from the commit.
   */
  readonly dirty?: boolean;
  /**
   * The branch that was checked out; absent when none was.
   */
  readonly branch?: string;
  /**
   * First line of the commit's message.
   */
  readonly subject?: string;
  /**
   * When the commit was made, ISO 8601 in UTC.
   */
  readonly committedAt?: Instant;
  /**
   * One-minute load average when the run began, in runnable processes.
   */
  readonly load: number;
}
export interface Selection {
  /**
   * The verb of the command line.
   */
  readonly command: 'run' | 'verify' | 'bench';
  /**
   * Name of the suite of cases.
   */
  readonly suite: string;
  /**
   * Seed of every pseudo-random input, a whole number without unit.
   */
  readonly seed: number;
  /**
   * The backends given with --backend, as they were given; empty means all.
   */
  readonly backends: readonly string[];
  /**
   * The patterns given with --case; empty means all of the suite.
   */
  readonly cases: readonly string[];
  /**
   * The conventions given with --convention, as they were given; absent means as the cases say.
   */
  readonly conventions?: readonly string[];
  /**
   * Which part of the selection this is, given with --shard; absent means all of it.
   */
  readonly shard?: Shard;
  /**
   * Wall time that the run was given with --budget, in seconds; absent: every row was given the same.
   */
  readonly budget?: number;
}
export interface Shard {
  /**
   * Which part, counted from 1.
   */
  readonly index: number;
  /**
   * How many parts there are.
   */
  readonly of: number;
}
export interface BackendEntry {
  /**
   * The name by which results and commands refer to it.
   */
  readonly id: string;
  /**
   * Its own version; absent when it could not be opened.
   */
  readonly version?: string;
  /**
   * The module it came from, when it is not one of normgauge's.
   */
  readonly module?: string;
  /**
   * Why it could not run at all; absent when it ran.
   */
  readonly unavailable?: string;
  /**
   * What it runs on.
   */
  readonly device?: DeviceEntry;
  /**
   * What it declares about its arithmetic, in words: statistics: two-pass, affine: folded, …
   */
  readonly declares: Words;
}
export interface DeviceEntry {
  /**
   * Kind of processor.
   */
  readonly kind: 'cpu' | 'gpu';
  /**
   * As the driver names it.
   */
  readonly name: string;
  /**
   * True for a GPU emulated on the CPU; its times are not comparable with anything.
   */
  readonly software: boolean;
  /**
   * Driver, features, limits: what is worth keeping.
   */
  readonly details: Words;
}
/**
 * Free names with their values, both text.
 */
export interface Words {
  readonly [k: string]: string;
}
/**
 * What would explain a failure.
 */
export interface Diagnosis {
  /**
   * Supposed mistakes, best first; none when no hypothesis fits.
   */
  readonly findings: readonly Finding[];
  /**
   * How many hypotheses were recomputed.
   */
  readonly tested: number;
  /**
   * Named conventions, other than the one asked for, whose results these are.
   */
  readonly follows: readonly string[];
}
/**
 * One supposed mistake.
 */
export interface Finding {
  /**
   * The mistake in a phrase, the same whichever kernel makes it.
   */
  readonly cause: string;
  /**
   * The mistake in a sentence, with its numbers.
   */
  readonly says: string;
  /**
   * certain: it alone accounts for everything; likely: it does, and others may; possible: it accounts for a part.
   */
  readonly certainty: 'certain' | 'likely' | 'possible';
  /**
   * What speaks for it, a sentence.
   */
  readonly evidence: string;
}
/**
 * A known failure, written down beforehand: it is shown, and does not count against the backend.
 */
export interface Excuse {
  /**
   * Why the failure is put up with.
   */
  readonly reason: string;
  /**
   * The last day on which the excuse counts.
   */
  readonly until: string;
}
export interface TensorAgreement {
  /**
   * Name of the output tensor: y, dx, dGamma, …
   */
  readonly name: string;
  /**
   * Its length, in elements.
   */
  readonly elements: Count;
  /**
   * Elements compared; fewer than `elements` when whole channels were sampled.
   */
  readonly checked: Count;
  /**
   * Elements outside the allowed error.
   */
  readonly mismatches: Count;
  /**
   * Headroom used: the largest |got − expected| ÷ allowed, a ratio without unit. 1 is at the limit; NaN is outside.
   */
  readonly headroom: Float;
  /**
   * Accuracy of this tensor.
   */
  readonly grade: Grade;
  /**
   * The element with the largest ratio, also when it passed.
   */
  readonly worst?: WorstElement;
}
export interface WorstElement {
  /**
   * Flat index into the tensor as it lies in memory, in elements.
   */
  readonly index: number;
  /**
   * The same place by name: n=1 c=2 s=12, or c=2.
   */
  readonly position: string;
  /**
   * What the backend computed, in the unit of the tensor.
   */
  readonly got: Float;
  /**
   * What the float64 reference computed, in the unit of the tensor.
   */
  readonly expected: Float;
  /**
   * Allowed absolute error, in the unit of the tensor.
   */
  readonly allowed: Float;
}
export interface GradientCheck {
  /**
   * Which two ways were compared.
   * - `reference`: the kernel's backward against the float64 reference
   * - `oracle`: the reference against complex step or float64 differences
   * - `differences`: the kernel's own forward, differenced along a direction, against its own backward
   */
  readonly method: 'reference' | 'oracle' | 'differences';
  /**
   * What was varied: dx, channel 3; dGamma; …
   */
  readonly of: string;
  /**
   * The gradient under test, in the unit of the gradient.
   */
  readonly got: Float;
  /**
   * The gradient found the other way, in the same unit.
   */
  readonly expected: Float;
  /**
   * Allowed absolute error, in the same unit.
   */
  readonly allowed: Float;
  /**
   * |got − expected| ÷ allowed, a ratio without unit.
   */
  readonly ratio: Float;
  /**
   * True when the ratio is at most 1.
   */
  readonly passed: boolean;
}
export interface ProtocolCheck {
  /**
   * The rule: inputs-unchanged, guard-zones, outputs-complete, bitwise-repeat, …
   */
  readonly name: string;
  /**
   * True when the rule was kept.
   */
  readonly passed: boolean;
  /**
   * What was seen, when it did not pass.
   */
  readonly message?: string;
}
export interface Timing {
  /**
   * run alone, until the result is complete; milliseconds a call.
   */
  readonly resident: Distribution;
  /**
   * write, run and read; milliseconds a call.
   */
  readonly endToEnd: Distribution;
  /**
   * Copying x into a buffer of the same size in the same process, in turns with `resident`; milliseconds a call.
   */
  readonly copy: Distribution;
  /**
   * Elements of x.
   */
  readonly elements: Size;
  /**
   * Nanoseconds per element of x, from the median of `resident`.
   */
  readonly nsPerElement: number;
  /**
   * 10⁹ bytes per second at the op's minimum traffic.
   */
  readonly gigabytesPerSecond: number;
  /**
   * What the op must move at least.
   */
  readonly traffic: Traffic;
  /**
   * Median of `resident` ÷ median of `copy`, a ratio without unit; where samples were taken in several places of memory, the median of what each of them says.
   */
  readonly timesCopy: number;
  /**
   * Between what `timesCopy` lies, without unit. Absent where all samples were taken in one place of memory.
   */
  readonly timesCopyInterval?: Interval;
  /**
   * Share of the roof reached: the time that the minimum traffic takes at copy bandwidth ÷ that of `resident`, by `timesCopy`. 1 is at the roof.
   */
  readonly ofRoof: number;
  /**
   * Who made the copy.
   * - `harness`: the harness, with Float32Array.set
   * - `backend`: the backend, with the device's own copy
   */
  readonly copiedBy: 'harness' | 'backend';
  /**
   * True when the device is an emulation; then compare with nothing.
   */
  readonly software: boolean;
  /**
   * The same by the device's own clock, without what it costs to give it work; absent where it has none.
   */
  readonly device?: DeviceTiming;
}
export interface Distribution {
  /**
   * How many samples were taken.
   */
  readonly samples: number;
  /**
   * Calls in one sample; a sample lasts at least 100 µs.
   */
  readonly callsPerSample: number;
  /**
   * Median, in milliseconds a call.
   */
  readonly median: number;
  /**
   * Shortest sample, in milliseconds a call.
   */
  readonly min: number;
  /**
   * Third quartile, in milliseconds a call.
   */
  readonly p75: number;
  /**
   * Median absolute deviation from the median, in milliseconds a call.
   */
  readonly mad: number;
  /**
   * Share of the samples in which the process was taken off its core, from 0 to 1.
   */
  readonly preempted: number;
  /**
   * Between what the median lies; absent in reports that were written before there were intervals.
   */
  readonly interval?: Interval;
  /**
   * In how many places of memory the samples were taken, the backend being closed and opened anew in between, at once or when the row was come back to; the interval covers what differs between them. Absent where there was one.
   */
  readonly visits?: number;
}
/**
 * Two of the samples, or of what the places say where there were several, between which the median lies, whatever its distribution.
 */
export interface Interval {
  /**
   * Lower end, in the unit of what it belongs to.
   */
  readonly low: number;
  /**
   * Upper end, in the unit of what it belongs to.
   */
  readonly high: number;
  /**
   * Probability that the median lies between them: 0.95 or little more, or less where there are fewer than six samples, or than six places where there were several.
   */
  readonly confidence: number;
}
export interface Traffic {
  /**
   * Least traffic of one call, in bytes.
   */
  readonly bytes: number;
  /**
   * How the bytes were counted, in words or as a formula.
   */
  readonly formula: string;
}
/**
 * Medians by the clock of the device, many calls between one pair of timestamps.
 */
export interface DeviceTiming {
  /**
   * run: nanoseconds per element of x.
   */
  readonly nsPerElement: number;
  /**
   * The device's own copy of x, in turns with run: nanoseconds per element of x.
   */
  readonly copyNsPerElement: number;
  /**
   * run ÷ copy, a ratio without unit.
   */
  readonly timesCopy: number;
  /**
   * How many samples of each were taken.
   */
  readonly samples: number;
  /**
   * Calls of run between one pair of timestamps, in the last sample.
   */
  readonly callsPerSample: number;
  /**
   * Finest step of the clock that was seen, in nanoseconds; 0 where none was seen.
   */
  readonly quantum: number;
}
/**
 * The BatchNorm layers of one network at one batch size: all of them, whether they are among the results or not.
 */
export interface Network {
  /**
   * Name of the network.
   */
  readonly name: string;
  /**
   * Where its layers were taken from.
   */
  readonly source: string;
  /**
   * Layout of the cases that are its layers.
   */
  readonly layout: string;
  /**
   * Fill of the cases that are its layers.
   */
  readonly fill: string;
  /**
   * Convention of the cases that are its layers.
   */
  readonly convention: string;
  /**
   * Its layers, those of one shape together.
   *
   * @minItems 1
   */
  readonly layers: readonly NetworkLayer[];
}
/**
 * Layers of one shape. With the layout, fill and convention of the network it names a result of each op and backend.
 */
export interface NetworkLayer {
  /**
   * N, C and the spatial sizes, in elements.
   *
   * @minItems 2
   */
  readonly shape: readonly Size[];
  /**
   * How many layers of the network have this shape.
   */
  readonly times: number;
}
/**
 * The harness on trial.
 */
export interface KillTable {
  /**
   * Seed of the data, a whole number without unit.
   */
  readonly seed: number;
  /**
   * How many cases the kernels were tried on.
   */
  readonly cases: Count;
  /**
   * Wrong kernels, those that are wrong in the same way together.
   */
  readonly families: readonly KillFamily[];
  /**
   * Wrong kernels that no case failed, by id.
   */
  readonly survivors: readonly string[];
  /**
   * How many right kernels were tried.
   */
  readonly right: Count;
  /**
   * Right kernels that a case failed, by id.
   */
  readonly falseAlarms: readonly string[];
}
/**
 * Wrong kernels that are wrong in the same way.
 */
export interface KillFamily {
  /**
   * In which way.
   */
  readonly family: string;
  /**
   * How many kernels were tried.
   */
  readonly wrong: Count;
  /**
   * How many of them a case failed.
   */
  readonly killed: Count;
  /**
   * Which kind of check failed how many first; together they are `killed`.
   */
  readonly by: readonly KillCheck[];
}
export interface KillCheck {
  /**
   * The kind of check.
   */
  readonly check: string;
  /**
   * How many kernels it was the first to fail.
   */
  readonly kernels: Count;
}
/**
 * Times that another program, which normgauge does not call, took of itself: what scripts/torch_batch_norm.py writes.
 */
export interface Beside {
  /**
   * Version of the format, a whole number.
   */
  readonly version: 1;
  /**
   * The program, as people call it.
   */
  readonly name: string;
  /**
   * When it began, ISO 8601 in UTC.
   */
  readonly startedAt: Instant;
  /**
   * The GPU that it ran on, as the driver names it.
   */
  readonly device: string;
  /**
   * Versions of what it is made of: library, CUDA, driver.
   */
  readonly versions: Words;
  /**
   * One entry an op, layout and shape.
   */
  readonly results: readonly BesideResult[];
}
export interface BesideResult {
  /**
   * The op, by the name it has here.
   */
  readonly op: string;
  /**
   * Layout of x, by the name it has here.
   */
  readonly layout: string;
  /**
   * N, C, then the spatial sizes.
   *
   * @minItems 2
   */
  readonly shape: readonly Size[];
  /**
   * How the calls of a sample were given to the device: as a graph, or one by one.
   */
  readonly launched: string;
  /**
   * The op.
   */
  readonly run: BesideTime;
  /**
   * A copy of x on the same device, in turns with the op.
   */
  readonly copy: BesideTime;
}
/**
 * By the clock of the device, many calls a sample.
 */
export interface BesideTime {
  /**
   * Median, in nanoseconds a call.
   */
  readonly median: number;
  /**
   * Lower end of the interval of the median, in nanoseconds a call.
   */
  readonly low: number;
  /**
   * Upper end of the interval of the median, in nanoseconds a call.
   */
  readonly high: number;
  /**
   * Probability that the median lies in its interval.
   */
  readonly confidence: number;
  /**
   * How many samples were taken.
   */
  readonly samples: number;
  /**
   * Calls in one sample.
   */
  readonly callsPerSample: number;
}
export interface Part {
  /**
   * When that run began, ISO 8601 in UTC.
   */
  readonly startedAt: Instant;
  /**
   * Wall time of that run, in seconds.
   */
  readonly seconds: number;
  /**
   * True when that run was stopped before its end.
   */
  readonly interrupted: boolean;
  /**
   * Where that run ran.
   */
  readonly environment: Environment;
  /**
   * What was asked of that run.
   */
  readonly selection: Selection;
}
