import { type Problem, positionsOf } from '@normgauge/contract';

/** Darknet's `batch`, `filters` and `spatial`, by the contract's names: a dense NCHW tensor of n·c·positions elements. */
export interface Geometry {
  readonly n: number;
  readonly c: number;
  readonly positions: number;
}

export function geometryOf({ shape }: Problem): Geometry {
  return { n: shape.n, c: shape.c, positions: positionsOf(shape) };
}

/** The elements of one channel in the order in which Darknet adds them: sample by sample, position by position. */
export function visitChannel({ n, c, positions }: Geometry, channel: number, visit: (index: number) => void): void {
  for (let sample = 0; sample < n; sample++) {
    const start = (sample * c + channel) * positions;
    for (let s = 0; s < positions; s++) visit(start + s);
  }
}
