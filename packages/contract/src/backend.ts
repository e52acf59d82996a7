import type { DType, Problem } from './problem.ts';
import type { Tensors } from './tensors.ts';

export type MaybePromise<T> = T | Promise<T>;

/**
 * What a backend declares about its arithmetic. Every field may be left out, and is then read strictly:
 * two-pass, sequential depth at worst, centred, no flush to zero, IEEE non-finite values, deterministic.
 * A declaration widens what is allowed; the accuracy grade still says how good the results are.
 */
export interface Numerics {
  /** How the variance is found. `welford` includes Chan's merging; `one-pass` is Σx² − (Σx)²/m. */
  readonly statistics?: 'two-pass' | 'welford' | 'one-pass';
  /**
   * The longest chain of float32 additions that one element of a channel of m elements passes through, in additions.
   * ⌈log₂ m⌉ for a tree, m for a plain loop, m/8 + 3 for eight lanes. Additions in float64 count as none.
   */
  readonly reductionDepth?: (m: number) => number;
  /** `centred` is gamma·(x−mean)·invStd + beta; `folded` is a·x + b with a and b computed once a channel. */
  readonly affine?: 'centred' | 'folded';
  /** Rounding error of the inverse square root, in units of 2⁻²⁴: 6 when left out, 15 for WGSL's 1/sqrt. */
  readonly invStdError?: number;
  /** Subnormal inputs or results may become 0. */
  readonly flushToZero?: boolean;
  /** `ieee`: NaN and infinities go where IEEE 754 sends them. `unspecified`: they may do anything in their own channel. */
  readonly nonFinite?: 'ieee' | 'unspecified';
  /** The same inputs give the same bits in every run. */
  readonly deterministic?: boolean;
}

/** What the backend runs on, for the report. */
export interface Device {
  readonly kind: 'cpu' | 'gpu';
  /** As the driver names it. */
  readonly name: string;
  /** A GPU emulated on the CPU: good for correctness; its times say nothing about hardware. */
  readonly software: boolean;
  /** Driver, features, limits, flags: anything worth keeping beside a result. */
  readonly details: Readonly<Record<string, string>>;
}

/** A time by a device's own clock. */
export interface DeviceTime {
  /** Nanoseconds of all the calls together, from before the first to after the last. */
  readonly nanoseconds: number;
  /** The finest step of that clock that was seen, in nanoseconds; 0 where none was seen. A time is known no better than this. */
  readonly quantum: number;
}

/**
 * One problem, allocated once. A resident benchmark times `run` alone; an end-to-end one times `write`, `run`, `read`.
 * Each call is complete when it returns or its promise resolves: an unawaited GPU is a bug, not a speed.
 */
export interface Plan {
  /**
   * Takes the inputs over; the caller may overwrite its arrays as soon as this is done. Inputs are never written.
   * @throws {ShapeError} when a tensor is absent, of another type or of another length than `inputsOf(problem)` says
   */
  write(inputs: Tensors): MaybePromise<void>;
  /** Computes every output from the inputs last written. May be called again, and gives the same result again. */
  run(): MaybePromise<void>;
  /**
   * Fills views that the caller owns and that may lie anywhere in a larger buffer; an output that is absent was not
   * asked for. Writes exactly those elements.
   * @throws {ShapeError} when a view is of another type or length than `outputsOf(problem)` says
   */
  read(into: Tensors): MaybePromise<void>;
  /**
   * Copies the problem's x to a second buffer of the same size on the same device with the device's own means, and is
   * complete when it returns: the roof against which `run` is judged where the harness cannot make such a copy itself.
   */
  copy?(): MaybePromise<void>;
  /**
   * Does the work of so many calls of `run`, or of `copy`, one after the other, and says how long the device took over it by its own clock,
   * without what it costs to give it work and to hear that it is done. Present only where the device has such a clock. It is shown beside
   * the time to completion and never instead of it. Outputs are as after `run`.
   * @param calls at least 1
   */
  deviceTime?(work: 'run' | 'copy', calls: number): MaybePromise<DeviceTime>;
  /** Gives back what the plan holds. No other method may be called afterwards. */
  close(): MaybePromise<void>;
}

/** One way of computing BatchNorm. */
export interface Backend {
  /** Lower case, stable: it appears in test names, reports and on the command line. */
  readonly id: string;
  readonly version: string;
  readonly numerics: Numerics;
  /** What it stores, whether or not this device can; left out: `f32`. Problems of another dtype are skipped. */
  readonly dtypes?: readonly DType[];
  /** Left out: the CPU that Node runs on. */
  readonly device?: Device;
  /** True, or the reason why not. */
  supports(problem: Problem): true | string;
  /** @throws {ProblemError} when the problem has no meaning or is not supported */
  plan(problem: Problem): MaybePromise<Plan>;
  close(): MaybePromise<void>;
}

/** What the harness tells a backend when it opens it. Unknown options are ignored. */
export interface OpenOptions {
  /** Threads to use, for a backend that has them. */
  readonly threads?: number;
}

/**
 * What a backend module exports under the name `openBackend`.
 * @throws {BackendUnavailableError} when this machine cannot run the backend
 */
export type OpenBackend = (options?: OpenOptions) => MaybePromise<Backend>;
