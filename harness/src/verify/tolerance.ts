import { type Convention, divisorOf, elementsPerChannel, outputsOf, type TensorName } from '@normgauge/contract';
import { type BoundsContext, type ChannelFacts, forEachIndex, invStdOf, u } from './facts.ts';

/*
 * How far a correct float32 kernel may stray. The derivation of every line is in docs/numerics.md; the symbols are the
 * ones used there. Sources: Higham, Accuracy and Stability of Numerical Algorithms, chapters 1 and 4; Chan, Golub &
 * LeVeque 1983, doi:10.1080/00031305.1983.10483115; Higham & Mary 2019, doi:10.1137/18M1226312.
 */

/** What one operation loses where results underflow: the smallest subnormal, or all below the smallest normal. */
const underflowOf = ({ flushToZero }: Pick<ErrorClass, 'flushToZero'>): number => (flushToZero ? 2 ** -126 : 2 ** -149);

/** What a kernel's arithmetic is taken to be when its errors are bounded. */
export interface ErrorClass {
  readonly statistics: 'two-pass' | 'welford' | 'one-pass';
  /** Longest chain of float32 additions, in additions. */
  readonly depth: number;
  readonly affine: 'centred' | 'folded';
  /** Error of the inverse square root in units of u. */
  readonly invStdError: number;
  readonly flushToZero: boolean;
}

/** Errors of one channel's statistics. */
interface Budget {
  readonly mean: number;
  readonly variance: number;
  /** Relative error of invStd. */
  readonly rho: number;
  /** Absolute error of one operation whose result underflows. */
  readonly underflow: number;
  /** Relative error of a sum of this depth. */
  readonly sum: (depth: number) => number;
}

/** The allowed absolute error of every element of every output, in the order of memory. */
export type Bounds = { readonly [name in TensorName]?: Float64Array };

/** The depth that grade A allows: a tree, or blocks of lanes. No sum of m elements is deeper than m. */
export function logarithmicDepth(m: number): number {
  return Math.min(Math.ceil(Math.log2(m)) + 8, m);
}

/** γ_h, or the probabilistic bound where rounding errors may be taken for independent. */
function sumError(depth: number, structured: boolean): number {
  const worst = depth * u < 0.5 ? (depth * u) / (1 - depth * u) : Number.POSITIVE_INFINITY;
  return structured ? worst : Math.min(worst, Math.expm1(8 * Math.sqrt(depth) * u));
}

/** Relative error of invStd when the variance is off by at most `error`: exact, not to first order. */
function relativeErrorOfInvStd(variance: number, error: number, convention: Convention): number {
  const exact = invStdOf(variance, convention);
  const largest = invStdOf(Math.max(variance - error, 0), convention);
  const smallest = invStdOf(variance + error, convention);
  return Math.max(largest - exact, exact - smallest) / exact;
}

/** Error of mean(x²) − μ² for data whose sums are off by this much, relatively. */
function ofOnePass(relative: number, meanSquare: number, mean: number, meanAbs: number): number {
  return relative * (meanSquare + 2 * mean * meanAbs) + 3 * u * mean ** 2;
}

/**
 * How far σ² may be off by summation alone. Squares below the last place of the accumulator are lost, every one of them
 * downwards: the probabilistic bound does not know of that.
 */
function ofSquares(facts: ChannelFacts, depth: number, m: number, correction: number): number {
  const relative = sumError(depth, facts.structured);
  if (facts.structured) return relative * facts.variance;
  const largestPartialSum = facts.spread * m * Math.min(1, (2 * depth) / m);
  const lost = (correction * facts.squaresBelow(u * largestPartialSum)) / m;
  return Math.min(sumError(depth, true) * facts.variance, relative * facts.variance + lost);
}

function budgetOf(context: BoundsContext, facts: ChannelFacts, errorClass: ErrorClass): Budget {
  const { op, convention, shape } = context.problem;
  const sum = (depth: number): number => sumError(depth, facts.structured);
  const { depth, invStdError } = errorClass;
  const underflow = underflowOf(errorClass);
  // Everywhere but in forward-training the statistics are inputs: what is made of them is exact but for the root.
  if (op !== 'forward-training') {
    return { mean: 0, variance: 0, rho: invStdError * u, underflow, sum };
  }
  const m = elementsPerChannel(shape);
  const correction = m / divisorOf(convention.normalizeDivisor, m, convention.singleElement);
  const magnitude = Math.abs(facts.mean);
  // One pass is often taken around the first element, which may lie further from the rest than 0 does.
  const summed = errorClass.statistics === 'one-pass' ? Math.max(facts.meanAbs, facts.shiftedAbs) : facts.meanAbs;
  // A mean that is updated m times, as Welford's, divides as often: (1/m)·Σk of what one division loses.
  const mean = sum(depth + 1) * summed + u * magnitude + (m / 2 + 1) * underflow;
  const fromMean = correction * mean * mean;
  const squares = ofSquares(facts, depth + 4, m, correction);
  const variance = {
    'two-pass': squares + fromMean + 2 * u * magnitude * mean,
    welford: squares * Math.sqrt(1 + facts.mean ** 2 / facts.variance) + fromMean,
    'one-pass': Math.max(
      correction * ofOnePass(sum(depth + 4), facts.meanSquare, magnitude, facts.meanAbs),
      correction * ofOnePass(sum(depth + 4), facts.spread + facts.shift ** 2, facts.shift, facts.shiftedAbs),
    ),
  }[errorClass.statistics];
  const bounded = (Number.isNaN(variance) ? fromMean : variance) + underflow;
  const ofVariance = relativeErrorOfInvStd(facts.variance, bounded, convention);
  return {
    mean,
    variance: bounded,
    rho: ofVariance + invStdError * u * (1 + ofVariance),
    underflow,
    sum,
  };
}

/** The budget of an error of 10⁻³ in x̂, whatever caused it. */
function coarseBudget(context: BoundsContext, facts: ChannelFacts): Budget {
  const { eps } = context.problem.convention;
  return { mean: 1e-3 / facts.invStd, variance: 2e-3 * (facts.variance + eps), rho: 1e-3, underflow: 0, sum: () => 0 };
}

/** The allowed absolute error of every output element of a kernel of this class. */
export function boundsOfClass(context: BoundsContext, errorClass: ErrorClass): Bounds {
  return boundsFrom(context, errorClass, (facts) => budgetOf(context, facts, errorClass));
}

/** The error that a relative error of 10⁻³ in x̂ causes in every output: what no declaration can excuse. */
export function coarseBounds(context: BoundsContext, errorClass: ErrorClass): Bounds {
  return boundsFrom(context, errorClass, (facts) => coarseBudget(context, facts));
}

function boundsFrom(
  context: BoundsContext,
  errorClass: ErrorClass,
  budgetOfChannel: (facts: ChannelFacts) => Budget,
): Bounds {
  const { problem } = context;
  const bounds: { [name in TensorName]?: Float64Array } = Object.fromEntries(
    outputsOf(problem).map(({ name, length }) => [name, new Float64Array(length)]),
  );
  for (const [c, facts] of context.facts.entries()) {
    const budget = budgetOfChannel(facts);
    if (problem.op === 'forward-training' || problem.op === 'inference') {
      boundForward(context, c, facts, budget, errorClass, bounds);
    } else {
      boundBackward(context, c, facts, budget, errorClass, bounds);
    }
  }
  if (problem.dtype === 'f16') addStoring(context, errorClass, bounds);
  return bounds;
}

/** Unit roundoff of float16, and half of the distance of its smallest numbers. */
const uHalf = 2 ** -11;
const halfStep = 2 ** -25;
/** The smallest normal number of float16: all below it may be lost where subnormals are. */
const leastNormalHalf = 2 ** -14;

/** y and dx are rounded once more, from what float32 made of them, when they are stored. */
function addStoring({ problem, expected }: BoundsContext, { flushToZero }: ErrorClass, bounds: Bounds): void {
  const lost = flushToZero ? leastNormalHalf : halfStep;
  for (const { name, extent } of outputsOf(problem)) {
    if (extent !== 'full') continue;
    const bound = bounds[name]!;
    const exact = expected[name]!;
    for (let i = 0; i < bound.length; i++) bound[i] = (1 + uHalf) * bound[i]! + uHalf * Math.abs(exact[i]!) + lost;
  }
}

/** Standard deviations that a sum of independent rounding errors may be off. */
const independentDeviations = 6;

/**
 * How far Σ w·y may be off for a kernel of this class. The errors of mean and invStd are common to a channel and meet
 * Σw and Σw·x̂, which are small for random w; only the last roundings are independent from element to element.
 *
 * @param w weights in the order of memory, as long as y
 */
export function boundOfWeightedSum(context: BoundsContext, errorClass: ErrorClass, w: ArrayLike<number>): number {
  const { problem, inputs, expected } = context;
  let common = 0;
  let squares = 0;
  for (const [c, facts] of context.facts.entries()) {
    const budget = budgetOf(context, facts, errorClass);
    const gamma = inputs.gamma?.[c] ?? 1;
    const offset = Math.abs(gamma) * facts.invStd * (1 + budget.rho) * budget.mean;
    const folded =
      errorClass.affine === 'folded'
        ? u * (3 * Math.abs(gamma) * facts.invStd * Math.abs(facts.mean) + Math.abs(inputs.beta?.[c] ?? 0))
        : 0;
    let sumW = 0;
    let sumWXHat = 0;
    forEachIndex(problem, c, (i) => {
      const scaled = gamma * (inputs.x![i]! - facts.mean) * facts.invStd;
      sumW += w[i]!;
      sumWXHat += w[i]! * scaled;
      squares += (w[i]! * u * (5 * Math.abs(scaled) + Math.abs(expected.y![i]!) + folded / u)) ** 2;
    });
    common += (offset + folded) * Math.abs(sumW) + (budget.rho + u) * Math.abs(sumWXHat);
  }
  return common + independentDeviations * Math.sqrt(squares);
}

type MutableBounds = { [name in TensorName]?: Float64Array };

function boundForward(
  { problem, inputs, expected }: BoundsContext,
  c: number,
  { mean, invStd }: ChannelFacts,
  budget: Budget,
  { affine }: ErrorClass,
  bounds: MutableBounds,
): void {
  const gamma = inputs.gamma?.[c] ?? 1;
  const beta = inputs.beta?.[c] ?? 0;
  const scale = Math.abs(gamma) * invStd;
  const lost = budget.underflow * (1 + Math.abs(gamma) + 2 * scale);
  const x = inputs.x!;
  const y = expected.y!;
  forEachIndex(problem, c, (i) => {
    const xHat = Math.abs(x[i]! - mean) * invStd;
    // An error of the mean is scaled by the invStd that was found, which may be far off where the variance is lost.
    const ofXHat = invStd * (1 + budget.rho) * budget.mean + (budget.rho + 3 * u) * xHat;
    // a·x + b cancels; in float64, which needs no declaration, by too little to matter except where y is 0.
    const unit = affine === 'folded' ? u : 2 ** -51;
    const folded = unit * (2 * scale * Math.abs(x[i]!) + 3 * scale * Math.abs(mean) + Math.abs(beta));
    // The last rounding alone is 2u where its direction is open, as in WGSL; beside a small x̂ there is nothing else.
    bounds.y![i] = Math.abs(gamma) * (ofXHat + 2 * u * xHat) + 2 * u * Math.abs(y[i]!) + folded + lost;
  });
  if (problem.op !== 'forward-training') return;
  boundStatistics({ problem, inputs, expected }, c, budget, bounds);
}

function boundStatistics(
  { problem, inputs, expected }: Pick<BoundsContext, 'problem' | 'inputs' | 'expected'>,
  c: number,
  budget: Budget,
  bounds: MutableBounds,
): void {
  const { convention, shape } = problem;
  const m = elementsPerChannel(shape);
  const weight =
    convention.momentum === 'cumulative' ? 1 / ((inputs.batchesTracked?.[0] ?? 0) + 1) : convention.momentum;
  const normalising = divisorOf(convention.normalizeDivisor, m, convention.singleElement);
  const running = divisorOf(convention.runningDivisor, m, convention.singleElement);
  const mean = expected.mean![c]!;
  // The old in full, not 1−w of it: old + w·(new − old) rounds both.
  const old = Math.abs(inputs.runningMean![c]!);
  const oldVariance = inputs.runningVar![c]!;
  const added = expected.runningVar![c]! - (1 - weight) * oldVariance;
  bounds.mean![c] = budget.mean + u * Math.abs(mean) + budget.underflow;
  bounds.invStd![c] = (budget.rho + u) * expected.invStd![c]! + budget.underflow;
  bounds.runningMean![c] =
    weight * (budget.mean + u * Math.abs(mean)) + 3 * u * (old + Math.abs(weight * mean)) + budget.underflow;
  bounds.runningVar![c] =
    (running === 0 ? 0 : weight * budget.variance * (normalising / running)) +
    3 * u * (oldVariance + Math.abs(added)) +
    budget.underflow;
}

function boundBackward(
  { problem, inputs, expected }: BoundsContext,
  c: number,
  { mean, invStd }: ChannelFacts,
  budget: Budget,
  { affine, depth }: ErrorClass,
  bounds: MutableBounds,
): void {
  const { op, convention, shape } = problem;
  const m = elementsPerChannel(shape);
  const gamma = Math.abs(inputs.gamma?.[c] ?? 1);
  const x = inputs.x!;
  const dy = inputs.dy!;
  const dx = expected.dx!;
  const lost = budget.underflow * (1 + 2 * gamma * invStd);
  let sumAbsDy = 0;
  let sumDy = 0;
  let sumAbsDyXHat = 0;
  let sumDyXHat = 0;
  let sumDyErrors = 0;
  let sumAbsDyX = 0;
  const ofXHat = (xHat: number): number => invStd * budget.mean + (budget.rho + 3 * u) * xHat;
  forEachIndex(problem, c, (i) => {
    const xHat = (x[i]! - mean) * invStd;
    sumAbsDy += Math.abs(dy[i]!);
    sumDy += dy[i]!;
    sumAbsDyXHat += Math.abs(dy[i]! * xHat);
    sumAbsDyX += Math.abs(dy[i]!) * (Math.abs(x[i]!) + Math.abs(mean));
    sumDyXHat += dy[i]! * xHat;
    sumDyErrors += Math.abs(dy[i]!) * ofXHat(Math.abs(xHat));
  });
  const ofDBeta = budget.sum(depth + 1) * sumAbsDy + u * Math.abs(sumDy);
  // Σdy·x − mean·Σdy cancels; in float64, which needs no declaration, by too little to matter except where dGamma is 0.
  const uncentred = (m + 16) * 2 ** -53 * invStd * sumAbsDyX;
  const ofDGamma = budget.sum(depth + 4) * sumAbsDyXHat + sumDyErrors + u * Math.abs(sumDyXHat) + uncentred;
  if (bounds.dBeta) bounds.dBeta[c] = ofDBeta + m * budget.underflow;
  if (bounds.dGamma) bounds.dGamma[c] = ofDGamma + m * lost;
  if (op === 'backward-frozen') {
    forEachIndex(problem, c, (i) => {
      bounds.dx![i] = (budget.rho + 3 * u) * Math.abs(dx[i]!) + lost;
    });
    return;
  }
  const outside = convention.epsPlacement === 'outside-sqrt';
  const q = outside ? Math.max(1 - convention.eps * invStd, 2 ** -23) : 1;
  const divisor = divisorOf(convention.normalizeDivisor, m, convention.singleElement) * q;
  // dx = a·dy + b·x + c with coefficients made once a channel: b·x and b·mean cancel.
  const unit = affine === 'folded' ? u : 2 ** -51;
  const slope = (unit * gamma * invStd * invStd * Math.abs(sumDyXHat)) / divisor;
  const ofQ = outside ? (budget.rho + 4 * u) * ((convention.eps * invStd) / q) : 0;
  forEachIndex(problem, c, (i) => {
    const xHat = Math.abs(x[i]! - mean) * invStd;
    const varianceTerm = (xHat * Math.abs(sumDyXHat)) / divisor;
    bounds.dx![i] =
      gamma *
        invStd *
        (4 * u * (Math.abs(dy[i]!) + Math.abs(sumDy) / m + varianceTerm) +
          ofDBeta / m +
          (xHat * ofDGamma) / divisor +
          (ofXHat(xHat) * Math.abs(sumDyXHat)) / divisor +
          ofQ * varianceTerm) +
      (budget.rho + 4 * u) * Math.abs(dx[i]!) +
      slope * (2 * Math.abs(x[i]!) + 3 * Math.abs(mean)) +
      lost;
  });
}
