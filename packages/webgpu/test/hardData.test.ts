import { elementsPerChannel, layouts, type Problem, type Tensors } from '@normgauge/contract';
import { afterAll, describe, expect, it } from 'vitest';
import { emptyOutputs, type Fill, inputsFor } from './fills.ts';
import { elementsOfChannel } from './naive.ts';
import { openOrReason } from './openOrReason.ts';
import { problemWith } from './problems.ts';
import { outside, solve } from './solve.ts';

const opened = [
  { reductions: 'in subgroups', ...(await openOrReason()) },
  { reductions: 'through workgroup memory', ...(await openOrReason({ subgroups: false })) },
];
const { unavailable } = opened[0]!;
afterAll(() => Promise.all(opened.map(({ backend }) => backend.close())));

/** The five elements from which the shift of a channel is guessed. */
const isSampled = (i: number, m: number): boolean =>
  [0, 1, 2, 3, 4].some((k) => i === Math.floor(m / 10) * (2 * k + 1) + k);

interface Hard {
  readonly name: string;
  readonly fill: Fill;
  readonly eps: number;
  readonly catches: string;
}

const hard: readonly Hard[] = [
  { name: 'mean 1e6 over σ 1', fill: (r) => 1e6 + r(), eps: 1e-5, catches: 'sums without a shift' },
  { name: 'mean −1e4 over σ 1', fill: (r) => r() - 1e4, eps: 1e-5, catches: 'a mean rounded before it is used' },
  { name: 'constant channels', fill: (_r, c) => [0.1, 1e6, -3.3, 1e30][c % 4]!, eps: 1e-5, catches: 'NaN from 0·∞' },
  { name: 'σ² about eps', fill: (r) => 0.01 + 3e-3 * r(), eps: 1e-5, catches: 'eps in the wrong place' },
  { name: 'eps 1e-12 about σ²', fill: (r) => 5 + 1e-6 * r(), eps: 1e-12, catches: 'eps rounded away' },
  { name: 'about 1e18', fill: (r) => 1e18 * (r() + 1), eps: 1e-5, catches: 'squares that overflow in a sum' },
  { name: 'about 1e30', fill: (r) => 1e30 * (r() + 2), eps: 1e-5, catches: 'squares that overflow' },
  { name: 'about 1e-30 and eps 0', fill: (r) => 1e-30 * (r() + 1), eps: 0, catches: 'squares that vanish' },
  { name: 'about 1e-30', fill: (r) => 1e-30 * (r() + 1), eps: 1e-5, catches: 'a unit too small for eps' },
  {
    name: 'an outlier first',
    fill: (r, _c, i) => (i === 0 ? 1e6 : r()),
    eps: 1e-5,
    catches: 'the first element as shift',
  },
  {
    name: '1e30 last',
    fill: (r, _c, i, m) => (i === m - 1 ? 1e30 : r()),
    eps: 1e-5,
    catches: 'a unit from the sample',
  },
  {
    name: 'outliers where the shift is guessed',
    fill: (_r, _c, i, m) => (isSampled(i, m) ? 1000 : (i % 7) * 0.1),
    eps: 1e-5,
    catches: 'a bad shift that is kept',
  },
  {
    name: '1e20, but 1e-25 where the unit is guessed',
    fill: (r, _c, i, m) => (isSampled(i, m) ? 1e-25 : 1e20 + 1e19 * r()),
    eps: 1e-5,
    catches: 'a bad unit that is kept, then a bad shift',
  },
  { name: 'mostly zeros', fill: (r) => Math.max(0, r() - 1), eps: 1e-5, catches: 'a median of 0 as the mean' },
  { name: 'a ramp', fill: (_r, _c, i) => i * 0.37, eps: 1e-5, catches: 'rounding that all goes one way' },
];

/** Few enough for one workgroup a channel, and so many that a channel is cut into parts; loads of one element and of four. */
const sizes = [
  { n: 3, c: 3, spatial: [11, 11] },
  { n: 3, c: 4, spatial: [6, 18] },
  { n: 2, c: 2, spatial: [8209] },
  { n: 2, c: 4, spatial: [8212] },
];

describe.skipIf(unavailable).each(opened)(`webgpu, reductions $reductions ${unavailable}`, ({ backend }) => {
  it.each(hard)('is right to grade A for $name, which catches $catches', async ({ fill, eps }) => {
    for (const shape of sizes) {
      for (const layout of layouts) {
        const problem = problemWith({ shape, layout, custom: { eps } });
        expect(await outside(backend, problem, inputsFor(problem, 5, fill))).toEqual([]);
        const outsideRoot = problemWith({ shape, layout, custom: { eps, epsPlacement: 'outside-sqrt' } });
        expect(await outside(backend, outsideRoot, inputsFor(outsideRoot, 5, fill))).toEqual([]);
      }
    }
    const backward = problemWith({ op: 'backward', custom: { eps, epsPlacement: 'outside-sqrt' } });
    expect(await outside(backend, backward, inputsFor(backward, 5, fill))).toEqual([]);
  });

  it('finds the mean without any error where data lie on a coarse grid, in either layout and however it is cut', async () => {
    const exactMean = (c: number): number => 2 ** (c % 7) / 4;
    const fill: Fill = (_r, c, i, m) => {
      if (i === m - 1 && m % 2 === 1) return exactMean(c);
      const offset = (1 + (Math.floor(i / 2) % 13)) / 64;
      return exactMean(c) + (i % 2 === 0 ? offset : -offset);
    };
    for (const shape of [...sizes, { n: 9, c: 5, spatial: [7, 7] }, { n: 63, c: 40, spatial: [] }]) {
      for (const layout of layouts) {
        const problem = problemWith({ shape, layout });
        const { mean } = await solve(backend, problem, inputsFor(problem, 1, fill));
        expect([...mean!]).toEqual([...mean!].map((_, c) => exactMean(c)));
      }
    }
  });

  it('leaves the variance term out of dx where σ vanishes against eps outside the root', async () => {
    const problem = problemWith({ op: 'backward', custom: { eps: 1e-3, epsPlacement: 'outside-sqrt' } });
    const constant = inputsFor(problem, 3, () => 2.5);
    expect(await outside(backend, problem, constant)).toEqual([]);
    const nearly = inputsFor(problem, 3, (random) => 2.5 + 1e-6 * random());
    expect(await outside(backend, problem, nearly)).toEqual([]);
  });

  it('gives NaN where the convention divides 0 by 0', async () => {
    const problem = problemWith({
      shape: { n: 1, c: 3, spatial: [] },
      custom: { normalizeDivisor: 'm-1', runningDivisor: 'm-1', singleElement: 'nan' },
    });
    const { y, invStd, mean, runningVar } = await solve(backend, problem, inputsFor(problem, 2));
    expect([...y!, ...invStd!, ...runningVar!].every(Number.isNaN)).toBe(true);
    expect([...mean!].some(Number.isNaN)).toBe(false);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'keeps a %s in one channel away from the others, to the bit',
    async (poison) => {
      for (const op of ['forward-training', 'inference', 'backward', 'backward-frozen'] as const) {
        for (const layout of layouts) {
          const shape = { n: 5, c: 9, spatial: [6] };
          const problem = problemWith({ op, layout, shape });
          const clean = inputsFor(problem, 4);
          const poisoned: Tensors = { ...clean, x: clean.x!.slice() };
          poisoned.x![elementsOfChannel(problem, 3)[7]!] = poison;
          const expected = withoutChannel(problem, await solve(backend, problem, clean), 3);
          expect(withoutChannel(problem, await solve(backend, problem, poisoned), 3)).toEqual(expected);
        }
      }
    },
  );
});

/** All outputs with one channel's elements set to 0. */
function withoutChannel(problem: Problem, outputs: Tensors, channel: number): Tensors {
  expect(Object.keys(outputs)).toEqual(Object.keys(emptyOutputs(problem)));
  for (const values of Object.values(outputs)) {
    const full = values.length === elementsPerChannel(problem.shape) * problem.shape.c;
    for (const index of full ? elementsOfChannel(problem, channel) : [channel]) values[index] = 0;
  }
  return outputs;
}
