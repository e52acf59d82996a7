import { elementsOf, type Problem } from '@normgauge/contract';

/**
 * The part of a problem that has a given share of its elements: fewer samples, fewer channels, or both, whatever comes
 * nearest; of equals the one with whole channels. What it takes to do this part again is that much more work of the same kind.
 */
export function partOf(problem: Problem, share: number): Problem {
  const { shape } = problem;
  const wanted = share * shape.n * shape.c;
  let best = { n: 1, c: 1, miss: Number.POSITIVE_INFINITY };
  for (let n = shape.n; n >= 1; n--) {
    const c = Math.min(shape.c, Math.max(1, Math.round(wanted / n)));
    const miss = Math.abs(n * c - wanted);
    if (miss < best.miss) best = { n, c, miss };
  }
  return { ...problem, shape: { ...shape, n: best.n, c: best.c } };
}

/** The share of a problem's elements that its part has. */
export function shareIn(problem: Problem, part: Problem): number {
  return elementsOf(part.shape) / elementsOf(problem.shape);
}
