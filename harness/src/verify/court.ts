import { type Problem, positionsOf, type TensorName, type TensorSlot, type Tensors } from '@normgauge/contract';
import type { Uniform } from '../cases/random.ts';
import { positionIn } from './channels.ts';
import { errorRatio } from './compare.ts';
import type { PreparedSet } from './prepare.ts';

/** What a law has to work with. */
export interface Court {
  /** The case's own data. */
  readonly own: PreparedSet;
  /** What the subject returned for it. */
  readonly outputs: Tensors;
  readonly uniform: Uniform;
  readonly deterministic: boolean;
  /** Allowed errors of one output on these data, as the case's agreement uses them. */
  allowed(set: PreparedSet, name: TensorName): Float64Array;
  supports(problem: Problem): Promise<boolean>;
  /** Runs one plan on each of these, one after the other. */
  run(problem: Problem, inputSets: readonly Tensors[]): Promise<readonly Tensors[]>;
}

/** What broke a law, one sentence each; undefined where it says nothing about the problem. */
export type Ruling = Promise<readonly string[] | undefined>;

/** One output element for element: what the law says that it is, and how far both sides may be off. */
export function compareOutput(
  problem: Problem,
  name: TensorName,
  got: Float32Array,
  expected: (i: number) => number,
  allowed: (i: number) => number,
): readonly string[] {
  let worst = { ratio: 1, i: -1 };
  for (let i = 0; i < got.length; i++) {
    const ratio = errorRatio(got[i]!, expected(i), allowed(i));
    if (!(ratio <= worst.ratio)) worst = { ratio, i };
  }
  const { ratio, i } = worst;
  if (i === -1) return [];
  const where = positionIn(problem, name, i);
  return [
    `${name} at ${where}: got ${got[i]}, the law says ${expected(i)} (${ratio.toPrecision(3)}× the allowed error)`,
  ];
}

/** The channel of an element of a tensor of this extent. */
export function channelNumber({ shape, layout }: Problem, extent: TensorSlot['extent'], i: number): number {
  if (extent !== 'full') return i;
  return layout === 'nhwc' ? i % shape.c : Math.floor(i / positionsOf(shape)) % shape.c;
}
