import { elementsOf, type Layout, type Shape, stridesOf } from '@normgauge/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fullShape } from '../src/onnx/batchNormalization.ts';
import { axesOf } from '../src/tensorflow/axes.ts';

const size = fc.integer({ min: 1, max: 5 });
const shapes: fc.Arbitrary<Shape> = fc.record({ n: size, c: size, spatial: fc.array(size, { maxLength: 3 }) });
const layouts = fc.constantFrom<Layout>('nchw', 'nhwc');

function product(sizes: readonly number[]): number {
  return sizes.reduce((all, one) => all * one, 1);
}

describe('the axes that TensorFlow.js is given', () => {
  it('hold every element, in two to four axes', () => {
    fc.assert(
      fc.property(shapes, layouts, (shape, layout) => {
        const axes = axesOf({ shape, layout });
        expect(product(axes.shape)).toBe(elementsOf(shape));
        expect([2, 3, 4]).toContain(axes.shape.length);
      }),
    );
  });

  it('have the channels last once they are transposed, and as given once they are transposed back', () => {
    fc.assert(
      fc.property(shapes, layouts, (shape, layout) => {
        const { shape: given, transposition, reduced } = axesOf({ shape, layout });
        const last = transposition ? transposition.toLast.map((axis) => given[axis]!) : given;
        expect(last.at(-1)).toBe(shape.c);
        expect(reduced).toEqual(last.slice(0, -1).map((_, axis) => axis));
        if (transposition) expect(transposition.back.map((axis) => last[axis]!)).toEqual(given);
      }),
    );
  });
});

describe('the axes that ONNX Runtime is given', () => {
  it('have the channels where the layout has them', () => {
    fc.assert(
      fc.property(shapes, layouts, (shape, layout) => {
        const full = fullShape({ shape, layout });
        const axis = layout === 'nchw' ? 1 : full.length - 1;
        expect(full[axis]).toBe(shape.c);
        expect(product(full.slice(axis + 1))).toBe(stridesOf(shape, layout).channelStride);
      }),
    );
  });
});
