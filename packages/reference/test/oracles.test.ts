import { elementsPerChannel, layouts, type Op, ops, type Problem } from '@normgauge/contract';
import { describe, expect, it } from 'vitest';
import { compute } from '../src/compute.ts';
import type { Oracle } from '../src/oracles/oracle.ts';
import { oracles } from '../src/oracles/oracles.ts';
import { brokenReferences } from './brokenReferences.ts';
import { families, makeInputs } from './families.ts';
import { problemOf, testedConventions, testedShapes } from './problems.ts';

const familyNames = Object.keys(families);

/** One problem a family; shapes, layouts and affine take turns as the rows go on. */
function* problemsOf(op: Op, row: number): Generator<{ problem: Problem; family: string; seed: number }> {
  const convention = testedConventions[row]!;
  for (const [column, family] of familyNames.entries()) {
    const seed = row * 31 + column * 7;
    const shape = testedShapes[seed % testedShapes.length]!;
    const single = elementsPerChannel(shape) === 1;
    const trains = op === 'forward-training' || op === 'backward';
    if (single && trains && convention.singleElement === 'refuse') continue;
    const layout = layouts[(seed >> 3) % 2]!;
    yield { problem: { op, shape, layout, dtype: 'f32', affine: (seed >> 4) % 3 !== 0, convention }, family, seed };
  }
}

describe.each(ops)('%s agrees with every oracle that applies', (op) => {
  it.each(testedConventions.map(({ name }, row) => ({ name, row })))('in the convention $name', ({ row }) => {
    let heard = 0;
    const beyond: string[] = [];
    for (const { problem, family, seed } of problemsOf(op, row)) {
      const inputs = makeInputs(problem, family, seed);
      for (const oracle of oracles) {
        if (oracle.applies(problem, inputs) !== true) continue;
        const agreements = oracle.consult(problem, inputs);
        expect(agreements.length).toBeGreaterThan(0);
        for (const agreement of agreements) {
          heard++;
          if (!(agreement.deviation <= oracle.bound)) {
            beyond.push(`${family} ${JSON.stringify(problem.shape)} ${problem.layout} ${JSON.stringify(agreement)}`);
          }
        }
      }
    }
    expect(beyond).toEqual([]);
    expect(heard).toBeGreaterThan(familyNames.length);
  });
});

const named = (id: Oracle['id']): Oracle => oracles.find((oracle) => oracle.id === id)!;

describe('an oracle says why it is silent', () => {
  const inputsFor = (problem: Problem, family = 'normal') => makeInputs(problem, family, 5);

  it.each<{ id: Oracle['id']; problem: Problem; family?: string; reason: RegExp }>([
    { id: 'symbolic', problem: problemOf({ op: 'backward' }), reason: /m ≤ 4/ },
    { id: 'richardson', problem: problemOf({ op: 'inference' }), reason: /gradients only/ },
    {
      id: 'complex-step',
      problem: problemOf({ op: 'backward' }, { epsPlacement: 'outside-sqrt' }),
      family: 'constant',
      reason: /σ ≪ eps outside the root/,
    },
    {
      id: 'richardson',
      problem: problemOf({ op: 'backward' }, { eps: 0 }),
      family: 'constant',
      reason: /no finite invStd/,
    },
    {
      id: 'symbolic',
      problem: problemOf(
        { op: 'backward', shape: { n: 1, c: 2, spatial: [1] } },
        { normalizeDivisor: 'm-1', singleElement: 'nan' },
      ),
      reason: /divides by m−1/,
    },
    {
      id: 'complex-step',
      problem: problemOf({ shape: { n: 2 ** 14 + 1, c: 1, spatial: [] } }),
      reason: /more than 16384/,
    },
    { id: 'bignumber', problem: problemOf({ shape: { n: 2 ** 15, c: 3, spatial: [] } }), reason: /65536 elements/ },
  ])('$id: $reason', ({ id, problem, family, reason }) => {
    const inputs = inputsFor(problem, family);
    expect(named(id).applies(problem, inputs)).toMatch(reason);
    expect(named(id).consult(problem, inputs)).toEqual([]);
  });

  it('and still speaks of the channels that are sound', () => {
    const problem = problemOf({ op: 'backward', shape: { n: 2, c: 3, spatial: [2] } });
    const inputs = inputsFor(problem);
    const x = Float32Array.from(inputs.x!);
    x[2] = Number.NaN;
    for (const id of ['complex-step', 'symbolic', 'richardson'] as const) {
      expect(named(id).applies(problem, { ...inputs, x })).toBe(true);
      const dx = named(id)
        .consult(problem, { ...inputs, x })
        .find(({ tensor }) => tensor === 'dx')!;
      expect(dx).toMatchObject({ elements: 8 });
      expect(dx.deviation).toBeLessThan(1e-9);
    }
  });
});

describe('an oracle', () => {
  it('takes float64 inputs to their last bit', () => {
    const problem = problemOf({ shape: { n: 4, c: 1, spatial: [] }, affine: false });
    const x = Float64Array.of(1e6 + 0.1, 1e6 + 0.2, 1e6 + 0.3, 1e6 - 0.7);
    const [agreement] = named('bignumber').consult(problem, { x, runningMean: [0], runningVar: [1] });
    expect(agreement).toMatchObject({ tensor: 'y', elements: 4 });
    expect(agreement!.deviation).toBeLessThan(1e-15);
  });

  it('samples the elements of a large channel and says how many', () => {
    const problem = problemOf({ op: 'backward', shape: { n: 3, c: 9, spatial: [11, 11] } });
    const inputs = makeInputs(problem, 'mean 1e4', 3);
    const dx = named('complex-step')
      .consult(problem, inputs)
      .find(({ tensor }) => tensor === 'dx')!;
    expect(dx.elements).toBe(8 * Math.floor(2048 / 363));
    expect(dx.deviation).toBeLessThan(1e-12);
  });

  it('reports the worst element, its two values, and infinity for a NaN or for an output that is missing', () => {
    const problem = problemOf({ op: 'inference' });
    const inputs = makeInputs(problem, 'normal', 1);
    const wrong: typeof compute = (...given) => {
      const y = compute(...given).y!.slice();
      y[7] = y[7]! + 1;
      return { y };
    };
    const [agreement] = named('bignumber').consult(problem, inputs, wrong);
    expect(agreement).toMatchObject({ oracle: 'bignumber', tensor: 'y', index: 7, elements: 36 });
    expect(agreement!.reference - agreement!.oracleValue).toBeCloseTo(1, 12);
    expect(agreement!.deviation * agreement!.scale).toBeCloseTo(1, 12);

    const nan: typeof compute = (...given) => ({ y: compute(...given).y!.with(3, Number.NaN) });
    expect(named('bignumber').consult(problem, inputs, nan)).toMatchObject([{ deviation: Infinity, index: 3 }]);
    expect(named('bignumber').consult(problem, inputs, () => ({}))).toMatchObject([{ deviation: Infinity }]);
  });

  it('sees a mean of which only the first pass was taken', () => {
    const problem = problemOf({ shape: { n: 3, c: 1, spatial: [7, 11] }, affine: false });
    const inputs = makeInputs(problem, 'mean 1e6', 2);
    const x = Float64Array.from(inputs.x!, (value, i) => value + i / 1000);
    const onePass: typeof compute = (asked, given) => {
      const outputs = compute(asked, given);
      const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
      return { ...outputs, y: x.map((value) => (value - mean) * outputs.invStd![0]!) };
    };
    const deviationOfY = (reference?: typeof compute): number =>
      named('bignumber').consult(problem, { ...inputs, x }, reference)[0]!.deviation;
    expect(deviationOfY()).toBeLessThan(1e-15);
    expect(deviationOfY(onePass)).toBeGreaterThan(1e-13);
  });
});

/** Data in which each mistake makes a difference: with eps as large as the variance both of its places show. */
const brokenRows = brokenReferences.flatMap((broken) =>
  ['normal', 'mean 1e4', 'variance near eps'].map((family) => ({ ...broken, family })),
);

it.each(brokenRows)('$mistake in $op is caught by at least two oracles on $family data', ({ op, family, compute }) => {
  for (const momentum of [0.1, 'cumulative'] as const) {
    const problem = problemOf({ op, shape: { n: 2, c: 2, spatial: [2] } }, { momentum });
    const inputs = makeInputs(problem, family, 7);
    const caughtBy = oracles.filter((oracle) =>
      oracle.consult(problem, inputs, compute).some(({ deviation }) => !(deviation <= oracle.bound)),
    );
    expect(caughtBy.map(({ id }) => id).length).toBeGreaterThanOrEqual(2);
    const sound = oracles.filter((oracle) =>
      oracle.consult(problem, inputs).every(({ deviation }) => deviation <= oracle.bound),
    );
    expect(sound).toEqual(oracles);
  }
});
