import { layouts, ops } from '@normgauge/contract';
import type { CaseRows } from './case.ts';
import { trainingOps } from './standard.ts';

/** x, y, dy and dx in float16, everything else in float32: for those that declare it. */
export const halfRows: readonly CaseRows[] = [
  {
    ops,
    layouts,
    shapes: ['5x1', '33x65', '3x5x7x5', '2x8x7x7', '2x3x5x3x7', '1x3x4097', '4x32x14x14'],
    fills: ['normal'],
    conventions: ['pytorch'],
    dtypes: ['f16'],
    catches: 'float16 where only x, y, dy and dx may be; halves of a word or tails of such vectors misplaced',
  },
  {
    ops,
    layouts: ['nchw'],
    shapes: ['6x9x9x7'],
    fills: [
      ...['no-affine', 'negative-gamma', 'initial-state', 'exact', 'large-mean-1e2', 'large-mean-1e4', 'constant'],
      ...['sparse', 'last-element', 'nan-in-one-channel'],
    ],
    conventions: ['onnx'],
    dtypes: ['f16'],
    catches: 'data that float16 holds and its sums do not',
  },
  {
    ops: trainingOps,
    layouts,
    shapes: ['64x3x33x33'],
    fills: ['block-edges'],
    conventions: ['darknet'],
    dtypes: ['f16'],
    catches: 'counts and sums past the 2,048 and the 65,504 of float16',
  },
];
