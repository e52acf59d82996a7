import { bytesPerElement, inputsOf, outputsOf, type Plan, type Problem, type Tensors } from '@normgauge/contract';
import { Bench } from 'tinybench';
import type { Samples, TimeReply, TimeRequest } from '../protocol.ts';
import { copyInto, now, processorTime } from './clock.ts';
import { deviceTimes } from './deviceTiming.ts';
import { type Call, callsFor, type Sample, sample } from './sample.ts';

/** Two plans on inputs of their own, and buffers for the copy that is the roof. */
interface Arms {
  readonly plans: readonly Plan[];
  readonly inputSets: readonly Tensors[];
  readonly outputSets: readonly Tensors[];
  readonly copySource: Float32Array;
  readonly copyTarget: Float32Array;
}

function collect(samples: readonly Sample[], callsPerSample: number): Samples {
  return {
    milliseconds: Float64Array.from(samples, ({ milliseconds }) => milliseconds),
    callsPerSample,
    preempted: Uint8Array.from(samples, ({ preempted }) => (preempted ? 1 : 0)),
  };
}

/**
 * Samples each call in turns until the time is spent: what disturbs one disturbs the others too. tinybench keeps the
 * clock of the whole and decides when it is enough; the samples are ours, batched and handed over as durations.
 */
async function inTurns(
  calls: readonly Call[],
  milliseconds: number,
  leastSample: number,
  known: readonly number[] | undefined,
): Promise<Samples[]> {
  const batch: number[] = [];
  for (const [k, call] of calls.entries()) {
    // Where it is known how many calls a sample holds, one that does not count warms up as finding it out does.
    if (known) await sample(call, known[k]!, 0);
    batch.push(known?.[k] ?? (await callsFor(call, leastSample)));
  }
  const samples: Sample[][] = calls.map(() => []);
  let round = 0;
  const bench = new Bench({ time: milliseconds, iterations: 5, warmup: false, now, retainSamples: true, throws: true });
  bench.add(
    'turns',
    async () => {
      const start = now();
      for (let k = 0; k < calls.length; k++) {
        const turn = (k + round) % calls.length;
        samples[turn]!.push(await sample(calls[turn]!, batch[turn]!, round * batch[turn]!));
      }
      round++;
      return { overriddenDuration: now() - start };
    },
    { async: true },
  );
  await bench.run();
  return samples.map((taken, k) => collect(taken, batch[k]!));
}

async function openArms(problem: Problem, inputSets: readonly Tensors[], open: () => Promise<Plan>): Promise<Arms> {
  const plans: Plan[] = [];
  for (const inputs of inputSets) {
    const plan = await open();
    await plan.write(inputs);
    await plan.run();
    plans.push(plan);
  }
  const outputSets = inputSets.map(() =>
    Object.fromEntries(outputsOf(problem).map(({ name, length }) => [name, new Float32Array(length)])),
  );
  // As many bytes as x has where it is stored: an element of float16 is half a word.
  const words = Math.ceil((inputsOf(problem)[0]!.length * bytesPerElement(problem)) / Float32Array.BYTES_PER_ELEMENT);
  const { copySource, copyTarget } = copyBuffers(words);
  copyInto(copySource, inputSets[0]!.x!.subarray(0, words));
  return { plans, inputSets, outputSets, copySource, copyTarget };
}

/** Elements in a cache line, and in a page. */
const line = 16;
const page = 1024;

/**
 * Source and target of the copy, in one buffer so that their distance is known: a multiple of a cache line and not of
 * a page. On some processors the copy is 15 times slower where the two are aligned differently, and no roof then.
 */
function copyBuffers(size: number): { readonly copySource: Float32Array; readonly copyTarget: Float32Array } {
  const distance = Math.ceil(size / page) * page + line;
  const whole = new Float32Array(distance + size);
  return { copySource: whole.subarray(0, size), copyTarget: whole.subarray(distance) };
}

/**
 * Times one problem: `run` in turns with a copy of x, then write, run and read together. The two sets of inputs take
 * turns, each in a plan of its own, so that no call sees the data of the one before it.
 */
export async function time(open: () => Promise<Plan>, request: TimeRequest): Promise<TimeReply> {
  const { problem, inputSets, milliseconds, endToEndMilliseconds, deviceMilliseconds, leastSample, calls } = request;
  const { plans, outputSets, copySource, copyTarget } = await openArms(problem, inputSets, open);
  const planOf = (round: number): Plan => plans[round % plans.length]!;
  try {
    const ownCopy = plans.every((plan) => plan.copy !== undefined);
    const run: Call = (round) => planOf(round).run();
    const copy: Call = ownCopy ? (round) => planOf(round).copy!() : () => copyInto(copyTarget, copySource);
    const began = { wall: now(), processor: processorTime() };
    const [resident, copied] = await inTurns(
      [run, copy],
      milliseconds,
      leastSample,
      calls && [calls.resident, calls.copy],
    );
    const cores = (processorTime() - began.processor) / (now() - began.wall);
    const device = deviceMilliseconds > 0 ? await deviceTimes(plans, deviceMilliseconds) : undefined;
    // After the turns, so that what is read is what a timed call left, not what the check before the timing wrote.
    for (const [k, plan] of plans.entries()) await plan.read(outputSets[k]!);
    const outputs = outputSets.map((set) => structuredClone(set));
    const whole: Call = async (round) => {
      const plan = planOf(round);
      await plan.write(inputSets[round % plans.length]!);
      await plan.run();
      await plan.read(outputSets[round % plans.length]!);
    };
    const [endToEnd] = await inTurns([whole], endToEndMilliseconds, leastSample, calls && [calls.endToEnd]);
    return {
      resident: resident!,
      copy: copied!,
      endToEnd: endToEnd!,
      copiedBy: ownCopy ? 'backend' : 'harness',
      cores,
      ...(device && { device }),
      outputs,
    };
  } finally {
    for (const plan of plans) await plan.close();
  }
}
