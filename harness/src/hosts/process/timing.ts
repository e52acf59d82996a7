import { bytesPerElement, inputsOf, outputsOf, type Plan, type Problem, type Tensors } from '@normgauge/contract';
import { Bench } from 'tinybench';
import { isTooDear } from '../moving.ts';
import type { CallsPerSample, Samples, TimeReply, TimeRequest } from '../protocol.ts';
import { copyInto, draw, now, processorTime } from './clock.ts';
import { deviceTimes } from './deviceTiming.ts';
import { type Call, callsFor, type Sample, sample } from './sample.ts';

/** Source and target of a copy. */
interface CopyPair {
  readonly source: Float32Array;
  readonly target: Float32Array;
}

/** Two plans on inputs of their own, and as many pairs of buffers for the copy that is the roof. */
interface Arms {
  readonly plans: readonly Plan[];
  readonly copies: readonly CopyPair[];
}

function collect(samples: readonly Sample[], callsPerSample: number): Samples {
  return {
    milliseconds: Float64Array.from(samples, ({ milliseconds }) => milliseconds),
    callsPerSample,
    preempted: Uint8Array.from(samples, ({ preempted }) => (preempted ? 1 : 0)),
  };
}

/** The samples of all places, one behind the other. */
function joined(places: readonly Samples[]): Samples {
  return {
    milliseconds: Float64Array.from(places.flatMap(({ milliseconds }) => [...milliseconds])),
    callsPerSample: places[0]!.callsPerSample,
    preempted: Uint8Array.from(places.flatMap(({ preempted }) => [...preempted])),
  };
}

/** Share of the time for samples that is spent on calls before them. */
const warmUp = 1 / 4;

/**
 * Samples each call in turns until the time is spent: what disturbs one disturbs the others too. tinybench keeps the
 * clock of the whole and decides when it is enough; the samples are ours, batched and handed over as durations.
 */
async function inTurns(
  calls: readonly Call[],
  milliseconds: number,
  leastSample: number,
  iterations: number,
  known: readonly number[] | undefined,
): Promise<Samples[]> {
  const batch: number[] = [];
  for (const [k, call] of calls.entries()) batch.push(known?.[k] ?? (await callsFor(call, leastSample)));
  // In turns, too, so that caches and compilers find what they will find; a fresh instance may have to be compiled again.
  const warm = now() + warmUp * milliseconds;
  for (let round = 0; round < 2 || now() < warm; round++) {
    for (const [k, call] of calls.entries()) await sample(call, batch[k]!, round * batch[k]!);
  }
  const samples: Sample[][] = calls.map(() => []);
  let round = 0;
  const bench = new Bench({ time: milliseconds, iterations, warmup: false, now, retainSamples: true, throws: true });
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
  // As many bytes as x has where it is stored: an element of float16 is half a word.
  const words = Math.ceil((inputsOf(problem)[0]!.length * bytesPerElement(problem)) / Float32Array.BYTES_PER_ELEMENT);
  const copies = inputSets.map(({ x }) => {
    const pair = copyPair(words);
    copyInto(pair.source, x!.subarray(0, words));
    // Its pages are there only when they were written to, and not every first turn is left out of the samples.
    copyInto(pair.target, pair.source);
    return pair;
  });
  return { plans, copies };
}

/** Elements in a cache line, and in a page. */
const line = 16;
const page = 1024;

/**
 * Source and target of the copy, in one buffer so that their distance is known: a multiple of a cache line and not of
 * a page. On some processors the copy is 15 times slower where the two are aligned differently, and no roof then.
 */
function copyPair(size: number): CopyPair {
  const distance = Math.ceil(size / page) * page + line;
  const whole = new Float32Array(distance + size);
  return { source: whole.subarray(0, size), target: whole.subarray(distance) };
}

/** The backend, as what times it needs it. */
export interface TimedBackend {
  open(): Promise<Plan>;
  /**
   * Closes the backend and opens it anew, so that what it holds comes to lie elsewhere in memory.
   * @throws whatever the backend throws, which is lost then
   */
  move(): Promise<void>;
}

/** So many times as long as the sampling was to take are spent on it, moves included, at most: what is not sampled by then stays so. */
const patience = 20;

/** Rounds of samples, at least: where there is one place, and in each where there are several. */
const leastRounds = 5;
const leastRoundsInPlace = 3;

/** Whether the backend came to lie elsewhere, or why it is not to be moved again. */
async function moveOf({ move }: TimedBackend): Promise<'moved' | 'dear' | 'lost'> {
  const began = now();
  try {
    await move();
  } catch {
    return 'lost';
  }
  return isTooDear(now() - began) ? 'dear' : 'moved';
}

/**
 * Times one problem: `run` in turns with a copy of x, in one place of memory after the other, then write, run and read together. The
 * two sets of inputs take turns, each in a plan of its own, so that no call sees the data of the one before it. The copy has two pairs of
 * buffers, which take turns in the same way: of what a cache keeps from one turn to the next, each gets as much as the other.
 */
export async function time(backend: TimedBackend, request: TimeRequest): Promise<TimeReply> {
  const { problem, inputSets, milliseconds, endToEndMilliseconds, deviceMilliseconds, leastSample } = request;
  const outputSets = inputSets.map(() =>
    Object.fromEntries(outputsOf(problem).map(({ name, length }) => [name, new Float32Array(length)])),
  );
  const resident: Samples[] = [];
  const copied: Samples[] = [];
  const spent = { wall: 0, processor: 0 };
  let { calls }: { calls?: CallsPerSample } = request;
  let further: Pick<TimeReply, 'endToEnd' | 'device' | 'copiedBy'> | undefined;
  let outputs: readonly Tensors[] = [];
  let stays: TimeReply['stays'];
  const began = now();
  for (let place = 0; ; place++) {
    const { plans, copies } = await openArms(problem, inputSets, backend.open);
    const planOf = (round: number): Plan => plans[round % plans.length]!;
    try {
      const ownCopy = plans.every((plan) => plan.copy !== undefined);
      const run: Call = (round) => planOf(round).run();
      const copy: Call = ownCopy
        ? (round) => planOf(round).copy!()
        : (round) => {
            const { source, target } = copies[round % copies.length]!;
            copyInto(target, source);
          };
      const before = { wall: now(), processor: processorTime() };
      const taken = await inTurns(
        [run, copy],
        milliseconds / request.places,
        leastSample,
        request.places > 1 ? leastRoundsInPlace : leastRounds,
        calls && [calls.resident, calls.copy],
      );
      spent.wall += now() - before.wall;
      spent.processor += processorTime() - before.processor;
      resident.push(taken[0]!);
      copied.push(taken[1]!);
      // After the turns, so that what is read is what a timed call left, not what the check before the timing wrote. Which place is
      // verified is drawn when it is over: a backend cannot know.
      for (const [k, plan] of plans.entries()) await plan.read(outputSets[k]!);
      if (draw(place + 1) === 0) outputs = structuredClone(outputSets);
      if (!further) {
        const device = deviceMilliseconds > 0 ? await deviceTimes(plans, deviceMilliseconds) : undefined;
        const whole: Call = async (round) => {
          const plan = planOf(round);
          await plan.write(inputSets[round % plans.length]!);
          await plan.run();
          await plan.read(outputSets[round % plans.length]!);
        };
        const [endToEnd] = await inTurns(
          [whole],
          endToEndMilliseconds,
          leastSample,
          leastRounds,
          calls && [calls.endToEnd],
        );
        further = { endToEnd: endToEnd!, ...(device && { device }), copiedBy: ownCopy ? 'backend' : 'harness' };
      }
      calls ??= {
        resident: taken[0]!.callsPerSample,
        copy: taken[1]!.callsPerSample,
        endToEnd: further.endToEnd.callsPerSample,
      };
    } finally {
      for (const plan of plans) await plan.close();
    }
    if (place + 1 >= request.places || now() - began > patience * milliseconds) break;
    const how = await moveOf(backend);
    if (how !== 'moved') {
      stays = how;
      break;
    }
  }
  return {
    resident: joined(resident),
    copy: joined(copied),
    places: resident.map((samples) => samples.milliseconds.length),
    ...further!,
    ...(stays && { stays }),
    cores: spent.processor / spent.wall,
    outputs,
  };
}
