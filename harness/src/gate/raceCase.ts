import { elementsOf, type Problem, type Tensors } from '@normgauge/contract';
import { isTooDear } from '../hosts/moving.ts';
import type { Samples } from '../hosts/protocol.ts';
import { quantile } from '../measure/distribution.ts';
import { type Arm, type ArmOutputs, type Arms, arms, type EachArm } from './arms.ts';
import { isCheap, leastRounds, moves, roundsInOnePlace } from './placements.ts';
import { type RoundLimits, Rounds, shuffled, type Uniform } from './rounds.ts';
import {
  decide,
  type Look,
  lookAt,
  looks,
  looksAtPlaces,
  type Manner,
  type Margins,
  type Outcome,
} from './sequential.ts';

/** Least milliseconds of a sample. */
const leastSample = 0.1;
/** Milliseconds of calls before the first that counts, all arms together. */
const warmUp = 100;

/** The conditions of one case in one process. */
export interface RaceSettings extends RoundLimits {
  readonly margins: Margins;
  /** Probability with which a bound may be wrong at one look. */
  readonly alpha: number;
  /** Whether the arms may move; too large a problem keeps them where they are all the same. */
  readonly movable: boolean;
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
  /** Places in memory where the arms lay in turn. */
  readonly places: number;
  readonly manner: Manner;
  /** Milliseconds of the first move, if there was one. */
  readonly moved: number | undefined;
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

function wrongIn(outputs: EachArm<ArmOutputs>, contest: Contest, when: string): WrongArm | undefined {
  for (const [k, arm] of arms.entries()) {
    const cause = contest.verify(outputs[k]!, arm);
    if (cause !== undefined) return { wrong: arm, cause: `${when}: ${cause}` };
  }
  return undefined;
}

const medianOf = ({ milliseconds }: Samples): number => quantile(Float64Array.from(milliseconds).sort(), 0.5);

/**
 * Races the arms on one case until a look decides. What the plans hold is verified before and after.
 * @throws {ArmFault} when an arm throws, {LostProcess} when the process ends or is ended first, {CannotMove} when that is in a move
 */
export async function raceCase(
  racing: Arms,
  contest: Contest,
  settings: RaceSettings,
  uniform: Uniform,
): Promise<Heat | WrongArm> {
  const { problem, inputSets } = contest;
  const began = performance.now();
  const movable = settings.movable && moves(elementsOf(problem.shape));
  const ready = { problem, inputSets, order: shuffled(uniform), leastSample, warmUp, movable };
  const before = await racing.ready(ready, settings.limit + warmUp);
  const wrong = wrongIn(before, contest, 'before it was timed');
  if (wrong) return wrong;
  const { samples, ...found } = await lookUntilDecided(racing, movable, settings, uniform);
  const after = await racing.finish(ready, settings.limit);
  const taken = samples.flatMap(({ preempted }) => [...preempted]);
  return (
    wrongIn(after, contest, 'right when verified, wrong when timed') ?? {
      ...found,
      milliseconds: samples.map(medianOf) as unknown as EachArm<number>,
      callsPerSample: samples[0].callsPerSample,
      preempted: taken.reduce((sum, flag) => sum + flag, 0) / taken.length,
      seconds: (performance.now() - began) / 1000,
    }
  );
}

/** Takes what is missing until a look, the first, the second and so on. */
async function takeUntil(look: number, rounds: Rounds, manner: Manner, moved: number | undefined): Promise<void> {
  if (manner === 'staying') {
    // In few places at least, where it cannot be in many.
    if (look > 0 && moved !== undefined && !isTooDear(moved)) await rounds.move();
    await rounds.take(looks[look]! - rounds.count);
    return;
  }
  while (!rounds.timeIsOver) {
    await rounds.take(roundsInOnePlace(moved!, rounds.each) - rounds.places.at(-1)!);
    if (rounds.places.length >= looksAtPlaces[look]!) break;
    await rounds.move();
  }
}

async function lookUntilDecided(
  racing: Arms,
  movable: boolean,
  settings: RaceSettings,
  uniform: Uniform,
): Promise<Pick<Heat, 'outcome' | 'look' | 'places' | 'manner' | 'moved'> & { readonly samples: EachArm<Samples> }> {
  const rounds = new Rounds(racing, settings, uniform);
  await rounds.take(leastRounds);
  const moved = movable ? await rounds.move() : undefined;
  const manner = moved !== undefined && isCheap(moved) ? 'moving' : 'staying';
  const last = (manner === 'moving' ? looksAtPlaces : looks).length - 1;
  for (let k = 0; ; k++) {
    await takeUntil(k, rounds, manner, moved);
    const { samples, timeIsOver } = rounds;
    const places = rounds.places.filter((count) => count > 0);
    const [base, head, control] = samples.map(({ milliseconds }) => milliseconds) as unknown as EachArm<Float64Array>;
    const look = lookAt({ base, head, control, ...(manner === 'moving' && { places }) }, settings.alpha);
    const outcome = decide(look, settings.margins);
    if (outcome !== undefined || timeIsOver || k === last) {
      return { outcome: outcome ?? 'undecided', look, places: places.length, manner, moved, samples };
    }
  }
}
