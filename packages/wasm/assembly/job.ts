// One BatchNorm problem as the kernels see it: addresses, sizes, and the convention as numbers. TypeScript writes it
// (src/job.ts lists the same fields in the same order); the kernels only read it.

/**
 * All full tensors are float32 and dense. Row problems are [N,C,S] with S ≥ 8. Column problems are the same memory
 * seen as `rows` rows of `columns` elements and `rest` elements more, where element j of a row belongs to channel
 * ((j mod period) / inner): NHWC has period C and inner 1, NCHW with a short S has period C·S and inner S.
 * An address of 0 is a tensor that this problem does not have.
 */
@unmanaged
export class Job {
  /** Added to the variance or to the standard deviation. */
  eps: f64;
  /** Elements per channel. */
  m: f64;
  /** Divides Σ(x−μ)² for the variance that normalises; 0 gives 0/0 = NaN, as a convention may want. */
  divisor: f64;
  /** Divides Σ(x−μ)² for the running variance. */
  runningDivisor: f64;
  /** Weight of the new batch statistic. */
  momentum: f64;

  /** [N,C,S] or [N,S,C]; `out` is y or dx. */
  x: usize;
  dy: usize;
  out: usize;
  /** [C], all of them. */
  gamma: usize;
  beta: usize;
  mean: usize;
  invStd: usize;
  runningMean: usize;
  runningVar: usize;
  nextMean: usize;
  nextVar: usize;
  dGamma: usize;
  dBeta: usize;

  /** Scratch: what is known of the channels, and of the columns. See channels.ts and columns/records.ts. */
  records: usize;
  slots: usize;
  marks: usize;
  columnRecords: usize;
  columnSlots: usize;
  /** The column records that hold what all threads share; those of the first thread. */
  sharedRecords: usize;

  /** 1 for 1/(√σ²+eps), 0 for 1/√(σ²+eps). */
  outsideSqrt: u32;
  /** 1 when the tensor is walked as rows of one channel, 0 when as rows of many. */
  byRow: u32;
  /** N, C, S, and for row problems how many channels stay in cache together. */
  n: u32;
  c: u32;
  s: u32;
  group: u32;
  /** Row problems: the channels of this thread, first…last−1. */
  first: u32;
  last: u32;
  /** Column problems: the rows of this thread. x, dy and out begin with them. */
  rows: u32;
  /** The rows of all threads. */
  allRows: u32;
  columns: u32;
  rest: u32;
  period: u32;
  inner: u32;
  /** One channel's elements: `outer` runs of `run` elements, `outerStride` and `runStride` elements apart. */
  channelStride: u32;
  outer: u32;
  outerStride: u32;
  run: u32;
  runStride: u32;
  /** Threads that share the problem. The column slots of each lie behind those of the one before it. */
  threads: u32;
}

/** Bytes of so many float32. */
@inline
export function bytes(elements: u32): usize {
  return (elements as usize) << 2;
}

/** Element `channel` of a [C] tensor. */
@inline
export function perChannel(tensor: usize, channel: u32): f32 {
  return load<f32>(tensor + bytes(channel));
}

/** gamma, or 1 when the problem is not affine. */
@inline
export function gammaOf(job: Job, channel: u32): f64 {
  return job.gamma ? (perChannel(job.gamma, channel) as f64) : 1;
}

/** beta, or 0 when the problem is not affine. */
@inline
export function betaOf(job: Job, channel: u32): f64 {
  return job.beta ? (perChannel(job.beta, channel) as f64) : 0;
}
