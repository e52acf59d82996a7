import { layouts, ops } from '@normgauge/contract';
import type { CaseRows } from './case.ts';
import { layerShapes, resnet50 } from './networks.ts';
import { everyConvention, generalFills, standardRows, trainingOps, unpublishedConventions } from './standard.ts';

/* The rows of `full`: those of `standard`, every fill under every convention, and sizes that take their time. */

/** Widths of vectors, unrolled loops, tiles, workgroups and blocks. */
const widths = [4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];

/** On both sides of every width: positions, channels, samples, and rows of several samples. */
const besideWidths: readonly string[] = widths.flatMap((width) => [
  ...[width - 1, width, width + 1].flatMap((size) => [`1x3x${size}`, `1x${size}x3`]),
  `${width - 1}x3`,
  `${width + 1}x3`,
  `2x5x${width + 1}`,
]);

const dataRows: readonly CaseRows[] = [
  {
    ops,
    layouts,
    shapes: ['5x7x9x5', '3x18x31'],
    fills: [...generalFills, 'tiny-variance'],
    conventions: [...everyConvention, ...unpublishedConventions],
    catches: 'a mistake that only some data under some convention shows',
  },
  { ops, layouts, shapes: ['256x784', '16x8x26x26'], fills: ['digits'], conventions: ['pytorch', 'darknet', 'keras'] },
];

const sizeRows: readonly CaseRows[] = [
  {
    ops,
    layouts,
    shapes: besideWidths,
    fills: ['exact', 'block-edges'],
    conventions: ['onnx'],
    catches: 'sizes on both sides of every width of vector, block and workgroup',
  },
  {
    ops,
    layouts,
    shapes: ['2x3x3x5x7', '1x17x2x3x5', '3x2x7x1x9', '2x33x1x1x3', '1x5x16x8x8'],
    fills: ['normal', 'exact'],
    conventions: ['pytorch'],
    catches: 'three spatial axes',
  },
  {
    ops,
    layouts,
    shapes: ['65537x3', '3x65537', '257x257x2'],
    fills: ['normal'],
    conventions: ['onnx'],
    catches: 'samples, channels, or rows of both, past 65,535',
  },
  {
    ops: trainingOps,
    layouts,
    shapes: ['64x3x33x33', '1x2x257x257'],
    fills: generalFills,
    conventions: ['pytorch'],
    catches: 'what is lost in sums of more than 65,536 elements per channel',
  },
  {
    ops: trainingOps,
    layouts,
    shapes: ['1x1x331x331'],
    fills: ['large-mean-1e2', 'large-mean-1e4', 'constant'],
    conventions: ['pytorch', 'darknet'],
    catches: 'accumulators that saturate: a mean of 10⁴ deviations over more than 10⁵ elements',
  },
  {
    ops: trainingOps,
    layouts: ['nchw'],
    shapes: ['1x1x1025x1025'],
    fills: ['normal', 'constant', 'large-mean-1e4', 'block-edges'],
    conventions: ['pytorch'],
    catches: 'what is lost in sums of more than 2²⁰ elements per channel',
  },
  {
    ops,
    layouts,
    shapes: ['2x64x112x112'],
    fills: ['normal'],
    conventions: ['pytorch'],
    catches: 'more than 2²⁰ elements in total',
  },
  {
    ops,
    layouts: ['nchw'],
    shapes: ['2x64x193x193'],
    fills: ['normal'],
    conventions: ['onnx'],
    catches: 'more than 65,535 workgroups of 64 elements',
  },
  {
    ops,
    layouts,
    shapes: ['1x257x257x257'],
    fills: ['normal'],
    conventions: ['onnx'],
    catches: 'more than 2²⁴ elements in total: an index held in a float32, 65,535 workgroups of 256 elements',
  },
  {
    ops: ['forward-training'],
    layouts: ['nchw'],
    shapes: ['1x1x4097x4097'],
    fills: ['constant'],
    conventions: ['pytorch'],
    catches: 'more than 2²⁴ elements per channel: a count held in a float32, a sum that no longer grows',
  },
  {
    ops,
    layouts,
    shapes: layerShapes(resnet50, 1),
    fills: ['normal'],
    conventions: ['pytorch'],
    catches: 'the shapes that users run: ResNet-50, one image',
  },
];

export const fullRows: readonly CaseRows[] = [...standardRows, ...dataRows, ...sizeRows];
