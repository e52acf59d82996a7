import { outputsOf } from '@normgauge/contract';
import type { Guarded } from '../hosts/protocol.ts';
import { agree, limitsOf } from '../verify/agreement.ts';
import { errorRatio } from '../verify/compare.ts';
import { prepareSet } from '../verify/prepare.ts';
import { guard, poison, tensorsIn } from '../verify/protocol.ts';
import { KernelFault, type Subject } from '../verify/subject.ts';
import type { Suspicion } from './hypothesis.ts';
import type { Failure, Observation } from './observation.ts';

/* What can only be found by asking the backend once more. */

/** Milliseconds that work which nobody awaited is given. */
const patience = 30;

/** Whether these outputs are right, by the limits of the case. */
function isRight({ prepared, witnessed }: Failure, guarded: Guarded): boolean {
  if (!witnessed) return false;
  const outputs = tensorsIn(guarded);
  if (prepared.channels.length !== prepared.row.problem.shape.c) return false;
  return outputsOf(prepared.sampled).every(({ name }) => {
    const allowed = witnessed.limits(name).verdict;
    return outputs[name]!.every((value, i) => errorRatio(value, prepared.expected[name]![i]!, allowed[i]!) <= 1);
  });
}

/** Once more, then waiting between run and read, and after read: is what was missing there later? */
async function lateWork(failure: Failure, subject: Subject): Promise<readonly Suspicion[]> {
  const { prepared } = failure;
  const names = outputsOf(prepared.row.problem).map(({ name }) => name);
  const { reads } = await subject.script({
    steps: [
      { act: 'open', plan: 0, problem: prepared.row.problem },
      { act: 'write', plan: 0, inputs: 0, memory: 0, shared: false },
      { act: 'run', plan: 0 },
      { act: 'read', plan: 0, only: names, shared: false },
      { act: 'close', plan: 0 },
      { act: 'open', plan: 1, problem: prepared.row.problem },
      { act: 'write', plan: 1, inputs: 0, memory: 1, shared: false },
      { act: 'run', plan: 1 },
      { act: 'wait', milliseconds: patience },
      { act: 'read', plan: 1, only: names, shared: false },
      { act: 'wait', milliseconds: patience },
      { act: 'look', read: 1 },
    ],
    inputSets: [prepared.inputs],
    guard,
    poison,
  });
  const [again, read, look] = reads;
  const sure = { explained: 1, spoiled: 0, headroom: 1, weight: 0.4 };
  if (isRight(failure, again!)) {
    return [{ cause: 'later calls differ', says: 'the same call in a new plan is right: the first was not', ...sure }];
  }
  if (!isRight(failure, look!)) return [];
  const when = isRight(failure, read!) ? 'between run and read' : 'after read';
  const says = `the results are right when somebody waits ${patience} ms ${when}`;
  return [{ cause: 'work not awaited', says, ...sure }];
}

/** Elements up to which a case is asked again with one of them changed. */
const smallEnough = 4096;

/**
 * The same case with one element changed: when most results were wrong and all are right now, it was not the arithmetic
 * that was wrong but that they were kept from another call.
 */
async function oneElementChanged(failure: Failure, seen: Observation, subject: Subject): Promise<readonly Suspicion[]> {
  const { prepared, witnessed } = failure;
  const { row, seed, inputs } = prepared;
  const full = inputs.x!.length;
  const isOrdinary = row.fill.name.startsWith('normal') && prepared.channels.length === row.problem.shape.c;
  if (!witnessed || !isOrdinary || full > smallEnough || seen.wrong < 0.5 * full) return [];
  if (row.problem.op === 'backward') return [];
  const x = inputs.x!.slice();
  const middle = x.length >> 1;
  x[middle] = x[middle]! * 1.25 + 0.125;
  const changed = prepareSet(row, seed, { ...inputs, x });
  const { supported, depth } = await subject.supports(row.problem);
  if (supported !== true) return [];
  const { outputs } = await subject.execute({
    problem: row.problem,
    inputSets: [changed.inputs],
    guard,
    poison,
    repeat: false,
  });
  const agreements = agree(changed, subject, tensorsIn(outputs[0]!), limitsOf(changed, subject, depth));
  if (agreements.some(({ mismatches }) => mismatches > 0)) return [];
  const says = `with one element of x changed all results are right: those of another call were kept`;
  return [{ cause: 'cached by part of the input', says, explained: 1, spoiled: 0, headroom: 1, weight: 0.5 }];
}

/** Experiments that the observation calls for. */
export async function experiment(failure: Failure, seen: Observation): Promise<readonly Suspicion[]> {
  const { subject } = failure;
  if (!subject || seen.wrong === 0) return [];
  const looksUnfinished = outputsOf(seen.problem).some(({ name }) =>
    seen.got[name]!.every((value, i) => value === 0 || seen.unwritten[name]!(i)),
  );
  try {
    return looksUnfinished ? await lateWork(failure, subject) : await oneElementChanged(failure, seen, subject);
  } catch (error) {
    if (error instanceof KernelFault) return [];
    throw error;
  }
}
