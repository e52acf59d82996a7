import { conventionNamed, conventions, ops } from '@normgauge/contract';
import { describe, expect, it } from 'vitest';
import { supportedByOnnxRuntime } from '../src/onnx/backend.ts';
import { supportedByTensorFlow } from '../src/tensorflow/backend.ts';
import { problemIn } from './data.ts';

const cumulative = { ...conventionNamed('onnx')!, momentum: 'cumulative' } as const;

describe('what TensorFlow.js supports', () => {
  it.each([
    { problem: problemIn('keras'), says: true },
    { problem: problemIn('onnx', { layout: 'nhwc', affine: false, op: 'backward' }), says: true },
    { problem: problemIn('pytorch', { op: 'inference' }), says: true },
    { problem: problemIn('pytorch'), says: 'does runningDivisor m only, not m-1' },
    {
      problem: problemIn('darknet', { op: 'inference' }),
      says: 'does epsPlacement inside-sqrt only, not outside-sqrt',
    },
    { problem: problemIn('darknet-alexeyab', { op: 'backward' }), says: 'does normalizeDivisor m only, not m-1' },
    {
      problem: problemIn('onnx', { convention: cumulative }),
      says: 'takes a number for momentum, no cumulative average',
    },
    { problem: problemIn('onnx', { convention: cumulative, op: 'inference' }), says: true },
  ])('$problem.op in $problem.convention.name: $says', ({ problem, says }) => {
    expect(supportedByTensorFlow(problem)).toBe(says);
  });
});

describe('what ONNX Runtime supports', () => {
  it.each([
    { problem: problemIn('onnx'), fault: undefined, says: true },
    { problem: problemIn('keras', { layout: 'nhwc' }), fault: undefined, says: true },
    { problem: problemIn('onnx'), fault: 'no such kernel', says: 'says of training_mode = 1: no such kernel' },
    { problem: problemIn('onnx', { op: 'inference' }), fault: 'no such kernel', says: true },
    { problem: problemIn('pytorch'), fault: undefined, says: 'does runningDivisor m only, not m-1' },
    {
      problem: problemIn('onnx', { convention: cumulative }),
      fault: undefined,
      says: 'takes a number for momentum, no cumulative average',
    },
    {
      problem: problemIn('onnx', { op: 'backward' }),
      fault: undefined,
      says: 'has no gradients: its packages run models forwards',
    },
  ])('$problem.op in $problem.convention.name, training fault $fault: $says', ({ problem, fault, says }) => {
    expect(supportedByOnnxRuntime(problem, fault)).toBe(says);
  });
});

it('answers every convention and op with true or one sentence', () => {
  for (const { name } of conventions) {
    for (const op of ops) {
      const problem = problemIn(name, { op });
      for (const says of [supportedByTensorFlow(problem), supportedByOnnxRuntime(problem, undefined)]) {
        expect(says === true || /^[a-z].{10,}[^.]$/.test(says)).toBe(true);
      }
    }
  }
});
