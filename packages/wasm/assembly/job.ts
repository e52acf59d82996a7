// One BatchNorm problem as the kernels see it: addresses, sizes, and the convention as numbers. TypeScript writes it
// (src/job.ts lists the same fields in the same order); the kernels only read it.

/**
 * All full tensors are float32 and dense. Row problems are [N,C,S] with S ≥ 4. Column problems are the same memory
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

  /** C records of type Channel. */
  channels: usize;
  /** Scratch of the column kernels: see columns.ts. */
  records: usize;
  slots: usize;

  /** 1 for 1/(√σ²+eps), 0 for 1/√(σ²+eps). */
  outsideSqrt: u32;
  /** 1 when the tensor is walked as rows of one channel, 0 when as rows of many. */
  byRow: u32;
  /** Row problems: N, C, S, and how many channels stay in cache together. */
  n: u32;
  c: u32;
  s: u32;
  group: u32;
  /** Column problems. */
  rows: u32;
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
}

/**
 * What is known of one channel while its problem is being solved. The two sums are float64, in two halves each,
 * because a float32x4 accumulator folds into a float64x2.
 *
 *   statistics   first = Σx, then Σ(x−shift)      second = Σ(x−shift)²
 *   gradients    first = Σdy                      second = Σdy·(x−shift)
 */
@unmanaged
export class Channel {
  first0: f64;
  first1: f64;
  second0: f64;
  second1: f64;
  /** What the wide kernels need, in full precision. */
  mean: f64;
  invStd: f64;
  /** dBeta/m and dGamma/(d·q) of the training gradient. */
  dyMean: f64;
  dyProjection: f64;
  /** Coefficients of the elementwise pass: see rowMaps.ts. */
  shift: f32;
  scale: f32;
  slope: f32;
  offset: f32;
  /** 1 when float32 does not hold this channel's numbers and wide.ts has to write its elements. */
  wide: u32;
  /** What shift.ts says of the sums. */
  verdict: u32;
}

export const secondSum: usize = 16;

@inline
export function channelAt(job: Job, channel: u32): Channel {
  return changetype<Channel>(job.channels + (channel as usize) * offsetof<Channel>());
}

@inline
export function firstSum(channel: Channel): f64 {
  return channel.first0 + channel.first1;
}

@inline
export function secondSumOf(channel: Channel): f64 {
  return channel.second0 + channel.second1;
}

@inline
export function clearSums(channel: Channel): void {
  channel.first0 = 0;
  channel.first1 = 0;
  channel.second0 = 0;
  channel.second1 = 0;
}

/** Element `channel` of a [C] tensor. */
@inline
export function perChannel(tensor: usize, channel: u32): f32 {
  return load<f32>(tensor + ((channel as usize) << 2));
}

@inline
export function setPerChannel(tensor: usize, channel: u32, value: f64): void {
  store<f32>(tensor + ((channel as usize) << 2), value as f32);
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
