import { LostProcess } from '../hosts/childProcess.ts';
import { isTooDear } from '../hosts/moving.ts';
import type { Arm, ArmSource, Arms, EachArm, Order, Runtimes } from './arms.ts';
import { ArmsApart } from './armsApart.ts';
import { ArmFault, ArmsTogether } from './armsProcess.ts';
import { type Contest, type Heat, type RaceSettings, raceCase } from './raceCase.ts';
import { CannotMove, shuffled, type Uniform } from './rounds.ts';
import { type Conclusion, conclude, type Margins, mostAttempts } from './sequential.ts';

/** A case to be decided. Its data is made when it is raced, and made again where another process is asked. */
export interface Entry<T> {
  readonly of: T;
  readonly margins: Margins;
  contest(): Contest;
}

/** How a case came out, and on what that stands. */
export interface Decision {
  /** `wrong`: an arm threw or gave wrong results beside the others, although it was right alone. */
  readonly conclusion: Conclusion | 'wrong';
  readonly wrong?: Arm;
  readonly reason?: string;
  readonly heats: readonly Heat[];
}

/** What all cases have in common. */
export interface DecidingPlan<T> {
  readonly sources: EachArm<ArmSource>;
  readonly settings: Omit<RaceSettings, 'margins' | 'movable'>;
  /** MiB of one arm. */
  readonly memory: number;
  /** Where each side runs, when the arms cannot share a process; absent: they do. */
  readonly apart?: Runtimes;
  readonly uniform: Uniform;
  readonly signal: AbortSignal;
  onDecision(of: T, decision: Decision): void;
}

/** What was learned about moving these arms, for all cases that follow. */
interface Mobility {
  movable: boolean;
}

interface Open<T> {
  readonly entry: Entry<T>;
  readonly heats: Heat[];
  /** Processes that were lost over this case. */
  readonly losses: string[];
}

const outcomesOf = ({ heats, losses }: Open<unknown>): ('invalid' | Heat['outcome'])[] => [
  ...heats.map(({ outcome }) => outcome),
  ...losses.map(() => 'invalid' as const),
];

/** One case in one process; undefined while another process has to be asked. */
async function attempt<T>(
  racing: Arms,
  open: Open<T>,
  { settings, uniform }: DecidingPlan<T>,
  mobility: Mobility,
): Promise<Decision | undefined> {
  const { entry, heats, losses } = open;
  const { movable } = mobility;
  try {
    const heat = await raceCase(racing, entry.contest(), { ...settings, margins: entry.margins, movable }, uniform);
    if ('moved' in heat && heat.moved !== undefined && isTooDear(heat.moved)) mobility.movable = false;
    if ('wrong' in heat) return { conclusion: 'wrong', wrong: heat.wrong, reason: heat.cause, heats };
    heats.push(heat);
  } catch (error) {
    if (error instanceof CannotMove) {
      // Not asked about again, but in a process where nothing moves.
      mobility.movable = false;
      racing.kill();
      return undefined;
    }
    if (error instanceof ArmFault) {
      return { conclusion: 'wrong', wrong: error.arm, reason: `threw when timed: ${error.message}`, heats };
    }
    if (!(error instanceof LostProcess)) throw error;
    losses.push(error.message);
  }
  const manner = heats.every((heat) => heat.manner === 'moving') ? 'moving' : 'staying';
  const conclusion = conclude(outcomesOf(open), manner);
  const lost = losses.at(-1);
  return conclusion && { conclusion, heats, ...(lost !== undefined && { reason: `with all three in it, ${lost}` }) };
}

function openArms<T>({ sources, memory, apart }: DecidingPlan<T>, order: Order): Promise<Arms> {
  // Three backends in a process need the memory of three.
  return apart ? ArmsApart.open(sources, order, memory, apart) : ArmsTogether.open(sources, order, 3 * memory);
}

/** Races what is open in one fresh process, or in several where one is lost; answers what is still open then. */
async function oneAfterTheOther<T>(
  entries: readonly Open<T>[],
  plan: DecidingPlan<T>,
  mobility: Mobility,
): Promise<readonly Open<T>[]> {
  const undecided: Open<T>[] = [];
  let racing: Arms | undefined;
  const kill = (): void => racing?.kill();
  plan.signal.addEventListener('abort', kill);
  try {
    for (const open of entries) {
      if (plan.signal.aborted) break;
      if (racing?.lost) {
        racing.kill();
        racing = undefined;
      }
      racing ??= await openArms(plan, shuffled(plan.uniform));
      const decision = await attempt(racing, open, plan, mobility);
      if (plan.signal.aborted) break;
      // An arm that threw leaves its plans half-way: the next case has a fresh process.
      if (decision?.conclusion === 'wrong') racing.kill();
      if (decision) plan.onDecision(open.entry.of, decision);
      else undecided.push(open);
    }
    await racing?.close();
    return undecided;
  } finally {
    plan.signal.removeEventListener('abort', kill);
    racing?.kill();
  }
}

/**
 * Decides cases: all of them in one process, then those that are not settled in a fresh one, and so on.
 * @throws {ArmFault} when an arm cannot be opened, {LostProcess} when the process is lost in that
 */
export async function decideCases<T>(entries: readonly Entry<T>[], plan: DecidingPlan<T>): Promise<void> {
  let open: readonly Open<T>[] = entries.map((entry) => ({ entry, heats: [], losses: [] }));
  const mobility: Mobility = { movable: true };
  // Once more than a case may ask for: the first may only have shown that an arm cannot move.
  for (let k = 0; k <= mostAttempts.suspect && open.length > 0 && !plan.signal.aborted; k++) {
    open = await oneAfterTheOther(open, plan, mobility);
  }
}
