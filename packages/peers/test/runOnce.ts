import { type Backend, outputsOf, type Problem, type TensorName, type Tensors } from '@normgauge/contract';

/** Every output of one problem. */
export async function runOnce(backend: Backend, problem: Problem, inputs: Tensors): Promise<Tensors> {
  const plan = await backend.plan(problem);
  const outputs: { [name in TensorName]?: Float32Array } = Object.fromEntries(
    outputsOf(problem).map(({ name, length }) => [name, new Float32Array(length)]),
  );
  await plan.write(inputs);
  await plan.run();
  await plan.read(outputs);
  await plan.close();
  return outputs;
}
