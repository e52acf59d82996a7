import { layouts, ops } from '@normgauge/contract';
import { type Case, type CaseRows, expand } from './case.ts';
import { fullRows } from './full.ts';
import { halfRows } from './half.ts';
import { layerShapes, type NetworkOfSuite, resnet50, resnet50Step } from './networks.ts';
import { standardRows, timedOps, timedRow, trainingOps } from './standard.ts';
import { sweepRows } from './sweeps.ts';

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

/** Sizes that reach from a cache's worth to a memory's worth, for the kernels' speed against the machine's limit. */
const limits: readonly CaseRows[] = [
  {
    ops: timedOps,
    layouts,
    shapes: [
      '1x64x56x56',
      '8x64x56x56',
      '32x64x112x112',
      '32x256x56x56',
      '32x512x28x28',
      '32x2048x7x7',
      '256x512',
      '4096x1024',
    ],
    fills: ['normal'],
    conventions: ['pytorch'],
    timed: true,
    catches: 'time: how near a kernel comes to the limit of the machine',
  },
];

const networkRows: readonly CaseRows[] = [
  {
    ...timedRow,
    layouts: ['nchw'],
    shapes: layerShapes(resnet50, resnet50Step.n),
    catches: 'time: what a network spends on it in one step',
  },
];

const smokeTimed: readonly CaseRows[] = [{ ...timedRow, layouts: ['nchw'], shapes: ['4x32x14x14'] }];

/** A named table of cases. */
export interface Suite {
  readonly name: string;
  readonly description: string;
  readonly cases: readonly Case[];
  /** Networks of which the cases are the layers. */
  readonly networks: readonly NetworkOfSuite[];
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

/** A suite whose table is made when it is first asked for: most commands need one of them, or none. */
function suite(
  name: string,
  description: string,
  rows: readonly CaseRows[],
  networks: readonly NetworkOfSuite[] = [],
): Suite {
  let cases: readonly Case[] | undefined;
  return {
    name,
    description,
    networks,
    get cases() {
      cases ??= table(rows);
      return cases;
    },
  };
}

/** Suites by what they are for. */
export const suites: readonly Suite[] = [
  suite('smoke', 'the quickest look that still fails common mistakes; under 10 s a backend', [...smoke, ...smokeTimed]),
  suite('standard', 'every op, layout, convention and fill, digits, ResNet-50 layers; the suite for CI', standardRows),
  suite(
    'full',
    'every fill under every convention, sizes on both sides of every width, past 2²⁴ elements; 10 min a CPU backend',
    fullRows.map((row) => ({ ...row, timed: false })),
  ),
  suite('half', 'x, y, dy and dx in float16, for backends that declare it; the rest is float32 there, too', halfRows),
  suite('limits', 'the sizes at which a kernel meets the limit of the machine, each timed; for bench', limits),
  suite(
    'resnet50',
    'every BatchNorm layer of one ResNet-50 step at batch 4, each shape once, with the total of all 53; for bench',
    networkRows,
    [resnet50Step],
  ),
  suite(
    'sweeps',
    'batch, channels and spatial size each alone, and channels × spatial size together; for bench',
    sweepRows,
  ),
];
