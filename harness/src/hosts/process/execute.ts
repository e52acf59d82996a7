import { inputsOf, outputsOf, type Plan, type TensorName, type Tensors } from '@normgauge/contract';
import type { ExecuteReply, ExecuteRequest, Guarded } from '../protocol.ts';

type Views = { [name in TensorName]?: Float32Array };
type Words = { [name in TensorName]?: Uint32Array };

/** Views between guard zones, in buffers of their own, and the same memory as words. */
interface Fenced {
  readonly views: Views;
  readonly words: Words;
}

/** An odd guard puts every view at an address that is a multiple of 4 and of nothing more. */
function fence(slots: readonly { name: TensorName; length: number }[], guard: number, poison: number): Fenced {
  const views: Views = {};
  const words: Words = {};
  for (const { name, length } of slots) {
    const whole = new Uint32Array(length + 2 * guard).fill(poison);
    words[name] = whole;
    views[name] = new Float32Array(whole.buffer, guard * Float32Array.BYTES_PER_ELEMENT, length);
  }
  return { views, words };
}

function fenceInputs({ problem, guard, poison }: ExecuteRequest, inputs: Tensors): Fenced {
  const fenced = fence(inputsOf(problem), guard, poison);
  for (const { name } of inputsOf(problem)) {
    const source = inputs[name]!;
    // As words: a float copy may change the payload of a NaN.
    const bits = new Uint32Array(source.buffer, source.byteOffset, source.length);
    fenced.words[name]!.set(bits, guard);
  }
  return fenced;
}

function copyWords(words: Words): Guarded {
  return Object.fromEntries(Object.entries(words).map(([name, whole]) => [name, whole.slice()]));
}

async function readFenced(plan: Plan, { problem, guard, poison }: ExecuteRequest): Promise<Guarded> {
  const { views, words } = fence(outputsOf(problem), guard, poison);
  await plan.read(views);
  return words;
}

/** Runs a plan on every set of inputs; see `ExecuteRequest` for what is done to the buffers. */
export async function execute(open: () => Promise<Plan>, request: ExecuteRequest): Promise<ExecuteReply> {
  const plan = await open();
  try {
    const outputs: Guarded[] = [];
    let inputsAfter: Guarded = {};
    let repeated: Guarded | undefined;
    for (const [k, inputs] of request.inputSets.entries()) {
      const given = fenceInputs(request, inputs);
      await plan.write(given.views);
      await plan.run();
      outputs.push(await readFenced(plan, request));
      if (k > 0) continue;
      inputsAfter = copyWords(given.words);
      if (request.repeat) {
        for (const words of Object.values(given.words)) words.fill(request.poison);
        await plan.run();
        repeated = await readFenced(plan, request);
      }
    }
    return { outputs, inputsAfter, ...(repeated && { repeated }) };
  } finally {
    await plan.close();
  }
}
