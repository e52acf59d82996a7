import { outputsOf } from '@normgauge/contract';
import type { Guarded } from '../hosts/protocol.ts';
import { errorRatio } from '../verify/compare.ts';
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

/** Experiments that the observation calls for; none where outputs look computed. */
export async function experiment(failure: Failure, seen: Observation): Promise<readonly Suspicion[]> {
  const { subject } = failure;
  if (!subject || seen.wrong === 0) return [];
  const looksUnfinished = outputsOf(seen.problem).some(({ name }) =>
    seen.got[name]!.every((value, i) => value === 0 || seen.unwritten[name]!(i)),
  );
  if (!looksUnfinished) return [];
  try {
    return await lateWork(failure, subject);
  } catch (error) {
    if (error instanceof KernelFault) return [];
    throw error;
  }
}
