import type { Problem, TensorName } from '@normgauge/contract';
import type { compute } from '../compute.ts';
import type { RealTensors } from '../tensors.ts';

/** How well the reference and an oracle agree on one tensor, at the element where they agree least. */
export interface OracleAgreement {
  readonly oracle: Oracle['id'];
  readonly tensor: TensorName;
  /** Largest |reference − oracle| ÷ natural scale. 0 where both are NaN or the same infinity, Infinity where only one is. */
  readonly deviation: number;
  /** Natural scale of the element with that deviation: the size of what was summed to make it. */
  readonly scale: number;
  /** Where that element lies in the tensor. */
  readonly index: number;
  readonly reference: number;
  readonly oracleValue: number;
  /** How many elements were compared; fewer than the tensor has where the oracle takes samples. */
  readonly elements: number;
}

/** Something that knows the right answer, or part of it, by another road than the reference takes. */
export interface Oracle {
  readonly id: 'bignumber' | 'complex-step' | 'symbolic' | 'richardson';
  readonly description: string;
  /** Largest acceptable deviation ÷ natural scale. */
  readonly bound: number;
  /**
   * True, or why it has nothing to say about this problem.
   *
   * @throws {ProblemError} when the problem has no meaning
   * @throws {ShapeError} when an input is absent or of another length
   */
  applies(problem: Problem, inputs: RealTensors): true | string;
  /**
   * Compares the reference, or another function in its place, with this oracle: one entry per tensor that the oracle
   * speaks about, none where it does not apply.
   *
   * @throws {ProblemError} when the problem has no meaning
   * @throws {ShapeError} when an input is absent or of another length
   */
  consult(problem: Problem, inputs: RealTensors, reference?: typeof compute): readonly OracleAgreement[];
}

/** What an oracle says of one element of a channel. */
export interface Statement {
  readonly tensor: TensorName;
  /** Which element of the channel, sample by sample; 0 for a [C] tensor. */
  readonly i: number;
  readonly value: number;
}

/** |actual − expected| ÷ scale; equal values agree whatever the scale, and NaN agrees with nothing but NaN. */
export function deviationOf(actual: number, expected: number, scale: number): number {
  if (actual === expected || (Number.isNaN(actual) && Number.isNaN(expected))) return 0;
  const deviation = Math.abs(actual - expected) / scale;
  return Number.isNaN(deviation) ? Infinity : deviation;
}
