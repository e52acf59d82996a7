import type { TensorName, Tensors } from '@normgauge/contract';
import { compute } from '@normgauge/reference';
import { type Oracle, oracles } from '@normgauge/reference/oracles';
import { makeInputs } from '../cases/inputs.ts';
import type { ReferenceProblem } from './problems.ts';

/** How well the reference agrees with one oracle on one tensor, over all problems. */
export interface TensorTally {
  readonly tensor: TensorName;
  /** Problems on which the oracle spoke about this tensor. */
  readonly problems: number;
  /** Elements compared. */
  readonly elements: number;
  /** Problems beyond the bound. */
  readonly beyond: number;
  /** Largest deviation in units of the natural scale, and where it was. Absent while everything is equal. */
  readonly worst?: WorstDeviation;
}

/** Where the reference and an oracle agree least. */
export interface WorstDeviation {
  readonly deviation: number;
  /** Address of the problem. */
  readonly case: string;
  /** Index of the element in its tensor. */
  readonly index: number;
  readonly reference: number;
  readonly oracleValue: number;
}

/** Problems on which an oracle had nothing to say, by reason. */
export interface Silence {
  readonly reason: string;
  readonly problems: number;
}

/** One oracle over all problems. */
export interface OracleTally {
  readonly oracle: Oracle['id'];
  readonly description: string;
  /** Largest acceptable deviation in units of the natural scale. */
  readonly bound: number;
  /** Problems on which it spoke. */
  readonly problems: number;
  readonly tensors: readonly TensorTally[];
  readonly silent: readonly Silence[];
}

/** A problem on which an oracle contradicts the reference. */
export interface Contradiction extends WorstDeviation {
  readonly oracle: Oracle['id'];
  readonly tensor: TensorName;
  readonly bound: number;
}

/** What is asked, and of what. */
export interface ReferenceCheckPlan {
  readonly problems: readonly ReferenceProblem[];
  readonly seed: number;
  /** Another function in the place of the reference. */
  readonly reference?: typeof compute;
  onContradiction?(found: Contradiction): void;
  onProgress?(done: number, total: number, label: string): void;
}

/** Which channel holds the reason is of no interest over many problems. */
const withoutChannel = (reason: string): string => reason.replaceAll(/channel \d+/g, 'a channel');

/** Counts what one oracle says. */
class Listener {
  readonly oracle: Oracle;
  readonly #tensors = new Map<TensorName, TensorTally>();
  readonly #silent = new Map<string, number>();
  #problems = 0;

  constructor(oracle: Oracle) {
    this.oracle = oracle;
  }

  ask({ id, problem }: ReferenceProblem, inputs: Tensors, plan: ReferenceCheckPlan): void {
    const applies = this.oracle.applies(problem, inputs);
    if (applies !== true) {
      const reason = withoutChannel(applies);
      this.#silent.set(reason, (this.#silent.get(reason) ?? 0) + 1);
      return;
    }
    this.#problems++;
    for (const agreement of this.oracle.consult(problem, inputs, plan.reference ?? compute)) {
      const { tensor, deviation, elements, index, reference: actual, oracleValue } = agreement;
      const here: WorstDeviation = { deviation, case: id, index, reference: actual, oracleValue };
      const beyond = !(deviation <= this.oracle.bound);
      if (beyond) plan.onContradiction?.({ ...here, oracle: this.oracle.id, tensor, bound: this.oracle.bound });
      const before = this.#tensors.get(tensor) ?? { tensor, problems: 0, elements: 0, beyond: 0 };
      const worst = deviation > (before.worst?.deviation ?? 0) ? here : before.worst;
      this.#tensors.set(tensor, {
        tensor,
        problems: before.problems + 1,
        elements: before.elements + elements,
        beyond: before.beyond + (beyond ? 1 : 0),
        ...(worst && { worst }),
      });
    }
  }

  tally(): OracleTally {
    const { id, description, bound } = this.oracle;
    return {
      oracle: id,
      description,
      bound,
      problems: this.#problems,
      tensors: [...this.#tensors.values()],
      silent: [...this.#silent]
        .map(([reason, problems]) => ({ reason, problems }))
        .sort((a, b) => b.problems - a.problems),
    };
  }
}

/** Every oracle on every problem; the reference is sound where no tensor is beyond its bound. */
export function checkReference(plan: ReferenceCheckPlan): readonly OracleTally[] {
  const listeners = oracles.map((oracle) => new Listener(oracle));
  for (const [k, row] of plan.problems.entries()) {
    plan.onProgress?.(k, plan.problems.length, row.id);
    const inputs = makeInputs(row.problem, row.fill, plan.seed);
    for (const listener of listeners) listener.ask(row, inputs, plan);
  }
  return listeners.map((listener) => listener.tally());
}
