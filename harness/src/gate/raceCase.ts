import type { Problem, Tensors } from '@normgauge/contract';
import type { Samples } from '../hosts/protocol.ts';
import { quantile } from '../measure/distribution.ts';
import { type Arm, type ArmOutputs, type Arms, arms, type EachArm, type Order } from './arms.ts';
import { decide, type Look, lookAt, looks, type Margins, type Outcome } from './sequential.ts';

/** Least milliseconds of a sample. */
const leastSample = 0.1;
/** Milliseconds of calls before the first that counts, all arms together. */
const warmUp = 100;

/** Numbers in [0, 1). */
export type Uniform = () => number;

/** The conditions of one case in one process. */
export interface RaceSettings {
  readonly margins: Margins;
  /** Probability with which a bound may be wrong at one look. */
  readonly alpha: number;
  /** Milliseconds of rounds, after which the next look is the last. */
  readonly budget: number;
  /** Milliseconds for one request beside the time that it is meant to take. */
  readonly limit: number;
}

/** What is raced. */
export interface Contest {
  readonly problem: Problem;
  readonly inputSets: readonly Tensors[];
  /** What is wrong with what an arm's plans hold, in one sentence; undefined when nothing is. */
  verify(outputs: ArmOutputs, arm: Arm): string | undefined;
}

/** One case in one process. */
export interface Heat {
  readonly outcome: Outcome;
  readonly look: Look;
  /** Median milliseconds of a call. */
  readonly milliseconds: EachArm<number>;
  readonly callsPerSample: number;
  /** Share of the samples in which the process was taken off its core. */
  readonly preempted: number;
  /** From the opening of the plans to the last verification. */
  readonly seconds: number;
}

/** An arm was verified, and is wrong in this process. */
export interface WrongArm {
  readonly wrong: Arm;
  readonly cause: string;
}

/** An order of the arms, each equally likely: Fisher and Yates. */
export function shuffled(uniform: Uniform): Order {
  const order = arms.map((_, k) => k);
  for (let k = order.length - 1; k > 0; k--) {
    const other = Math.floor(uniform() * (k + 1));
    [order[k], order[other]] = [order[other]!, order[k]!];
  }
  return order as unknown as Order;
}

function orderOf(rounds: number, uniform: Uniform): Uint8Array {
  return Uint8Array.from(Array.from({ length: rounds }, () => shuffled(uniform)).flat());
}

function wrongIn(outputs: EachArm<ArmOutputs>, contest: Contest, when: string): WrongArm | undefined {
  for (const [k, arm] of arms.entries()) {
    const cause = contest.verify(outputs[k]!, arm);
    if (cause !== undefined) return { wrong: arm, cause: `${when}: ${cause}` };
  }
  return undefined;
}

function join(earlier: Samples | undefined, later: Samples): Samples {
  if (!earlier) return later;
  return {
    callsPerSample: later.callsPerSample,
    milliseconds: Float64Array.from([...earlier.milliseconds, ...later.milliseconds]),
    preempted: Uint8Array.from([...earlier.preempted, ...later.preempted]),
  };
}

const medianOf = ({ milliseconds }: Samples): number => quantile(Float64Array.from(milliseconds).sort(), 0.5);

/**
 * Races the arms on one case until a look decides. What the plans hold is verified before and after.
 * @throws {ArmFault} when an arm throws, {LostProcess} when the process ends or is ended first
 */
export async function raceCase(
  racing: Arms,
  contest: Contest,
  settings: RaceSettings,
  uniform: Uniform,
): Promise<Heat | WrongArm> {
  const { problem, inputSets } = contest;
  const began = performance.now();
  const ready = { problem, inputSets, order: shuffled(uniform), leastSample, warmUp };
  const before = await racing.ready(ready, settings.limit + warmUp);
  const wrong = wrongIn(before, contest, 'before it was timed');
  if (wrong) return wrong;
  const { outcome, look, samples } = await lookUntilDecided(racing, settings, uniform);
  const after = await racing.finish(ready, settings.limit);
  const taken = samples.flatMap(({ preempted }) => [...preempted]);
  return (
    wrongIn(after, contest, 'right when verified, wrong when timed') ?? {
      outcome,
      look,
      milliseconds: samples.map(medianOf) as unknown as EachArm<number>,
      callsPerSample: samples[0].callsPerSample,
      preempted: taken.reduce((sum, flag) => sum + flag, 0) / taken.length,
      seconds: (performance.now() - began) / 1000,
    }
  );
}

async function lookUntilDecided(
  racing: Arms,
  { margins, alpha, budget, limit }: RaceSettings,
  uniform: Uniform,
): Promise<{ readonly outcome: Outcome; readonly look: Look; readonly samples: EachArm<Samples> }> {
  const until = performance.now() + budget;
  let samples: EachArm<Samples> | undefined;
  for (const [k, rounds] of looks.entries()) {
    const missing = rounds - (samples?.[0].milliseconds.length ?? 0);
    const left = Math.max(0, until - performance.now());
    const later = await racing.race(orderOf(missing, uniform), left, left + limit);
    samples = arms.map((_, arm) => join(samples?.[arm], later[arm]!)) as unknown as EachArm<Samples>;
    const [base, head, control] = samples.map(({ milliseconds }) => milliseconds) as unknown as EachArm<Float64Array>;
    const look = lookAt({ base, head, control }, alpha);
    const outcome = decide(look, margins);
    if (outcome !== undefined) return { outcome, look, samples };
    const timeIsOver = look.rounds < rounds || performance.now() >= until;
    if (timeIsOver || k === looks.length - 1) return { outcome: 'undecided', look, samples };
  }
  throw new Error('there is no look');
}
