import type { Plan } from '@normgauge/contract';
import type { ClockedSamples, DeviceSamples } from '../protocol.ts';
import { now } from './clock.ts';

type Work = 'run' | 'copy';

/** A sample lasts at least this many steps of the device's clock, and at least this many nanoseconds, where that is to be had. */
const leastSteps = 100;
const leastNanoseconds = 1e6;

/** Calls in a sample, at most. */
const mostCalls = 4096;

/** Samples of each work, at most; the first are had whatever they take. */
const mostSamples = 9;

/** One sample, of `calls` calls together. */
interface Clocked {
  readonly nanoseconds: number;
  readonly quantum: number;
  /** By the clock of this process, from before the first call to when the answer was there. */
  readonly milliseconds: number;
}

async function clocked(plan: Plan, work: Work, calls: number): Promise<Clocked> {
  const start = now();
  const { nanoseconds, quantum } = await plan.deviceTime!(work, calls);
  return { nanoseconds: Number(nanoseconds), quantum: Number(quantum), milliseconds: now() - start };
}

/** Calls that make a sample long against a step of the clock, or as many as fit into the time. */
async function callsIn(plan: Plan, work: Work, milliseconds: number): Promise<number> {
  const began = now();
  for (let calls = 1; ; calls *= 4) {
    const { nanoseconds, quantum } = await clocked(plan, work, calls);
    if (nanoseconds >= Math.max(leastNanoseconds, leastSteps * quantum) || calls >= mostCalls) return calls;
    if (now() - began > milliseconds / 4) return calls;
  }
}

function collect(samples: readonly Clocked[], callsPerSample: number): ClockedSamples {
  return {
    nanoseconds: Float64Array.from(samples, ({ nanoseconds }) => nanoseconds / callsPerSample),
    milliseconds: Float64Array.from(samples, (sample) => sample.milliseconds / callsPerSample),
    callsPerSample,
  };
}

/**
 * Asks for the times of the device's own clock, of `run` and of the copy in turns: many calls between two timestamps, so that a step of the
 * clock counts for little.
 *
 * @param milliseconds to spend, about
 * @returns undefined where the device has no clock, or one that did not move
 */
export async function deviceTimes(plans: readonly Plan[], milliseconds: number): Promise<DeviceSamples | undefined> {
  const [first] = plans;
  if (!plans.every((plan) => plan.deviceTime && plan.copy)) return undefined;
  const works = ['run', 'copy'] as const;
  const calls = { run: await callsIn(first!, 'run', milliseconds), copy: await callsIn(first!, 'copy', milliseconds) };
  const taken: { readonly [work in Work]: Clocked[] } = { run: [], copy: [] };
  const began = now();
  for (let round = 0; round < mostSamples && (round === 0 || now() - began < milliseconds); round++) {
    const plan = plans[round % plans.length]!;
    for (const work of works) taken[work].push(await clocked(plan, work, calls[work]));
  }
  const all = works.flatMap((work) => taken[work]);
  if (all.some(({ nanoseconds }) => nanoseconds === 0)) return undefined;
  const quantum = Math.min(...all.map((sample) => sample.quantum));
  return { run: collect(taken.run, calls.run), copy: collect(taken.copy, calls.copy), quantum };
}
