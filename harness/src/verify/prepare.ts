import { elementsOf, outputsOf, type Problem, type TensorName, type Tensors } from '@normgauge/contract';
import { compute, type ExactTensors, quickOracles, type RealTensors } from '@normgauge/reference';
import type { GradientCheck } from '@normgauge/reports';
import { toFloat } from '@normgauge/reports';
import type { Case } from '../cases/case.ts';
import { inputsAsStored, makeInputs } from '../cases/inputs.ts';
import { channelsToVerify, indicesOf, inputsOn, onChannels } from './channels.ts';
import { boundsContext } from './facts.ts';
import { type SharedBounds, sharedBounds } from './limits.ts';

/** Everything about a case that no backend has a part in: made once, used for every backend. */
export interface Prepared {
  readonly row: Case;
  readonly seed: number;
  readonly inputs: Tensors;
  /** Channels that are verified; all of them for small problems. */
  readonly channels: readonly number[];
  /** The problem on those channels, its inputs, and what the reference makes of them. */
  readonly sampled: Problem;
  readonly sampledInputs: Tensors;
  readonly expected: ExactTensors;
  readonly bounds: SharedBounds;
  /** The reference itself against its oracles on this data. */
  readonly oracles: readonly GradientCheck[];
}

/** A set of data without what the oracles say of it. */
export type PreparedSet = Omit<Prepared, 'oracles'>;

/** Inputs, reference and bounds of one set of data. */
export function prepareInputs(row: Case, seed: number): PreparedSet {
  return prepareSet(row, seed, makeInputs(row.problem, row.fill, seed));
}

/** Reference and bounds of these inputs, as the problem's dtype stores them. */
export function prepareSet(row: Case, seed: number, given: Tensors): PreparedSet {
  const inputs = inputsAsStored(row.problem, given);
  const channels = channelsToVerify(row.problem, seed);
  const sampled = onChannels(row.problem, channels);
  const sampledInputs = inputsOn(row.problem, inputs, channels);
  const expected = compute(sampled, sampledInputs);
  const bounds = sharedBounds(boundsContext(sampled, sampledInputs, expected));
  return { row, seed, inputs, channels, sampled, sampledInputs, expected, bounds };
}

/** As `prepareInputs`, with the reference's gradients checked against the oracles. */
export function prepare(row: Case, seed: number): Prepared {
  const prepared = prepareInputs(row, seed);
  return { ...prepared, oracles: consultOracles(prepared.sampled, prepared.sampledInputs) };
}

/** Elements up to which oracles are asked in a run; `reference-check` asks all of them about everything. */
const oracleBudget = 320;

function consultOracles(problem: Problem, inputs: RealTensors): readonly GradientCheck[] {
  if (problem.op !== 'backward' && problem.op !== 'backward-frozen') return [];
  if (elementsOf(problem.shape) > oracleBudget) return [];
  return quickOracles
    .filter((oracle) => oracle.applies(problem, inputs) === true)
    .flatMap((oracle) =>
      oracle.consult(problem, inputs).map((agreement) => {
        const allowed = oracle.bound * agreement.scale;
        const ratio = agreement.deviation / oracle.bound;
        return {
          method: 'oracle' as const,
          of: `${agreement.tensor} by ${oracle.id}`,
          got: toFloat(agreement.reference),
          expected: toFloat(agreement.oracleValue),
          allowed: toFloat(allowed),
          ratio: toFloat(ratio),
          passed: ratio <= 1,
        };
      }),
    );
}

/** Where each verified element of each output lies in the whole output. */
export function outputIndices({ row, channels, sampled }: Pick<Prepared, 'row' | 'channels' | 'sampled'>): {
  readonly [name in TensorName]?: Uint32Array;
} {
  const whole = outputsOf(row.problem);
  return Object.fromEntries(
    outputsOf(sampled).map(({ name }) => [
      name,
      indicesOf(whole.find((slot) => slot.name === name)!, row.problem, channels),
    ]),
  );
}
