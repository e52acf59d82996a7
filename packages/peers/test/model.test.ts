import { inputsOf, outputsOf, type Problem } from '@normgauge/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { graphOf, outputName } from '../src/onnx/batchNormalization.ts';
import { modelBytes } from '../src/onnx/model.ts';
import { floatField, integerField, messageField, textField } from '../src/onnx/protobuf.ts';
import { problemIn } from './data.ts';
import { numbersIn, textsIn, wireFields, within } from './wire.ts';

function hex(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

describe('a field on the wire', () => {
  it.each([
    // The examples of https://protobuf.dev/programming-guides/encoding/.
    { what: 'int32 a = 1 set to 150', bytes: integerField(1, 150), says: '08 96 01' },
    { what: 'string b = 2 set to "testing"', bytes: textField(2, 'testing'), says: '12 07 74 65 73 74 69 6e 67' },
    { what: 'message c = 3 with a = 150', bytes: messageField(3, [integerField(1, 150)]), says: '1a 03 08 96 01' },
    // By the same rules: field 20 needs two bytes, a float is IEEE 754 with the least significant byte first.
    { what: 'enum type = 20 set to 7', bytes: integerField(20, 7), says: 'a0 01 07' },
    { what: 'float f = 2 set to 1', bytes: floatField(2, 1), says: '15 00 00 80 3f' },
  ])('$what is $says', ({ bytes, says }) => {
    expect(hex(bytes)).toBe(says);
  });

  it('holds any whole number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 28 }), fc.maxSafeNat(), (field, value) => {
        expect(wireFields(Uint8Array.from(integerField(field, value)))).toEqual([{ field, value }]);
      }),
    );
  });
});

interface Read {
  readonly ops: readonly string[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly constants: readonly string[];
  readonly attributes: readonly string[];
  readonly opset: readonly number[];
}

/** The model of a problem, read back from its bytes by the field numbers of onnx.proto. */
function modelOf(problem: Problem): Read {
  const model = modelBytes(graphOf(problem));
  const graph = within(model, 7)[0]!;
  const nodes = within(graph, 1);
  const norm = nodes.find((node) => textsIn(node, 4)[0] === 'BatchNormalization')!;
  return {
    ops: nodes.flatMap((node) => textsIn(node, 4)),
    inputs: within(graph, 11).flatMap((value) => textsIn(value, 1)),
    outputs: within(graph, 12).flatMap((value) => textsIn(value, 1)),
    constants: within(graph, 5).flatMap((tensor) => textsIn(tensor, 8)),
    attributes: within(norm, 5).flatMap((attribute) => textsIn(attribute, 1)),
    opset: within(model, 8).flatMap((set) => numbersIn(set, 2)),
  };
}

describe('the model of a problem', () => {
  it('of inference is one node of opset 15 over the five inputs', () => {
    expect(modelOf(problemIn('onnx', { op: 'inference' }))).toEqual({
      ops: ['BatchNormalization'],
      inputs: ['x', 'gamma', 'beta', 'runningMean', 'runningVar'],
      outputs: ['y'],
      constants: [],
      attributes: ['epsilon'],
      opset: [15],
    });
  });

  it('without gamma and beta has ones and zeros for them', () => {
    const { inputs, constants } = modelOf(problemIn('onnx', { op: 'inference', affine: false }));
    expect(inputs).toEqual(['x', 'runningMean', 'runningVar']);
    expect(constants).toEqual(['gamma', 'beta']);
  });

  it('with the channels last moves them there and back, where there is something to move', () => {
    const ops = (problem: Partial<Problem>): readonly string[] => modelOf(problemIn('onnx', problem)).ops;
    const inference = { op: 'inference', layout: 'nhwc' } as const;
    expect(ops(inference)).toEqual(['Transpose', 'BatchNormalization', 'Transpose']);
    expect(ops({ ...inference, shape: { n: 3, c: 2, spatial: [] } })).toEqual(['BatchNormalization']);
  });

  it('of training is in training mode and puts out what the contract asks for', () => {
    const problem = problemIn('onnx');
    const { attributes, inputs, outputs } = modelOf(problem);
    expect(attributes).toEqual(['epsilon', 'momentum', 'training_mode']);
    expect(inputs).toEqual(inputsOf(problem).map(({ name }) => name));
    expect(outputs).toEqual(expect.arrayContaining(outputsOf(problem).map(({ name }) => outputName(name))));
  });

  it('says the shape of x in the layout of the problem', () => {
    const shape = { n: 3, c: 2, spatial: [5, 300] };
    const dimensions = (layout: Problem['layout']): readonly number[] => {
      const graph = within(modelBytes(graphOf(problemIn('onnx', { op: 'inference', layout, shape }))), 7)[0]!;
      const type = within(within(within(graph, 11)[0]!, 2)[0]!, 1)[0]!;
      return within(within(type, 2)[0]!, 1).flatMap((dimension) => numbersIn(dimension, 1));
    };
    expect(dimensions('nchw')).toEqual([3, 2, 5, 300]);
    expect(dimensions('nhwc')).toEqual([3, 5, 300, 2]);
  });
});
