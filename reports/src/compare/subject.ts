import type { Result } from '../report.ts';

/** Which result: the same backend and case on both sides. */
export interface Subject {
  readonly backend: string;
  readonly case: string;
}

/** The same backend and case in both reports. */
export interface Pair {
  readonly before: Result;
  readonly after: Result;
}

/** What pairs the results of two reports. */
export function keyOf({ backend, case: id }: Result): string {
  return JSON.stringify([backend, id]);
}

export function subjectOf({ backend, case: id }: Result): Subject {
  return { backend, case: id };
}
