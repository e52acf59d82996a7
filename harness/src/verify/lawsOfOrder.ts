import { inputsOf, outputsOf, type Problem, positionsOf } from '@normgauge/contract';
import { type Court, compareOutput, type Ruling } from './court.ts';
import { identity, type Permutation, type Relabelling, relabelled, relabelling, shuffled } from './relabel.ts';

const noOrder = ({ shape }: Problem): Record<'batch' | 'channels' | 'positions', Permutation> => ({
  batch: identity(shape.n),
  channels: identity(shape.c),
  positions: identity(positionsOf(shape)),
});

/** The same data in another order or layout gives the same results in that order. */
async function ruleOnOrder(court: Court, problem: Problem, order: Relabelling): Ruling {
  const { own, outputs } = court;
  const inputs = Object.fromEntries(
    inputsOf(problem).map(({ name, extent }) => [name, relabelled(own.inputs[name]!, extent, order)]),
  );
  const [got] = await court.run(problem, [inputs]);
  return outputsOf(problem).flatMap(({ name, extent }) => {
    const expected = relabelled(outputs[name]!, extent, order);
    const allowed = relabelled(court.allowed(own, name), extent, order);
    return compareOutput(
      problem,
      name,
      got![name]!,
      (i) => expected[i]!,
      (i) => 2 * allowed[i]!,
    );
  });
}

/** The other layout holds the same results. */
export async function ruleOnLayout(court: Court): Ruling {
  const { problem } = court.own.row;
  const other: Problem = { ...problem, layout: problem.layout === 'nchw' ? 'nhwc' : 'nchw' };
  if (!(await court.supports(other))) return undefined;
  return ruleOnOrder(court, other, relabelling(problem, other, noOrder(problem)));
}

/** Samples and positions in another order: y and dx follow, what belongs to a channel stays. */
export async function ruleOnPermutation(court: Court): Ruling {
  const { problem } = court.own.row;
  const { uniform } = court;
  const order = {
    ...noOrder(problem),
    batch: shuffled(problem.shape.n, uniform),
    positions: shuffled(positionsOf(problem.shape), uniform),
  };
  return ruleOnOrder(court, problem, relabelling(problem, problem, order));
}

/** Channels in another order: everything follows. */
export async function ruleOnChannels(court: Court): Ruling {
  const { problem } = court.own.row;
  if (problem.shape.c < 2) return undefined;
  const order = { ...noOrder(problem), channels: shuffled(problem.shape.c, court.uniform) };
  return ruleOnOrder(court, problem, relabelling(problem, problem, order));
}
