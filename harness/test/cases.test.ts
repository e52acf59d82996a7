import { conventions, elementsPerChannel, positionsOf, stridesOf } from '@normgauge/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Case, caseAt, parseShape } from '../src/cases/case.ts';
import { digit, digitCount, featureMap, mapSide } from '../src/cases/digits.ts';
import { fillNamed, fills } from '../src/cases/fills.ts';
import { makeInputs } from '../src/cases/inputs.ts';
import { layerShapes, networksIn, resnet50 } from '../src/cases/networks.ts';
import { selectCases } from '../src/cases/select.ts';
import { suites } from '../src/cases/suites.ts';
import { UsageError } from '../src/usageError.ts';

const everyCase = suites.flatMap(({ cases }) => cases);

/** The values of one channel in the order of n, then position. */
function channelOf(row: Case, tensor: Float32Array, c: number): number[] {
  const { shape, layout } = row.problem;
  const { batchStride, channelStride, positionStride } = stridesOf(shape, layout);
  const positions = positionsOf(shape);
  return Array.from({ length: elementsPerChannel(shape) }, (_, j) => {
    const n = Math.floor(j / positions);
    return tensor[n * batchStride + c * channelStride + (j % positions) * positionStride]!;
  });
}

describe('an address', () => {
  it('of every case of every suite leads back to the same case', () => {
    for (const row of everyCase) {
      expect(caseAt(row.id)).toMatchObject({ id: row.id, problem: row.problem, convention: row.convention });
    }
  });

  it('can spell out a convention that has no name', () => {
    const address = 'inference/nchw/2x3/normal/eps=0.002,outside-sqrt,m-1,m,w=0.3,guard';
    const row = caseAt(address);
    expect(row.id).toBe(address);
    expect(row.problem.convention).toEqual({
      eps: 0.002,
      epsPlacement: 'outside-sqrt',
      normalizeDivisor: 'm-1',
      runningDivisor: 'm',
      momentum: 0.3,
      singleElement: 'guard',
    });
  });

  it.each([
    { address: 'inference/nchw/2x3/normal', says: 'expected op/layout/shape/fill/convention' },
    { address: 'forward/nchw/2x3/normal/onnx', says: 'op "forward": expected one of forward-training' },
    { address: 'inference/nhc/2x3/normal/onnx', says: 'layout "nhc": expected one of nchw, nhwc' },
    { address: 'inference/nchw/2x0/normal/onnx', says: 'shape "2x0": expected NxC' },
    { address: 'inference/nchw/2x3/normal/onxx', says: 'convention "onxx": expected one of paper' },
    { address: 'inference/nchw/2x3/nomal/onnx', says: 'fill "nomal": expected one of normal' },
    { address: 'forward-training/nchw/2x3/normal/webnn', says: 'webnn defines inference and backward-frozen only' },
    { address: 'forward-training/nchw/1x3/normal/pytorch', says: 'more than one element per channel' },
    { address: 'inference/nchw/2x3/digits/onnx', says: 'digits come as Nx784 or NxCx26x26' },
    {
      address: 'inference/nchw/2x3/normal/eps=-1,inside-sqrt,m,m,w=0.1,nan',
      says: 'convention.eps: expected a finite',
    },
  ])('that makes no sense is refused: $address', ({ address, says }) => {
    expect(() => caseAt(address)).toThrow(UsageError);
    expect(() => caseAt(address)).toThrow(says);
  });

  it('takes every shape that can be written', () => {
    const size = fc.integer({ min: 1, max: 999 });
    fc.assert(
      fc.property(fc.array(size, { minLength: 2, maxLength: 5 }), (sizes) => {
        const { n, c, spatial } = parseShape(sizes.join('x'));
        expect([n, c, ...spatial]).toEqual(sizes);
      }),
    );
  });
});

describe('the suites', () => {
  it.each(suites)('$name has no address twice', ({ cases }) => {
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
  });

  it('standard has every op, layout, fill and convention', () => {
    const { cases } = suites.find(({ name }) => name === 'standard')!;
    expect(new Set(cases.map(({ fill }) => fill.name))).toEqual(new Set(fills.map(({ name }) => name)));
    const tried = new Set(cases.map(({ convention }) => convention));
    expect(conventions.filter(({ name }) => !tried.has(name))).toEqual([]);
    expect(new Set(cases.map(({ problem }) => `${problem.op} ${problem.layout}`)).size).toBe(8);
  });

  it('standard has the digits and every layer of ResNet-50', () => {
    const { cases } = suites.find(({ name }) => name === 'standard')!;
    const ids = cases.map(({ id }) => id);
    for (const shape of layerShapes(resnet50, 2)) {
      expect(ids).toContain(`forward-training/nchw/${shape}/normal/pytorch`);
    }
    expect(ids).toContain('forward-training/nhwc/256x784/digits/onnx');
  });

  it('ResNet-50 has 53 BatchNorm layers', () => {
    expect(resnet50.reduce((sum, { times }) => sum + times, 0)).toBe(53);
  });

  it('resnet50 times every layer of the network it names, for each op of a step', () => {
    const { cases, networks } = suites.find(({ name }) => name === 'resnet50')!;
    const [network, ...others] = networksIn(networks, cases);
    expect(others).toEqual([]);
    const { layout, fill, convention, layers } = network!;
    const wanted = ['forward-training', 'inference', 'backward'].flatMap((op) =>
      layers.map(({ shape }) => [op, layout, shape.join('x'), fill, convention].join('/')),
    );
    expect(cases.filter(({ timed }) => timed).map(({ id }) => id)).toEqual(expect.arrayContaining(wanted));
    expect(cases).toHaveLength(wanted.length);
  });

  it('resnet50 names all of its layers, under the convention asked for, when only some are selected', () => {
    const { networks } = suites.find(({ name }) => name === 'resnet50')!;
    const patterns = ['inference/nchw/4x64x56x56'];
    const chosen = selectCases({ suite: 'resnet50', patterns, conventions: ['darknet', 'onnx'] });
    const found = networksIn(networks, chosen);
    expect(found.map(({ convention }) => convention)).toEqual(['darknet', 'onnx']);
    expect(found.map(({ layers }) => layers.reduce((sum, { times }) => sum + times, 0))).toEqual([53, 53]);
  });

  it('sweeps varies each size alone, and channels and spatial size together', () => {
    const { cases } = suites.find(({ name }) => name === 'sweeps')!;
    const sizes = cases
      .filter(({ problem: { op } }) => op === 'inference')
      .map(({ problem: { shape } }) => ({ n: shape.n, c: shape.c, side: shape.spatial[0]! }));
    expect(new Set(sizes.filter(({ c, side }) => c === 64 && side === 16).map(({ n }) => n)).size).toBe(4);
    expect(new Set(sizes.filter(({ n, side }) => n === 4 && side === 16).map(({ c }) => c)).size).toBe(6);
    expect(new Set(sizes.filter(({ n, c }) => n === 4 && c === 64).map(({ side }) => side)).size).toBe(5);
    const grid = sizes.filter(({ n, c }) => n === 4 && c >= 4 && c <= 256);
    expect(new Set(grid.map(({ c }) => c)).size * new Set(grid.map(({ side }) => side)).size).toBe(grid.length);
  });
});

describe('selectCases', () => {
  const select = (patterns: readonly string[], conventionNames: readonly string[] = []): readonly string[] =>
    selectCases({ suite: 'standard', patterns, conventions: conventionNames }).map(({ id }) => id);

  it('takes a prefix', () => {
    const ids = select(['backward/nhwc']);
    expect(ids.length).toBeGreaterThan(10);
    expect(ids.every((id) => id.startsWith('backward/nhwc/'))).toBe(true);
  });

  it('takes a glob', () => {
    const ids = select(['*/*/*/tiny-variance/darknet']);
    expect(ids.length).toBe(4);
    expect(ids.every((id) => id.endsWith('/tiny-variance/darknet'))).toBe(true);
  });

  it('takes a full address that no suite has', () => {
    expect(select(['inference/nhwc/3x11x13/outlier/cudnn'])).toEqual(['inference/nhwc/3x11x13/outlier/cudnn']);
  });

  it('tries every selected case under the conventions that were asked for', () => {
    const ids = select(['forward-training/nchw/3x5x7x5/normal/pytorch'], ['darknet', 'keras', 'webnn']);
    expect(ids).toEqual(['forward-training/nchw/3x5x7x5/normal/darknet', 'forward-training/nchw/3x5x7x5/normal/keras']);
  });

  it.each([
    { patterns: ['nothing'], conventionNames: [], says: '--case nothing: selects nothing in suite standard' },
    {
      patterns: ['forward-training/nchw/3x5x7x5'],
      conventionNames: ['webnn'],
      says: 'defines none of the selected ops',
    },
  ])('says so when nothing is selected: $says', ({ patterns, conventionNames, says }) => {
    expect(() => select(patterns, conventionNames)).toThrow(says);
  });
});

describe('data around a large mean', () => {
  it.each(
    ['1e2', '1e4', '1e6'].flatMap((mean) => ['2x9', '3x5x7x3', '2x5x63x65'].map((shape) => [mean, shape] as const)),
  )('of %s has a mean that float32 holds exactly, on %s', (mean, shape) => {
    const { problem, fill } = caseAt(`backward/nchw/${shape}/large-mean-${mean}/pytorch`);
    const { x, mean: saved } = makeInputs(problem, fill, 5);
    const positions = x!.length / (problem.shape.n * problem.shape.c);
    for (const [c, value] of saved!.entries()) {
      const ofChannel = x!.filter((_, i) => Math.floor(i / positions) % problem.shape.c === c);
      // Sums of steps of the grid, all below 2⁵³: exact.
      expect(ofChannel.reduce((sum, element) => sum + (element - value), 0)).toBe(0);
      expect(Math.abs(value)).toBeGreaterThan(0.9 * Number(mean));
    }
    expect(new Set(x).size).toBeGreaterThan(problem.shape.c);
  });
});

describe('makeInputs', () => {
  const rowFor = (fill: string, layout: string, shape = '3x4x5x2'): Case =>
    caseAt(`backward/${layout}/${fill === 'digits' ? '3x4x26x26' : shape}/${fill}/onnx`);

  it.each(fills)('draws $name from the seed and from nothing else', ({ name }) => {
    const row = rowFor(name, 'nchw');
    const words = (seed: number): Uint32Array => new Uint32Array(makeInputs(row.problem, row.fill, seed).x!.buffer);
    expect(words(5)).toEqual(words(5));
    // Two of 2³² seeds may agree; these do not.
    expect(words(5)).not.toEqual(words(6));
  });

  it.each(fills)('lays the same logical $name in nchw and in nhwc', ({ name }) => {
    const [nchw, nhwc] = [rowFor(name, 'nchw'), rowFor(name, 'nhwc')];
    const a = makeInputs(nchw.problem, nchw.fill, 3);
    const b = makeInputs(nhwc.problem, nhwc.fill, 3);
    for (let c = 0; c < 4; c++) {
      expect(channelOf(nchw, a.x!, c)).toEqual(channelOf(nhwc, b.x!, c));
      expect(channelOf(nchw, a.dy!, c)).toEqual(channelOf(nhwc, b.dy!, c));
    }
    expect(a.mean).toEqual(b.mean);
    expect(a.invStd).toEqual(b.invStd);
  });

  it('makes exact data whose float32 sums do not depend on their order', () => {
    const row = caseAt('forward-training/nchw/9x3x7x5/exact/onnx');
    const { x } = makeInputs(row.problem, row.fill, 1);
    for (let c = 0; c < 3; c++) {
      const values = channelOf(row, x!, c);
      const orders = [values, values.toReversed(), values.toSorted(), values.toSorted((a, b) => b - a)];
      const sums = orders.map((order) => order.reduce((sum, value) => Math.fround(sum + value), 0));
      const squares = orders.map((order) =>
        order.reduce((sum, value) => Math.fround(sum + Math.fround(value * value)), 0),
      );
      expect(new Set(sums).size).toBe(1);
      expect(new Set(squares).size).toBe(1);
      expect(sums[0]! / values.length).toBe(2 ** (c % 7) / 4);
    }
  });

  it('makes tiny variance of the size of eps, wherever eps stands', () => {
    for (const { convention, size } of [
      { convention: 'keras', size: Math.sqrt(1e-3) },
      { convention: 'darknet', size: 1e-6 },
    ]) {
      const row = caseAt(`forward-training/nchw/64x2x8/tiny-variance/${convention}`);
      const { x } = makeInputs(row.problem, row.fill, 1);
      const values = channelOf(row, x!, 0);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
      expect(deviation / size).toBeGreaterThan(0.4);
      expect(deviation / size).toBeLessThan(2.5);
    }
  });

  it('puts NaN into one channel, at both of its ends', () => {
    const row = caseAt('inference/nhwc/3x5x7/nan-in-one-channel/onnx');
    const { x } = makeInputs(row.problem, row.fill, 1);
    const holds = Array.from({ length: 5 }, (_, c) => channelOf(row, x!, c).some(Number.isNaN));
    expect(holds).toEqual([false, false, true, false, false]);
    expect([channelOf(row, x!, 2).at(0), channelOf(row, x!, 2).at(-1)]).toEqual([Number.NaN, Number.NaN]);
  });
});

describe('the digits', () => {
  it('are ten thousand images of 28×28 with ink on them', () => {
    expect(digitCount()).toBe(10_000);
    for (const index of [0, 4321, 9999]) {
      const image = digit(index);
      expect(image.length).toBe(784);
      expect(Math.max(...image)).toBeGreaterThan(0.5);
      expect(Math.min(...image)).toBe(0);
    }
  });

  it('give a feature map that is the image itself where the filter is the identity', () => {
    const map = featureMap(digit(17), 0);
    expect(map.length).toBe(mapSide * mapSide);
    expect(map[3 * mapSide + 5]).toBe(digit(17)[4 * 28 + 6]);
  });

  it('are the same images in every channel of a sample', () => {
    const row = caseAt('inference/nchw/3x2x26x26/digits/onnx');
    const { x } = makeInputs(row.problem, row.fill, 1);
    const blurred = channelOf(row, x!, 1);
    const plain = channelOf(row, x!, 0);
    const inkless = plain.slice(0, 676).every((value) => value === 0);
    expect(inkless).toBe(false);
    // The 3×3 sum around a pixel of the identity map is the pixel of the blurred one.
    const around = [-1, 0, 1].flatMap((row) => [-1, 0, 1].map((column) => plain[(13 + row) * 26 + 13 + column]!));
    expect(blurred[13 * 26 + 13]).toBeCloseTo(
      around.reduce((sum, value) => sum + value, 0),
      4,
    );
  });

  it('are refused for shapes that no digit has', () => {
    const { refuses } = fillNamed('digits')!;
    expect(refuses!(caseAt('inference/nchw/2x784/normal/onnx').problem)).toBeUndefined();
    expect(refuses!(caseAt('inference/nchw/2x783/normal/onnx').problem)).toBe('digits come as Nx784 or NxCx26x26');
  });
});
