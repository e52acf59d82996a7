import type { Result, Timing } from '@normgauge/reports';
import { deviceDoubt } from '../measure/deviceTiming.ts';
import { callsIn, implausibility, joinVisits, type Taken, timingOf } from '../measure/timing.ts';
import type { Prepared, PreparedSet } from '../verify/prepare.ts';
import { KernelFault, type Subject } from '../verify/subject.ts';
import { agree, describeAgreement, limitsOf } from '../verify/verifyCase.ts';
import type { TimedSubject } from './subjects.ts';

/** Milliseconds that one row's timing takes, about. */
export interface TimingBudget {
  readonly resident: number;
  readonly endToEnd: number;
  /** Places in memory that `resident` is spread over. */
  readonly places: number;
}

/** A row that was timed: good, wrong when looked at again, or measured in a way that cannot be true. */
export type Timed =
  | { readonly status: 'passed'; readonly timing: Timing; readonly taken: Taken }
  | { readonly status: 'failed'; readonly cause: string }
  | { readonly status: 'invalid'; readonly reason: string; readonly taken: Taken };

/** What a row becomes by its time: what was verified, with the time; or what is wrong, without one. */
export function rowOf<T extends object>(verified: T, timed: Timed): T | (T & Partial<Result>) {
  switch (timed.status) {
    case 'passed':
      return { ...verified, timing: timed.timing };
    case 'failed':
      return { ...verified, status: timed.status, cause: timed.cause };
    case 'invalid':
      return { ...verified, status: timed.status, reason: timed.reason };
  }
}

/** A backend that throws only when it is called often is wrong, like one that throws at once. */
export function failedWhenTimed(error: unknown): Timed {
  if (error instanceof KernelFault) return { status: 'failed', cause: `when timed: ${error.message}` };
  throw error;
}

/** Least milliseconds of a sample. */
const leastSample = 0.1;

/** An emulation's times are compared with nothing: a few samples show that it can be timed, and its clock is not asked. */
const softwareShare = 1 / 4;

/**
 * Times a case that was verified, on two sets of data in turns, and verifies what the timed calls left behind.
 *
 * @param earlier the samples of earlier visits, to which those of this one are added
 */
export async function timeCase(
  prepared: Prepared,
  second: PreparedSet,
  subject: Subject & TimedSubject,
  budget: TimingBudget,
  software: boolean,
  earlier?: Taken,
): Promise<Timed> {
  const { row } = prepared;
  const share = software ? softwareShare : 1;
  const { depth } = await subject.supports(row.problem);
  const reply = await subject.time({
    problem: row.problem,
    inputSets: [prepared.inputs, second.inputs],
    milliseconds: budget.resident * share,
    places: software ? 1 : budget.places,
    endToEndMilliseconds: budget.endToEnd * share,
    deviceMilliseconds: software ? 0 : budget.resident / 4,
    leastSample,
    ...(earlier && { calls: callsIn(earlier) }),
  });
  for (const [k, set] of [prepared, second].entries()) {
    const agreements = agree(set, subject, reply.outputs[k]!, limitsOf(set, subject, depth));
    const wrong = agreements.find(({ mismatches }) => mismatches > 0);
    if (wrong) {
      return {
        status: 'failed',
        cause: `right when verified, wrong when timed: ${describeAgreement(row.problem, wrong)}`,
      };
    }
  }
  const taken = joinVisits(earlier, reply);
  const timing = timingOf(row.problem, taken, software);
  // An emulation's copy is no roof of anything; its clock is to be right all the same.
  const doubt = (software ? undefined : implausibility(row.problem, taken)) ?? deviceDoubt(taken.device);
  return doubt === undefined ? { status: 'passed', timing, taken } : { status: 'invalid', reason: doubt, taken };
}
