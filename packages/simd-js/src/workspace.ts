import type { Problem, Tensors } from '@normgauge/contract';
import type { Sweep } from './sweep.ts';

/** All that an operation works on, allocated once by its plan. */
export interface Workspace {
  readonly problem: Problem;
  /** Elements per channel. */
  readonly m: number;
  readonly sweep: Sweep;
  /** [C, 4] float64, for whatever numbers per channel an operation needs; see `Sweep`. */
  readonly table: Float64Array;
  /** Every tensor of `inputsOf(problem)`, in the plan's own memory. */
  readonly inputs: Tensors;
  /** Every tensor of `outputsOf(problem)`, in the plan's own memory. */
  readonly outputs: Tensors;
}
