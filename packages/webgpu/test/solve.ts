import type { Backend, Problem, Tensors } from '@normgauge/contract';
import { compare, type Worst } from './allowed.ts';
import { emptyOutputs } from './fills.ts';
import { naive } from './naive.ts';

/** All outputs of one problem. */
export async function solve(backend: Pick<Backend, 'plan'>, problem: Problem, inputs: Tensors): Promise<Tensors> {
  const plan = await backend.plan(problem);
  try {
    await plan.write(inputs);
    await plan.run();
    const outputs = emptyOutputs(problem);
    await plan.read(outputs);
    return outputs;
  } finally {
    await plan.close();
  }
}

/** The tensors that are outside the bound of grade A, with their worst elements; none is as it should be. */
export async function outside(backend: Pick<Backend, 'plan'>, problem: Problem, inputs: Tensors): Promise<Worst[]> {
  const got = await solve(backend, problem, inputs);
  return compare(problem, inputs, got, naive(problem, inputs)).filter(({ ratio }) => !(ratio <= 1));
}
