import type { Device, Problem, TensorName, Tensors } from '@normgauge/contract';

/**
 * Where the process finds the backend: one of the harness's own by id, one that is listed in a module by its file URL, such
 * as the list of another checkout, or a module itself.
 */
export type BackendSource =
  | { readonly kind: 'own'; readonly id: string }
  | { readonly kind: 'listed'; readonly url: string; readonly id: string }
  | { readonly kind: 'module'; readonly url: string };

/** What a backend says of itself, with functions left out. */
export interface Opened {
  readonly id: string;
  readonly version: string;
  readonly device?: Device;
  readonly declared: Declared;
}

/** The declared numerics as data; `reductionDepth` is asked for per problem. */
export interface Declared {
  readonly statistics?: 'two-pass' | 'welford' | 'one-pass';
  readonly affine?: 'centred' | 'folded';
  readonly invStdError?: number;
  readonly flushToZero?: boolean;
  readonly nonFinite?: 'ieee' | 'unspecified';
  readonly deterministic?: boolean;
  readonly declaresDepth: boolean;
}

export interface OpenRequest {
  readonly source: BackendSource;
}

/** Asks whether a problem is supported, and how deep its sums are declared to be. */
export interface SupportsRequest {
  readonly problem: Problem;
}

export interface SupportsReply {
  readonly supported: true | string;
  /** The declared depth for this problem's m; absent when none is declared. */
  readonly depth?: number;
}

/** Runs one plan on one or more sets of inputs, one after the other. */
export interface ExecuteRequest {
  readonly problem: Problem;
  readonly inputSets: readonly Tensors[];
  /** Elements of guard zone before and behind every input and output. */
  readonly guard: number;
  /** Bit pattern that fills outputs and guard zones beforehand. */
  readonly poison: number;
  /**
   * After the first set: overwrite the caller's input arrays with the poison, run again without writing, and read
   * again. A plan that took its inputs over gives the same bits.
   */
  readonly repeat: boolean;
}

/** A tensor with its guard zones, as it lay in memory: guard + elements + guard words. */
export type Guarded = { readonly [name in TensorName]?: Uint32Array };

export interface ExecuteReply {
  /** One a set. */
  readonly outputs: readonly Guarded[];
  /** The first set once more; absent when not asked for. */
  readonly repeated?: Guarded;
  /** The input buffers of the first set after write, run and read. */
  readonly inputsAfter: Guarded;
}

/**
 * One act of a script. Plans and pieces of input memory have the numbers that the script gives them; a plan that it
 * leaves open is closed at its end. Nothing is awaited that is not a promise, so that work which is left behind shows.
 */
export type Step =
  | { readonly act: 'open'; readonly plan: number; readonly problem: Problem }
  | {
      readonly act: 'write';
      readonly plan: number;
      /** Index into the script's input sets. */
      readonly inputs: number;
      /** Where the caller's arrays lie: a number that was used before is the same arrays with new content. */
      readonly memory: number;
      /** In a SharedArrayBuffer. */
      readonly shared: boolean;
    }
  /** Fills a piece of input memory with the poison. */
  | { readonly act: 'overwrite'; readonly memory: number }
  | { readonly act: 'run'; readonly plan: number }
  /** Fills new buffers, of the named outputs only. */
  | { readonly act: 'read'; readonly plan: number; readonly only: readonly TensorName[]; readonly shared: boolean }
  | { readonly act: 'wait'; readonly milliseconds: number }
  /** What the buffers of an earlier read hold now; the number counts reads and looks from 0. */
  | { readonly act: 'look'; readonly read: number }
  /** Begins every step before any is awaited. */
  | { readonly act: 'together'; readonly steps: readonly Step[] }
  /** A plan, write, run and read of its own, of which one must throw. */
  | {
      readonly act: 'misuse';
      readonly problem: Problem;
      /** Of whatever length they are; what is left out is absent. */
      readonly inputs: Tensors;
      /** Elements of the views that are read into, where they are not as many as the problem says. */
      readonly views: { readonly [name in TensorName]?: number };
    }
  | { readonly act: 'close'; readonly plan: number };

/** Calls in an order that the harness chooses. */
export interface ScriptRequest {
  readonly steps: readonly Step[];
  readonly inputSets: readonly Tensors[];
  /** As in `ExecuteRequest`. */
  readonly guard: number;
  readonly poison: number;
}

export interface ScriptReply {
  /** One a read and a look, in the order in which they were begun. */
  readonly reads: readonly Guarded[];
  /** One a misuse: what the backend threw, or undefined where it threw nothing. */
  readonly refusals: readonly (string | undefined)[];
}

/** Times one plan. Two sets of inputs take turns, each in a plan of its own. */
export interface TimeRequest {
  readonly problem: Problem;
  readonly inputSets: readonly Tensors[];
  /** Milliseconds to spend on `run` and the copy, in turns, in all places together. */
  readonly milliseconds: number;
  /** Places in memory to sample `run` and the copy in: before each but the first the backend is closed and opened anew. At least 1. */
  readonly places: number;
  /** Milliseconds to spend on write, run and read together. */
  readonly endToEndMilliseconds: number;
  /** Milliseconds to spend on asking the device's own clock, where it has one; 0 asks nothing. */
  readonly deviceMilliseconds: number;
  /** Least milliseconds of a sample; shorter calls are batched. */
  readonly leastSample: number;
  /** Calls in a sample, where an earlier timing of the same has found how many: its samples and these are of one kind then. */
  readonly calls?: CallsPerSample;
}

/** How many calls a sample holds. */
export interface CallsPerSample {
  readonly resident: number;
  readonly copy: number;
  readonly endToEnd: number;
}

export interface Samples {
  /** Milliseconds per call, in the order of measurement. */
  readonly milliseconds: Float64Array;
  readonly callsPerSample: number;
  /** 1 where the process was taken off its core during the sample. */
  readonly preempted: Uint8Array;
}

/** What a device's own clock says of one kind of work, a sample an entry. */
export interface ClockedSamples {
  /** Nanoseconds per call, by the device's clock. */
  readonly nanoseconds: Float64Array;
  /** Milliseconds per call of the same calls, by the clock of the process. */
  readonly milliseconds: Float64Array;
  readonly callsPerSample: number;
}

/** What the backend tells of its device's own clock: `run` and its copy, in turns. */
export interface DeviceSamples {
  readonly run: ClockedSamples;
  readonly copy: ClockedSamples;
  /** Finest step of the clock that was seen, in nanoseconds. */
  readonly quantum: number;
}

export interface TimeReply {
  readonly resident: Samples;
  readonly copy: Samples;
  readonly endToEnd: Samples;
  /** How many samples of `resident`, and as many of `copy`, were taken in each place: fewer places than asked for where moves take long. */
  readonly places: readonly number[];
  /** Why the backend is not to be moved again: moves take too long, or it could not be opened again and is lost. */
  readonly stays?: 'dear' | 'lost';
  readonly copiedBy: 'harness' | 'backend';
  /** Processor time ÷ wall time while `resident` and `copy` were sampled: how many cores the process kept busy. */
  readonly cores: number;
  /** Absent where the device has no clock of its own. */
  readonly device?: DeviceSamples;
  /** What the plans hold after the timing, one a set: to be verified again. */
  readonly outputs: readonly Tensors[];
}

/** Every request and what answers it. */
export interface Exchanges {
  readonly open: { readonly request: OpenRequest; readonly reply: Opened };
  readonly supports: { readonly request: SupportsRequest; readonly reply: SupportsReply };
  readonly execute: { readonly request: ExecuteRequest; readonly reply: ExecuteReply };
  readonly script: { readonly request: ScriptRequest; readonly reply: ScriptReply };
  readonly time: { readonly request: TimeRequest; readonly reply: TimeReply };
  /** Closes the backend and opens it anew, so that what it holds comes to lie elsewhere in memory. */
  readonly move: { readonly request: Record<string, never>; readonly reply: Record<string, never> };
  /** Answered when what the backend left behind has had its turn: promises that nobody awaited, and what comes next. */
  readonly settle: { readonly request: Record<string, never>; readonly reply: Record<string, never> };
  readonly close: { readonly request: Record<string, never>; readonly reply: Record<string, never> };
}

export type ExchangeKind = keyof Exchanges;

/** Requests and what answers them, by kind, as every table of them is. */
export type ExchangesOf<E> = { readonly [K in keyof E]: { readonly request: unknown; readonly reply: unknown } };

/** Harness → process. */
export interface Call {
  readonly serial: number;
  readonly kind: string;
  readonly request: unknown;
}

/** An error as it crosses the process boundary. */
export interface RemoteFault {
  readonly name: string;
  readonly message: string;
  /** Which rule of the contract was broken, where the error says so. */
  readonly rule?: string;
}

/** Process → harness. */
export type Answer =
  | { readonly serial: number; readonly reply: unknown }
  | { readonly serial: number; readonly fault: RemoteFault };
