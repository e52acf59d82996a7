import { inputsOf, outputsOf, type Plan } from '@normgauge/contract';
import type { ExecuteReply, ExecuteRequest, Guarded } from '../protocol.ts';
import { copyWords, fence, fill } from './fence.ts';

async function readFenced(plan: Plan, request: ExecuteRequest): Promise<Guarded> {
  const { views, words } = fence(outputsOf(request.problem), request);
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
      const slots = inputsOf(request.problem);
      const given = fence(slots, request);
      fill(given, slots, inputs, request.guard);
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
