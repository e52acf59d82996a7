import { conventions, layouts, ops } from '@normgauge/contract';
import { type Case, type CaseRows, expand } from './case.ts';
import { fills } from './fills.ts';
import { layerShapes, resnet50 } from './networks.ts';

const everyConvention = conventions.map(({ name }) => name);
const trainingOps = ['forward-training', 'backward'] as const;
const timedOps = ['forward-training', 'inference', 'backward'] as const;
/** Fills with a row of their own below, or that only some shapes can hold. */
const generalFills = fills.map(({ name }) => name).filter((name) => name !== 'digits' && name !== 'tiny-variance');

const smoke: readonly CaseRows[] = [
  { ops, layouts, shapes: ['3x5x7x3'], fills: ['normal'], conventions: ['pytorch'] },
  {
    ops: trainingOps,
    layouts: ['nchw'],
    shapes: ['2x3x2'],
    fills: ['normal'],
    conventions: ['darknet', 'keras', 'tensorflow', 'paper'],
    catches: 'm for m−1, seen best where m is small',
  },
  {
    ops: ['forward-training', 'inference'],
    layouts: ['nchw'],
    shapes: ['4x3x5x5'],
    fills: ['tiny-variance'],
    conventions: ['pytorch', 'darknet'],
  },
  {
    ops: ['forward-training', 'backward'],
    layouts: ['nchw', 'nhwc'],
    shapes: ['8x6x9x7'],
    fills: ['large-mean-1e4', 'constant', 'last-element', 'no-affine'],
    conventions: ['pytorch'],
  },
  { ops, layouts: ['nchw'], shapes: ['64x784', '4x8x26x26'], fills: ['digits'], conventions: ['onnx'] },
];

const standard: readonly CaseRows[] = [
  {
    ops,
    layouts,
    shapes: ['3x5x7x5'],
    fills: ['normal'],
    conventions: everyConvention,
    catches: 'a divisor, eps, momentum or layout of another convention',
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
  { ops, layouts: ['nchw'], shapes: ['4x3x5x5'], fills: ['tiny-variance'], conventions: everyConvention },
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
    ops: trainingOps,
    layouts,
    shapes: ['64x3x33x33', '1x2x257x257'],
    fills: ['exact', 'large-mean-1e4', 'monotone'],
    conventions: ['pytorch'],
    catches: 'error that grows with m, past 65,536 elements per channel',
  },
  { ops, layouts, shapes: ['256x784', '16x8x26x26'], fills: ['digits'], conventions: ['onnx', 'pytorch'] },
  {
    ops: timedOps,
    layouts: ['nchw'],
    shapes: layerShapes(resnet50, 2),
    fills: ['normal'],
    conventions: ['pytorch'],
    catches: 'the shapes that users run: ResNet-50',
  },
];

const sweeps = {
  batch: [1, 4, 16, 64].map((n) => `${n}x32x14x14`),
  channels: [8, 32, 128, 512].map((c) => `4x${c}x14x14`),
  spatial: [7, 14, 28, 56].map((side) => `4x32x${side}x${side}`),
};

const timedRow: Pick<CaseRows, 'ops' | 'fills' | 'conventions' | 'timed' | 'catches'> = {
  ops: timedOps,
  fills: ['normal'],
  conventions: ['pytorch'],
  timed: true,
  catches: 'time: a point of the sweeps over batch, channels and spatial size',
};

const standardTimed: readonly CaseRows[] = [
  { ...timedRow, layouts: ['nchw'], shapes: [...sweeps.batch, ...sweeps.channels, ...sweeps.spatial] },
  { ...timedRow, layouts: ['nhwc'], shapes: ['4x32x28x28'], catches: 'time: the other layout' },
  { ...timedRow, layouts: ['nchw'], shapes: ['256x784'], fills: ['digits'], catches: 'time: real digits as features' },
];

const smokeTimed: readonly CaseRows[] = [{ ...timedRow, layouts: ['nchw'], shapes: ['4x32x14x14'] }];

/** A named table of cases. */
export interface Suite {
  readonly name: string;
  readonly description: string;
  readonly cases: readonly Case[];
}

/** One case an address: where two rows meet, the timed one stays. */
function table(rows: readonly CaseRows[]): readonly Case[] {
  const byId = new Map<string, Case>();
  for (const row of rows.flatMap(expand)) {
    const earlier = byId.get(row.id);
    if (!earlier || (row.timed && !earlier.timed)) byId.set(row.id, row);
  }
  return [...byId.values()];
}

/** Suites by what they are for. */
export const suites: readonly Suite[] = [
  {
    name: 'smoke',
    description: 'the quickest look that still fails common mistakes; under 10 s a backend',
    cases: table([...smoke, ...smokeTimed]),
  },
  {
    name: 'standard',
    description: 'every op, layout, convention and fill, digits, ResNet-50 layers; the suite for CI',
    cases: table([...standard, ...standardTimed]),
  },
];
