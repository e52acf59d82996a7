import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Patience } from '../src/hosts/patience.ts';

function hungTimes(times: number, slowest: number): Patience {
  const patience = new Patience();
  patience.answered(slowest);
  for (let k = 0; k < times; k++) patience.hung();
  return patience;
}

describe('a backend is waited for', () => {
  it.each([
    { hung: 0, slowest: 0, limit: 30_000, waited: 30_000 },
    { hung: 1, slowest: 0, limit: 30_000, waited: 30_000 },
    { hung: 2, slowest: 0, limit: 30_000, waited: 30_000 },
    { hung: 3, slowest: 0, limit: 30_000, waited: 15_000 },
    { hung: 4, slowest: 0, limit: 30_000, waited: 7_500 },
    { hung: 50, slowest: 0, limit: 30_000, waited: 1_000 },
    { hung: 50, slowest: 700, limit: 30_000, waited: 7_000 },
    { hung: 50, slowest: 4_000, limit: 30_000, waited: 30_000 },
    { hung: 50, slowest: 0, limit: 500, waited: 500 },
  ])('$waited of $limit ms after it hung $hung times and answered after $slowest ms at most', (row) => {
    expect(hungTimes(row.hung, row.slowest).limit(row.limit)).toBe(row.waited);
  });

  it('as long as ever after a case came through', () => {
    const patience = hungTimes(50, 0);
    patience.cameThrough();
    expect(patience.limit(30_000)).toBe(30_000);
  });

  it('never longer than its limit, and never shorter after fewer cases without an answer', () => {
    const count = fc.integer({ min: 0, max: 60 });
    const milliseconds = fc.integer({ min: 1, max: 1e6 });
    fc.assert(
      fc.property(count, count, milliseconds, milliseconds, (a, b, slowest, limit) => {
        const [fewer, more] = [Math.min(a, b), Math.max(a, b)].map((hung) => hungTimes(hung, slowest).limit(limit));
        expect(fewer).toBeLessThanOrEqual(limit);
        expect(more).toBeLessThanOrEqual(fewer!);
      }),
    );
  });
});
