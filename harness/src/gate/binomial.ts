/** Natural logarithms of 0!, 1!, 2!, …, as far as they were asked for. */
const logFactorials: number[] = [0];

function logFactorial(n: number): number {
  for (let k = logFactorials.length; k <= n; k++) logFactorials.push(logFactorials[k - 1]! + Math.log(k));
  return logFactorials[n]!;
}

/** P(X = k) for X ~ Bin(n, p). */
function probability(k: number, n: number, p: number): number {
  if (p === 0) return k === 0 ? 1 : 0;
  if (p === 1) return k === n ? 1 : 0;
  const ways = logFactorial(n) - logFactorial(k) - logFactorial(n - k);
  return Math.exp(ways + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

/**
 * P(X ≤ k) for X ~ Bin(n, p), summed term by term.
 * @param k any whole number; below 0 the answer is 0
 */
export function binomialAtMost(k: number, n: number, p: number): number {
  let sum = 0;
  for (let i = 0; i <= Math.min(k, n); i++) sum += probability(i, n, p);
  return Math.min(sum, 1);
}

/** Steps of bisection that settle a double between 0 and 1. */
const steps = 60;

/** The p in [0, 1] at which a function that falls with p goes below `level`. */
function crossing(falling: (p: number) => number, level: number): number {
  let low = 0;
  let high = 1;
  for (let k = 0; k < steps; k++) {
    const middle = (low + high) / 2;
    if (falling(middle) > level) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** A share that was counted, and between what it lies. */
export interface Share {
  readonly hits: number;
  readonly of: number;
  readonly share: number;
  /** One-sided bounds: each is wrong with at most the probability that was given. */
  readonly low: number;
  readonly high: number;
}

/**
 * How large a probability is of which `hits` hits in `of` trials were seen: Clopper & Pearson 1934, doi:10.1093/biomet/26.4.404.
 * None in 300 trials means at most 1 %, whatever the share that was seen.
 * @param alpha the probability with which either bound may be wrong
 */
export function shareOf(hits: number, of: number, alpha = 0.05): Share {
  return {
    hits,
    of,
    share: of === 0 ? Number.NaN : hits / of,
    low: hits === 0 ? 0 : crossing((p) => binomialAtMost(hits - 1, of, p), 1 - alpha),
    high: hits === of ? 1 : crossing((p) => binomialAtMost(hits, of, p), alpha),
  };
}
