import { outputsOf } from '@normgauge/contract';
import { positionIn } from '../verify/channels.ts';
import { errorRatio } from '../verify/compare.ts';
import { outputIndices, type PreparedSet } from '../verify/prepare.ts';
import { tensorsIn } from '../verify/protocol.ts';
import type { Witnessed } from '../verify/verifyCase.ts';

/** An element with the ones that lie beside it in memory. */
export interface WorstElement {
  readonly tensor: string;
  /** Index into the whole tensor. */
  readonly index: number;
  readonly position: string;
  readonly got: number;
  readonly expected: number;
  /** Error ÷ allowed error. */
  readonly ratio: number;
  /** got and expected of the elements before and behind it, itself in the middle. */
  readonly neighbourhood: readonly { readonly index: number; readonly got: number; readonly expected: number }[];
}

const most = 3;
const around = 3;

/** The worst elements of every output that has wrong ones. */
export function worstElements(prepared: PreparedSet, { reply, limits }: Witnessed): readonly WorstElement[] {
  const outputs = tensorsIn(reply.outputs[0]!);
  const indices = outputIndices(prepared);
  return outputsOf(prepared.sampled).flatMap(({ name }) => {
    const got = outputs[name]!;
    const expected = prepared.expected[name]!;
    const allowed = limits(name).verdict;
    const where = indices[name]!;
    const ratios = Float64Array.from(expected, (value, k) => errorRatio(got[where[k]!]!, value, allowed[k]!));
    const wrong = [...ratios.keys()].filter((k) => !(ratios[k]! <= 1));
    return wrong
      .sort((a, b) => ratios[b]! - ratios[a]!)
      .slice(0, most)
      .map((k) => {
        const near = Array.from({ length: 2 * around + 1 }, (_, j) => k - around + j).filter(
          (j) => j >= 0 && j < expected.length,
        );
        return {
          tensor: name,
          index: where[k]!,
          position: positionIn(prepared.row.problem, name, where[k]!),
          got: got[where[k]!]!,
          expected: expected[k]!,
          ratio: ratios[k]!,
          neighbourhood: near.map((j) => ({ index: where[j]!, got: got[where[j]!]!, expected: expected[j]! })),
        };
      });
  });
}
