import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normal, type Uniform, uniformFrom } from '../src/cases/random.ts';
import { binomialAtMost, shareOf } from '../src/gate/binomial.ts';
import { estimateCentre, estimateMedian } from '../src/gate/median.ts';
import { byPlace, leastRounds, roundsInOnePlace } from '../src/gate/placements.ts';
import {
  agreeing,
  alphaFor,
  type Conclusion,
  conclude,
  decide,
  familyAlpha,
  lookAt,
  looks,
  looksAtPlaces,
  mostAttempts,
  mostSuspecting,
  type Outcome,
  usualMargins,
  waysToAgree,
} from '../src/gate/sequential.ts';

/** How the time of one arm varies besides what all arms share. */
interface Noise {
  /** Relative, of most samples. */
  readonly sd: number;
  /** Share of samples that something disturbs, by 30 % on average. */
  readonly disturbed: number;
  /** Relative difference between instances of the same code, as they come to lie in one process. */
  readonly placement: number;
}

const quiet: Noise = { sd: 0.01, disturbed: 0.05, placement: 0.002 };
const busy: Noise = { sd: 0.04, disturbed: 0.25, placement: 0.003 };

function sampleOf({ sd, disturbed }: Noise, uniform: Uniform): number {
  const hit = uniform() < disturbed ? -0.3 * Math.log(1 - uniform()) : 0;
  return Math.exp(sd * normal(uniform)) * (1 + hit);
}

interface Taken {
  readonly base: number[];
  readonly head: number[];
  readonly control: number[];
}

type Factors = { readonly [arm in keyof Taken]: number };

/** What a place makes of the time of each arm. `slowdown` 1.05 is 5 % more work. */
function placed(slowdown: number, { placement }: Noise, uniform: Uniform): Factors {
  const factor = (): number => Math.exp(placement * normal(uniform));
  return { base: factor(), head: factor() * slowdown, control: factor() };
}

function takeRounds(until: number, rounds: Taken, factors: Factors, noise: Noise, uniform: Uniform): void {
  while (rounds.base.length < until) {
    // Shared by the arms of a round: another process, the clock rate.
    const weather = Math.exp(0.2 * normal(uniform));
    for (const arm of ['base', 'head', 'control'] as const) {
      rounds[arm].push(weather * factors[arm] * sampleOf(noise, uniform));
    }
  }
}

/** One process as the gate asks it: until a look decides. */
type Process = (slowdown: number, noise: Noise, uniform: Uniform, alpha: number) => Outcome;

/** All rounds in one place. */
const staying: Process = (slowdown, noise, uniform, alpha) => {
  const rounds: Taken = { base: [], head: [], control: [] };
  const factors = placed(slowdown, noise, uniform);
  for (const look of looks) {
    takeRounds(look, rounds, factors, noise, uniform);
    const decided = decide(lookAt(rounds, alpha), usualMargins);
    if (decided !== undefined) return decided;
  }
  return 'undecided';
};

/** A few rounds in each of many places. */
const moving: Process = (slowdown, noise, uniform, alpha) => {
  const rounds: Taken = { base: [], head: [], control: [] };
  const places: number[] = [];
  for (const look of looksAtPlaces) {
    for (; places.length < look; places.push(leastRounds)) {
      takeRounds(rounds.base.length + leastRounds, rounds, placed(slowdown, noise, uniform), noise, uniform);
    }
    const decided = decide(lookAt({ ...rounds, places }, alpha), usualMargins);
    if (decided !== undefined) return decided;
  }
  return 'undecided';
};

function simulateCase(slowdown: number, noise: Noise, uniform: Uniform, process: Process): Conclusion {
  const manner = process === moving ? 'moving' : 'staying';
  const outcomes: Outcome[] = [];
  for (;;) {
    outcomes.push(process(slowdown, noise, uniform, alphaFor(50)));
    const conclusion = conclude(outcomes, manner);
    if (conclusion !== undefined) return conclusion;
  }
}

function simulate(
  trials: number,
  slowdown: number,
  noise: Noise,
  seed: number,
  process: Process = staying,
): Record<Conclusion, number> {
  const uniform = uniformFrom(seed);
  const counts = { pass: 0, fail: 0, inconclusive: 0, invalid: 0 };
  for (let k = 0; k < trials; k++) counts[simulateCase(slowdown, noise, uniform, process)]++;
  return counts;
}

describe('the sequential test, simulated', () => {
  it.each([
    ['quiet', quiet],
    ['busy', busy],
  ])('fails none of 1000 unchanged cases on a %s machine, and passes nearly all', (_name, noise) => {
    const counts = simulate(1000, 1, noise, 1);
    expect(counts.fail).toBe(0);
    expect(counts.pass).toBeGreaterThan(985);
  });

  it.each([
    [1.05, 'quiet', quiet],
    [1.1, 'quiet', quiet],
    [1.1, 'busy', busy],
  ])('fails every case that is made to take %d× the time on a %s machine', (slowdown, _name, noise) => {
    expect(simulate(300, slowdown, noise, 2)).toMatchObject({ fail: 300 });
  });

  it('never passes 5 % more work on a busy machine, and fails nearly all of it', () => {
    const counts = simulate(300, 1.05, busy, 3);
    expect(counts.pass).toBe(0);
    expect(counts.fail).toBeGreaterThan(290);
  });

  it('passes an improvement', () => {
    expect(simulate(100, 0.9, quiet, 4)).toMatchObject({ pass: 100 });
  });

  it('seldom takes for a regression what differs by several per cent between instances of the same code', () => {
    const counts = simulate(1000, 1, { ...quiet, placement: 0.05 }, 5);
    expect(counts.fail).toBeLessThan(4);
    expect(counts.invalid).toBeGreaterThan(100);
  });

  it('hardly ever does so where they differ by 2 per cent, as in calls of microseconds', () => {
    const counts = simulate(1000, 1, { ...quiet, placement: 0.02 }, 7);
    expect(counts.fail).toBeLessThan(3);
    expect(counts.pass).toBeGreaterThan(700);
  });

  it.each([
    ['unchanged code is passed', 1, 'pass'],
    ['5 % more work is failed', 1.05, 'fail'],
    ['10 % more work is failed', 1.1, 'fail'],
  ] as const)('decides rightly where instances differ by 2 per cent and move: %s', (_what, slowdown, wanted) => {
    const counts = simulate(300, slowdown, { ...quiet, placement: 0.02 }, 8, moving);
    expect(counts[wanted]).toBeGreaterThan(290);
    expect(counts[wanted === 'pass' ? 'fail' : 'pass']).toBe(0);
  });

  it('is inconclusive, and never green, where noise hides everything', () => {
    const deafening: Noise = { sd: 0.8, disturbed: 0.5, placement: 0 };
    expect(simulate(30, 1.05, deafening, 6)).toMatchObject({ pass: 0, fail: 0, inconclusive: 30 });
  });
});

describe('the rounds of several places', () => {
  it('count as one each, their median', () => {
    expect([...byPlace(Float64Array.of(3, 1, 2, 9, 5, 7, 6), [3, 1, 3])]).toEqual([2, 9, 6]);
  });

  it('are as many as a third of a move takes, and four at least', () => {
    expect(roundsInOnePlace(9, 0.25)).toBe(12);
    expect(roundsInOnePlace(9, 5)).toBe(leastRounds);
  });
});

describe('the bounds of a median', () => {
  it('are wrong on either side no more often than they say, for skew data as well', () => {
    const uniform = uniformFrom(7);
    const alpha = 0.05;
    const trials = 4000;
    let tooHigh = 0;
    let tooLow = 0;
    for (let k = 0; k < trials; k++) {
      const drawn = Array.from({ length: 41 }, () => -Math.log(1 - uniform()));
      const { low, high } = estimateMedian(drawn, alpha);
      if (low > Math.LN2) tooHigh++;
      if (high < Math.LN2) tooLow++;
    }
    // P(Bin(41, ½) ≤ 14) = 0.030 is the largest that does not exceed 0.05; four standard deviations of the count above it.
    expect(Math.max(tooHigh, tooLow)).toBeLessThan(trials * 0.03 + 4 * Math.sqrt(trials * 0.03));
    expect(Math.min(tooHigh, tooLow)).toBeGreaterThan(0);
  });

  it('are the 8th of 30 from either end where one in two hundred may be wrong', () => {
    const numbers = Array.from({ length: 30 }, (_, k) => k + 1);
    // P(Bin(30, ½) ≤ 7) = 0.0026, P(Bin(30, ½) ≤ 8) = 0.0081.
    expect(estimateMedian(numbers, 0.005)).toEqual({ median: 15.5, low: 8, high: 23 });
  });

  it('are infinite where there are too few observations to say anything', () => {
    expect(estimateMedian([1, 2, 3], 0.0005)).toEqual({
      median: 2,
      low: Number.NEGATIVE_INFINITY,
      high: Number.POSITIVE_INFINITY,
    });
  });

  it('hold the median between them, widen as alpha falls, and do not mind the order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1, maxLength: 200 }),
        (data) => {
          const narrow = estimateMedian(data, 0.05);
          const wide = estimateMedian(data.toReversed(), 0.0005);
          expect(narrow.low).toBeLessThanOrEqual(narrow.median);
          expect(narrow.high).toBeGreaterThanOrEqual(narrow.median);
          expect(wide.low).toBeLessThanOrEqual(narrow.low);
          expect(wide.high).toBeGreaterThanOrEqual(narrow.high);
          expect(wide.median).toBe(narrow.median);
        },
      ),
    );
  });
});

describe('the bounds of a centre', () => {
  it('are wrong on either side no more often than they say, for symmetric data with far tails', () => {
    const uniform = uniformFrom(11);
    const alpha = 0.05;
    const trials = 3000;
    let tooHigh = 0;
    let tooLow = 0;
    for (let k = 0; k < trials; k++) {
      const drawn = Array.from({ length: 25 }, () => Math.tan(Math.PI * (uniform() - 0.5)) + 3);
      const { low, high } = estimateCentre(drawn, alpha);
      if (low > 3) tooHigh++;
      if (high < 3) tooLow++;
    }
    expect(Math.max(tooHigh, tooLow)).toBeLessThan(trials * alpha + 4 * Math.sqrt(trials * alpha));
    expect(Math.min(tooHigh, tooLow)).toBeGreaterThan(trials * alpha - 6 * Math.sqrt(trials * alpha));
  });

  it('have the critical values of the published table: 8 of 10 observations, 52 of 20', () => {
    // Wilcoxon & Wilcox 1964: T ≤ 8 for n = 10 and T ≤ 52 for n = 20 at 2.5 % on one side.
    const means = (n: number): number[] =>
      Array.from({ length: n }, (_, i) => Array.from({ length: n - i }, (_, j) => (2 * i + j) / 2))
        .flat()
        .sort((a, b) => a - b);
    for (const [n, critical] of [
      [10, 8],
      [20, 52],
    ] as const) {
      const { low, high } = estimateCentre(
        Array.from({ length: n }, (_, i) => i),
        0.025,
      );
      expect(low).toBe(means(n)[critical]);
      expect(high).toBe(n - 1 - low);
    }
  });

  it('are infinite where there are too few observations to say anything', () => {
    expect(estimateCentre([1, 2, 4], 0.0005)).toEqual({
      median: 2.25,
      low: Number.NEGATIVE_INFINITY,
      high: Number.POSITIVE_INFINITY,
    });
  });
});

describe('what processes say together', () => {
  const cases: readonly [readonly Outcome[], Conclusion | undefined][] = [
    [['not-slower'], 'pass'],
    [['slower'], undefined],
    [['slower', 'slower'], undefined],
    [['slower', 'slower', 'slower'], undefined],
    [['slower', 'slower', 'slower', 'slower'], 'fail'],
    [['slower', 'not-slower'], undefined],
    [['slower', 'not-slower', 'not-slower'], 'pass'],
    [['slower', 'not-slower', 'slower', 'slower', 'slower'], undefined],
    [['slower', 'not-slower', 'slower', 'slower', 'slower', 'slower'], 'fail'],
    [['slower', 'not-slower', 'undecided'], undefined],
    [['slower', 'not-slower', 'undecided', 'slower', 'not-slower', 'slower'], 'inconclusive'],
    [['slower', 'undecided', 'undecided', 'slower', 'slower', 'slower'], 'fail'],
    [['slower', 'invalid', 'invalid'], undefined],
    [['slower', 'invalid', 'slower', 'slower', 'slower'], 'fail'],
    [['slower', 'invalid', 'invalid', 'slower'], undefined],
    [['slower', 'invalid', 'invalid', 'invalid', 'slower', 'slower', 'slower'], 'fail'],
    [['slower', 'invalid', 'invalid', 'invalid', 'invalid', 'slower', 'slower', 'slower'], 'inconclusive'],
    [['invalid', 'invalid', 'not-slower'], undefined],
    [['invalid', 'invalid', 'not-slower', 'not-slower'], 'pass'],
    [['slower', 'invalid', 'invalid', 'undecided', 'invalid'], undefined],
    [['invalid', 'undecided', 'undecided', 'undecided'], 'inconclusive'],
    [['undecided', 'not-slower'], 'pass'],
    [['undecided', 'undecided', 'undecided'], 'inconclusive'],
    [['invalid'], undefined],
    [['invalid', 'not-slower'], 'pass'],
    [['invalid', 'invalid', 'invalid', 'invalid'], undefined],
    [['invalid', 'invalid', 'invalid', 'invalid', 'invalid'], 'invalid'],
  ];
  it.each(cases)('%j is %s', (outcomes, conclusion) => {
    expect(conclude(outcomes, 'staying')).toBe(conclusion);
  });

  it.each<[readonly Outcome[], Conclusion | undefined]>([
    [['slower', 'slower'], undefined],
    [['slower', 'slower', 'slower'], 'fail'],
    [['slower', 'not-slower', 'slower', 'slower'], undefined],
    [['slower', 'not-slower', 'slower', 'slower', 'slower'], 'fail'],
    [['slower', 'undecided', 'undecided', 'slower', 'undecided'], 'inconclusive'],
    [['not-slower'], 'pass'],
  ])('%j is %s where the arms moved', (outcomes, conclusion) => {
    expect(conclude(outcomes, 'moving')).toBe(conclusion);
  });

  it.each(['staying', 'moving'] as const)('always come to an end, %s', (manner) => {
    const outcome = fc.constantFrom<Outcome>('slower', 'not-slower', 'invalid', 'undecided');
    fc.assert(
      fc.property(
        fc.array(outcome, { minLength: mostAttempts.suspect, maxLength: mostAttempts.suspect }),
        (outcomes) => {
          expect(conclude(outcomes, manner)).toBeDefined();
        },
      ),
    );
  });
});

describe('the chance of a false alarm', () => {
  it('is at most one in a thousand for the whole gate, however many cases it has', () => {
    const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);
    expect(waysToAgree).toBe(choose(mostSuspecting.moving, agreeing.moving));
    for (const cases of [1, 54, 5000, 6000, 1e6, 1e8]) {
      const perProcess = looksAtPlaces.length * alphaFor(cases);
      // Staying cases need more that agree, which is less likely yet.
      expect(choose(mostSuspecting.staying, agreeing.staying) * perProcess ** agreeing.staying).toBeLessThan(
        waysToAgree * perProcess ** agreeing.moving,
      );
      expect(cases * waysToAgree * perProcess ** agreeing.moving).toBeLessThanOrEqual(familyAlpha * (1 + 1e-12));
    }
  });

  it('needs no stricter bounds up to two thousand cases', () => {
    expect(alphaFor(2000)).toBe(0.0005);
    expect(alphaFor(3000)).toBeLessThan(0.0005);
  });
});

describe('a share that was counted', () => {
  it.each([
    // Rule of three: 1 − 0.05^(1/300).
    [0, 300, 0, 0.009936],
    [300, 300, 0.990064, 1],
    // Clopper & Pearson: p with P(Bin(10, p) ≥ 3) = 0.05, and with P(Bin(10, p) ≤ 3) = 0.05.
    [3, 10, 0.087264, 0.606624],
  ])('%i of %i lies between %d and %d', (hits, of, low, high) => {
    const share = shareOf(hits, of);
    expect(share.low).toBeCloseTo(low, 5);
    expect(share.high).toBeCloseTo(high, 5);
  });

  it('sums a distribution to one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, p) => {
        expect(binomialAtMost(n, n, p)).toBeCloseTo(1, 9);
        expect(binomialAtMost(-1, n, p)).toBe(0);
      }),
    );
  });
});
