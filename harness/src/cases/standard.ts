import { conventions, layouts, ops } from '@normgauge/contract';
import type { CaseRows } from './case.ts';
import { fills } from './fills.ts';
import { layerShapes, resnet50 } from './networks.ts';

/* The rows of `standard`: what they catch is what the kill table saw them catch. */

export const everyConvention: readonly string[] = conventions.map(({ name }) => name);
/** Every field of a convention with a value, or beside a value, that no published one has. */
export const unpublishedConventions: readonly string[] = [
  'eps=0,inside-sqrt,m,m-1,w=0,nan',
  'eps=0.25,outside-sqrt,m,m-1,w=0.5,guard',
  'eps=0.001,inside-sqrt,m-1,m,w=cumulative,guard',
];
export const trainingOps = ['forward-training', 'backward'] as const;
export const timedOps = ['forward-training', 'inference', 'backward'] as const;
/** Fills with a row of their own, or that only some shapes can hold. */
export const generalFills: readonly string[] = fills
  .map(({ name }) => name)
  .filter((name) => name !== 'digits' && name !== 'tiny-variance');

const conventionRows: readonly CaseRows[] = [
  {
    ops,
    layouts,
    shapes: ['3x5x7x5'],
    fills: ['normal'],
    conventions: everyConvention,
    catches: 'a divisor, eps, momentum or layout of another convention',
  },
  {
    ops,
    layouts,
    shapes: ['3x5x7x5'],
    fills: ['negative-gamma'],
    conventions: unpublishedConventions,
    catches: 'a convention told by its name; an eps or a momentum of 0 taken for none',
  },
  {
    ops: trainingOps,
    layouts: ['nchw'],
    shapes: ['2x3', '3x2x1', '1x4x2x2'],
    fills: ['normal'],
    conventions: everyConvention,
    catches: 'm for m−1, seen best where m is small',
  },
  {
    ops: ['forward-training'],
    layouts: ['nchw'],
    shapes: ['1x2'],
    fills: ['normal'],
    conventions: everyConvention,
    catches: 'a single element: 0/0, or a guard that is missing',
  },
  {
    // Divided by m every dx is 0 there, which proves little: once is enough.
    ops: ['backward'],
    layouts: ['nchw'],
    shapes: ['1x2'],
    fills: ['normal'],
    conventions: ['darknet', 'darknet-alexeyab', 'onnx'],
    catches: 'a single element: NaN where the gradient is 0, or 0 where it is NaN',
  },
  {
    ops,
    layouts: ['nchw'],
    shapes: ['4x3x5x5'],
    fills: ['tiny-variance'],
    conventions: [...everyConvention, unpublishedConventions[0]!],
  },
];

const dataRows: readonly CaseRows[] = [
  { ops, layouts, shapes: ['6x9x9x7'], fills: generalFills, conventions: ['pytorch'] },
  {
    ops: trainingOps,
    layouts: ['nchw'],
    shapes: ['6x9x9x7'],
    fills: ['large-mean-1e4', 'constant', 'huge'],
    conventions: ['darknet', 'tensorflow'],
    catches: 'a convention finished with less care than another',
  },
  {
    ops: trainingOps,
    layouts: ['nchw'],
    shapes: ['2x9', '4x9'],
    fills: ['large-mean-1e4'],
    conventions: ['pytorch'],
    catches: 'a mean of fewer bits than float32, which the sum of more elements may cost',
  },
  { ops, layouts, shapes: ['256x784', '16x8x26x26'], fills: ['digits'], conventions: ['onnx'] },
];

const sizeRows: readonly CaseRows[] = [
  {
    ops,
    layouts,
    shapes: [
      '1x1x3',
      '5x1',
      '2x1x1x1',
      '7x13x3',
      '3x17x5x5',
      '2x8x7x7',
      '1x16x4x4x4',
      '2x3x5x3x7',
      '33x65',
      '9x257x1x1',
      '1x3x4097',
      '2x5x63x65',
      '129x4x2x2',
    ],
    fills: ['normal'],
    conventions: ['onnx'],
    catches: 'sizes beside a vector, block or workgroup width; axes of size 1',
  },
  {
    ops,
    layouts,
    shapes: [
      '2x17x31',
      '1x15x33',
      '1x33x63',
      '1x31x65',
      '1x3x127',
      '1x129x2',
      '1x255x2',
      '1x2x257',
      '1x2x1023',
      '2x1025',
    ],
    fills: ['exact'],
    conventions: ['onnx'],
    catches: 'tails of rows and of channels beside a vector, block or workgroup width',
  },
  {
    ops: trainingOps,
    layouts: ['nchw'],
    shapes: ['65537x1', '257x257'],
    fills: ['normal'],
    conventions: ['onnx'],
    catches: 'samples, or rows of a sample and a channel, past 65,535: a counter or a dispatch of 16 bits',
  },
  {
    ops: ['forward-training'],
    layouts: ['nchw'],
    shapes: ['2x65537'],
    fills: ['normal'],
    conventions: ['onnx'],
    catches: 'channels past 65,535, and past the threads of one workgroup',
  },
  {
    ops: trainingOps,
    layouts,
    shapes: ['64x3x33x33'],
    fills: ['block-edges'],
    conventions: ['pytorch'],
    catches: 'error that grows with m, past 65,536 elements per channel; blocks of many samples',
  },
  {
    // With a larger mean, or more elements, plain sums of float32 are lost too.
    ops: trainingOps,
    layouts,
    shapes: ['2x5x63x65'],
    fills: ['large-mean-1e2'],
    conventions: ['pytorch'],
    catches: 'a variance in one pass, for large problems only',
  },
  {
    ops: trainingOps,
    layouts,
    shapes: ['1x2x257x257'],
    fills: ['exact', 'monotone'],
    conventions: ['pytorch'],
    catches: 'error that grows with m, past 65,536 elements per channel; positions past 65,535',
  },
  {
    ops: ['forward-training'],
    layouts: ['nchw'],
    shapes: ['1x1x1025x1025'],
    fills: ['far-between'],
    conventions: ['pytorch'],
    catches: 'a count past 2²⁰ elements per channel',
  },
  {
    ops: ['inference'],
    layouts: ['nchw'],
    shapes: ['1x257x65537'],
    fills: ['normal'],
    conventions: ['onnx'],
    catches:
      'an index past 2²⁴, which a float32 cannot hold; more workgroups of 64 or 256 than one dimension of a dispatch may have',
  },
  {
    ops: trainingOps,
    layouts: ['nchw'],
    shapes: layerShapes(resnet50, 2),
    fills: ['normal'],
    conventions: ['pytorch'],
    catches: 'the shapes that users run: ResNet-50',
  },
  {
    ops: ['inference'],
    layouts: ['nhwc'],
    shapes: layerShapes(resnet50, 2),
    fills: ['normal'],
    conventions: ['pytorch'],
    catches: 'the shapes that users run: ResNet-50, channels last',
  },
];

const sweeps = {
  batch: [1, 4, 16, 64].map((n) => `${n}x32x14x14`),
  channels: [8, 32, 128, 512].map((c) => `4x${c}x14x14`),
  spatial: [7, 14, 28, 56].map((side) => `4x32x${side}x${side}`),
};

export const timedRow: Pick<CaseRows, 'ops' | 'fills' | 'conventions' | 'timed' | 'catches'> = {
  ops: timedOps,
  fills: ['normal'],
  conventions: ['pytorch'],
  timed: true,
  catches: 'time: a point of the sweeps over batch, channels and spatial size',
};

const timedRows: readonly CaseRows[] = [
  { ...timedRow, layouts: ['nchw'], shapes: [...sweeps.batch, ...sweeps.channels, ...sweeps.spatial] },
  { ...timedRow, layouts: ['nhwc'], shapes: ['4x32x28x28'], catches: 'time: the other layout' },
  { ...timedRow, layouts: ['nchw'], shapes: ['256x784'], fills: ['digits'], catches: 'time: real digits as features' },
];

export const standardRows: readonly CaseRows[] = [...conventionRows, ...dataRows, ...sizeRows, ...timedRows];
