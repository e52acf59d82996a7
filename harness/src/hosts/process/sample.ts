import { now } from './clock.ts';

/** One sample: milliseconds per call, and whether the process was taken off its core meanwhile. */
export interface Sample {
  readonly milliseconds: number;
  readonly preempted: boolean;
}

/** Calls what is timed; the number says which of the plans that take turns. */
export type Call = (round: number) => void | Promise<void>;

// Bound before a backend is loaded, like the clock.
const resourceUsage = process.resourceUsage.bind(process);
const preemptions = (): number => resourceUsage().involuntaryContextSwitches;

/** Runs `calls` calls between two readings of the clock. Awaits only what returns a promise. */
export async function sample(call: Call, calls: number, round: number): Promise<Sample> {
  const before = preemptions();
  const start = now();
  for (let i = 0; i < calls; i++) {
    const pending = call(round + i);
    if (pending !== undefined) await pending;
  }
  const milliseconds = (now() - start) / calls;
  return { milliseconds, preempted: preemptions() > before };
}

/** Calls that fill a sample of at least this many milliseconds; doubles until they do. */
export async function callsFor(call: Call, leastSample: number): Promise<number> {
  for (let calls = 1; ; calls *= 2) {
    const { milliseconds } = await sample(call, calls, 0);
    if (milliseconds * calls >= leastSample || calls >= 2 ** 20) return calls;
  }
}
