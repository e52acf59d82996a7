import {
  type Backend,
  elementsPerChannel,
  outputsOf,
  type Problem,
  type TensorName,
  type Tensors,
} from '@normgauge/contract';
import { allowedErrors } from './allowedError.ts';
import { definition } from './definition.ts';

/** The largest error as a share of what is allowed: at most 1 is right. */
export interface Verdict {
  readonly worst: number;
  readonly tensor: string;
  readonly index: number;
  readonly actual: number;
  readonly expected: number;
}

export const guard = 16;
const poison = new Float32Array(new Uint32Array([0x7fc0dead]).buffer)[0]!;

/** Views of the right lengths inside larger, poisoned buffers. */
export function poisonedOutputs(problem: Problem): Tensors {
  return Object.fromEntries(
    outputsOf(problem).map(({ name, length }) => {
      const buffer = new Float32Array(length + 2 * guard).fill(poison);
      return [name, buffer.subarray(guard, guard + length)];
    }),
  );
}

/** Whether nothing around the view was written. */
export function guardsIntact(view: Float32Array): boolean {
  const whole = new Float32Array(view.buffer);
  return [...whole.subarray(0, guard), ...whole.subarray(whole.length - guard)].every((value) => Number.isNaN(value));
}

/** Runs the problem once. */
export async function compute(backend: Backend, problem: Problem, inputs: Tensors): Promise<Tensors> {
  const plan = await backend.plan(problem);
  const outputs = poisonedOutputs(problem);
  await plan.write(inputs);
  await plan.run();
  await plan.read(outputs);
  await plan.close();
  return outputs;
}

function share(actual: number, expected: number, allowed: number): number {
  if (Object.is(actual, expected) || actual === expected || actual === Math.fround(expected)) return 0;
  const ratio = Math.abs(actual - expected) / allowed;
  return Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio;
}

/** Compares what the backend gave with the definition, element by element, as strictly as its declaration allows. */
export function judge(backend: Backend, problem: Problem, inputs: Tensors, actual: Tensors): Verdict {
  const truth = definition(problem, inputs);
  const m = elementsPerChannel(problem.shape);
  // What the backend declares, and no more than a careful float32 kernel attains at any size.
  const depth = Math.min(backend.numerics.reductionDepth!(m), Math.ceil(Math.log2(m)) + 8);
  const allowed = allowedErrors(problem, inputs, truth, depth);
  let verdict: Verdict = { worst: 0, tensor: '', index: -1, actual: 0, expected: 0 };
  for (const { name, length } of outputsOf(problem)) {
    for (let index = 0; index < length; index++) {
      const pair = { actual: actual[name as TensorName]![index]!, expected: truth.outputs[name]![index]! };
      const worst = share(pair.actual, pair.expected, allowed[name]![index]!);
      if (!(worst <= verdict.worst)) verdict = { worst, tensor: name, index, ...pair };
    }
  }
  return verdict;
}
