import type { CaseRows } from './case.ts';
import { timedRow } from './standard.ts';

/* The rows of `sweeps`: sizes on log axes. What lies on two sweeps is one case. */

/** Height and width; their squares are four times each other. */
const sides = [4, 8, 16, 32, 64];
const channels = [4, 16, 64, 256];
/** The point at which the sweeps cross. */
const at = { n: 4, c: 64, side: 16 };

export const sweepRows: readonly CaseRows[] = [
  {
    ...timedRow,
    layouts: ['nchw'],
    shapes: [1, 4, 16, 64].map((n) => `${n}x${at.c}x${at.side}x${at.side}`),
    catches: 'time: what grows with the batch',
  },
  {
    ...timedRow,
    layouts: ['nchw'],
    shapes: [1, 1024].map((c) => `${at.n}x${c}x${at.side}x${at.side}`),
    catches: 'time: few channels and many; those between are in the grid',
  },
  {
    ...timedRow,
    layouts: ['nchw'],
    shapes: channels.flatMap((c) => sides.map((side) => `${at.n}x${c}x${side}x${side}`)),
    catches: 'time: a corner of channels × spatial size, where a row is too short or a channel too long',
  },
];
