import type { Tensors } from '@normgauge/contract';
import type { Case } from '../cases/case.ts';
import type { Contest } from '../gate/raceCase.ts';
import type { Declared } from '../hosts/protocol.ts';
import { prepareInputs } from '../verify/prepare.ts';
import { agree, describeAgreement, limitsOf } from '../verify/verifyCase.ts';
import type { Sides } from './gateCorrectness.ts';
import { type Candidate, subjectOf } from './subjects.ts';

/** What a side declares, and the depth for the case: with it what is allowed in this case is known. */
interface Judged {
  readonly declared: Declared;
  readonly depth?: number;
}

/** A case with what is allowed of both sides in it. */
export interface Verified {
  readonly row: Case;
  readonly base: Judged;
  readonly head: Judged;
}

/** @param limit milliseconds for one request */
export async function verifiedOn({ base, head }: Sides, row: Case, limit: number): Promise<Verified> {
  const of = async (candidate: Candidate): Promise<Judged> => {
    const { declared, supports } = subjectOf(candidate, { request: limit });
    const { depth } = await supports(row.problem);
    return { declared, ...(depth !== undefined && { depth }) };
  };
  return { row, base: await of(base), head: await of(head) };
}

/** The case on two sets of data, each of which is verified on every arm. */
export function contestOf({ row, base, head }: Verified, seed: number): Contest {
  const sets = [prepareInputs(row, seed), prepareInputs(row, seed + 1)];
  const wrongIn = (outputs: readonly Tensors[], { declared, depth }: Judged): string | undefined => {
    for (const [k, set] of sets.entries()) {
      const agreements = agree(set, { declared }, outputs[k]!, limitsOf(set, { declared }, depth));
      const wrong = agreements.find(({ mismatches }) => mismatches > 0);
      if (wrong) return describeAgreement(row.problem, wrong);
    }
    return undefined;
  };
  return {
    problem: row.problem,
    inputSets: sets.map(({ inputs }) => inputs),
    verify: (outputs, arm) => wrongIn(outputs, arm === 'head' ? head : base),
  };
}
