import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkInputs,
  checkOutputs,
  checkProblem,
  conventionNamed,
  elementsOf,
  elementsPerChannel,
  inputsOf,
  layouts,
  type Op,
  outputsOf,
  type Problem,
  ProblemError,
  positionsOf,
  ShapeError,
  stridesOf,
  type Tensors,
} from '../src/index.ts';

const problem: Problem = {
  op: 'forward-training',
  shape: { n: 2, c: 3, spatial: [4, 5] },
  layout: 'nchw',
  dtype: 'f32',
  affine: true,
  convention: conventionNamed('pytorch')!,
};

function inputsFor(of: Problem): Tensors {
  return Object.fromEntries(inputsOf(of).map(({ name, length }) => [name, new Float32Array(length)]));
}

describe('checkProblem', () => {
  it.each([
    { field: 'op', change: { op: 'forward' }, message: 'op: expected one of forward-training, inference' },
    { field: 'layout', change: { layout: 'nchw8c' }, message: 'layout: expected one of nchw, nhwc, got "nchw8c"' },
    { field: 'dtype', change: { dtype: 'f64' }, message: 'dtype: expected one of f32, got "f64"' },
    { field: 'affine', change: { affine: 1 }, message: 'affine: expected one of true, false, got 1' },
    {
      field: 'shape.n',
      change: { shape: { n: 0, c: 3, spatial: [] } },
      message: 'shape.n: expected a whole number ≥ 1, got 0',
    },
    {
      field: 'shape.c',
      change: { shape: { n: 1, c: 1.5, spatial: [] } },
      message: 'shape.c: expected a whole number ≥ 1, got 1.5',
    },
    {
      field: 'shape.spatial[1]',
      change: { shape: { n: 1, c: 1, spatial: [2, -1] } },
      message: 'shape.spatial[1]: expected a whole number ≥ 1, got -1',
    },
    {
      field: 'shape.spatial',
      change: { shape: { n: 1, c: 1, spatial: [1, 1, 1, 1] } },
      message: 'shape.spatial: expected at most 3 sizes, got 4',
    },
    {
      field: 'shape',
      change: { shape: { n: 2 ** 20, c: 2 ** 20, spatial: [] } },
      message: 'shape: expected at most 4294967295 elements, got 1048576x1048576 = 1099511627776',
    },
    {
      field: 'convention.eps',
      change: { convention: { ...problem.convention, eps: -1e-5 } },
      message: 'convention.eps: expected a finite number ≥ 0, got -0.00001',
    },
    {
      field: 'convention.momentum',
      change: { convention: { ...problem.convention, momentum: 1.5 } },
      message: 'convention.momentum: expected a number in 0…1 or "cumulative", got 1.5',
    },
  ])('refuses a wrong $field in one sentence', ({ field, change, message }) => {
    const wrong = { ...problem, ...change } as Problem;
    expect(() => checkProblem(wrong)).toThrow(ProblemError);
    expect(() => checkProblem(wrong)).toThrow(message);
    expect(() => checkProblem(wrong)).toThrow(expect.objectContaining({ field }));
  });

  it.each([
    { op: 'forward-training', convention: 'pytorch', refused: true },
    { op: 'backward', convention: 'pytorch', refused: false },
    { op: 'inference', convention: 'pytorch', refused: false },
    { op: 'forward-training', convention: 'tensorflow', refused: false },
    { op: 'forward-training', convention: 'darknet', refused: false },
    { op: 'forward-training', convention: 'keras', refused: false },
  ])('treats a single element under $convention in $op as its row says', ({ op, convention, refused }) => {
    const single: Problem = {
      ...problem,
      op: op as Op,
      shape: { n: 1, c: 3, spatial: [] },
      convention: conventionNamed(convention)!,
    };
    if (refused) expect(() => checkProblem(single)).toThrow('more than one element per channel');
    else expect(() => checkProblem(single)).not.toThrow();
  });
});

describe('inputsOf and outputsOf', () => {
  it.each([
    {
      op: 'forward-training',
      inputs: 'x gamma beta runningMean runningVar',
      outputs: 'y mean invStd runningMean runningVar',
    },
    { op: 'inference', inputs: 'x gamma beta runningMean runningVar', outputs: 'y' },
    { op: 'backward', inputs: 'x dy gamma mean invStd', outputs: 'dx dGamma dBeta' },
    { op: 'backward-frozen', inputs: 'x dy gamma runningMean runningVar', outputs: 'dx dGamma dBeta' },
  ])('name the tensors of $op', ({ op, inputs, outputs }) => {
    const of = { ...problem, op: op as Op };
    expect(
      inputsOf(of)
        .map(({ name }) => name)
        .join(' '),
    ).toBe(inputs);
    expect(
      outputsOf(of)
        .map(({ name }) => name)
        .join(' '),
    ).toBe(outputs);
  });

  it('leave out gamma and beta and their gradients where there is no affine part', () => {
    const names = (['forward-training', 'inference', 'backward', 'backward-frozen'] as const).flatMap((op) =>
      [...inputsOf({ ...problem, op, affine: false }), ...outputsOf({ ...problem, op, affine: false })].map(
        ({ name }) => name,
      ),
    );
    for (const name of ['gamma', 'beta', 'dGamma', 'dBeta']) expect(names).not.toContain(name);
  });

  it('ask for the number of batches only where momentum is cumulative', () => {
    const paper = { ...problem, convention: conventionNamed('paper')! };
    expect(inputsOf(paper).at(-1)).toEqual({ name: 'batchesTracked', extent: 'scalar', length: 1 });
    expect(inputsOf(problem).map(({ name }) => name)).not.toContain('batchesTracked');
  });
});

describe('checkInputs and checkOutputs', () => {
  it('accept what the problem has', () => {
    expect(() => checkInputs(problem, inputsFor(problem))).not.toThrow();
    expect(() => checkOutputs(problem, { y: new Float32Array(120) })).not.toThrow();
  });

  it.each([
    {
      what: 'a tensor that is absent',
      change: { gamma: undefined },
      message: 'gamma: expected a Float32Array of 3 elements [C], got nothing',
    },
    {
      what: 'a tensor that is too short',
      change: { x: new Float32Array(119) },
      message: 'x: expected a Float32Array of 120 elements [N,C,spatial], got 119 elements',
    },
    {
      what: 'float64',
      change: { beta: new Float64Array(3) },
      message: 'beta: expected a Float32Array of 3 elements [C], got Float64Array',
    },
    {
      what: 'a plain array',
      change: { beta: [0, 0, 0] },
      message: 'beta: expected a Float32Array of 3 elements [C], got Array',
    },
    { what: 'a proxy', change: { beta: new Proxy(new Float32Array(3), {}) }, message: 'beta: expected a Float32Array' },
    {
      what: 'a tensor of another op',
      change: { dy: new Float32Array(120) },
      message: 'dy: expected no such input in this problem, got one',
    },
  ])('refuse $what', ({ change, message }) => {
    const inputs = { ...inputsFor(problem), ...change } as Tensors;
    expect(() => checkInputs(problem, inputs)).toThrow(ShapeError);
    expect(() => checkInputs(problem, inputs)).toThrow(message);
  });

  it('refuse an output view of the wrong length, and take an absent one as not asked for', () => {
    expect(() => checkOutputs(problem, { mean: new Float32Array(4) })).toThrow('mean: expected a Float32Array of 3');
    expect(() => checkOutputs(problem, {})).not.toThrow();
  });
});

describe('stridesOf', () => {
  const size = fc.integer({ min: 1, max: 5 });
  const shapes = fc.record({ n: size, c: size, spatial: fc.array(size, { maxLength: 3 }) });

  it.each(layouts)('visits every element of a dense %s tensor exactly once', (layout) => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const { batchStride, channelStride, positionStride } = stridesOf(shape, layout);
        const seen = new Set<number>();
        for (let n = 0; n < shape.n; n++) {
          for (let c = 0; c < shape.c; c++) {
            for (let s = 0; s < positionsOf(shape); s++) {
              seen.add(n * batchStride + c * channelStride + s * positionStride);
            }
          }
        }
        expect(seen.size).toBe(elementsOf(shape));
        expect(Math.max(...seen)).toBe(elementsOf(shape) - 1);
        expect(elementsPerChannel(shape) * shape.c).toBe(elementsOf(shape));
      }),
    );
  });
});
