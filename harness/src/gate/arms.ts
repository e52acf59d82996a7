import type { Problem, Tensors } from '@normgauge/contract';
import type { LostProcess, Runtime } from '../hosts/childProcess.ts';
import type { BackendSource, Opened, Samples } from '../hosts/protocol.ts';

/*
 * What is timed against one another, and what the processes of a gate are asked: all of it side by side in one process, each a
 * module instance of its own, or each in a process of its own.
 */

/** In this order wherever there is one entry an arm. `control` is a second instance of base. */
export const arms = ['base', 'head', 'control'] as const;
export type Arm = (typeof arms)[number];

/** One entry an arm, in the order of `arms`. */
export type EachArm<T> = readonly [base: T, head: T, control: T];

export interface ArmSource {
  readonly source: BackendSource;
  /** Share of its work that it does once more, to find out whether that is noticed; 0 for an honest gate. */
  readonly extraWork: number;
}

/** Where an arm's process runs, when it has one of its own. */
export interface Runtimes {
  readonly base: Runtime;
  readonly head: Runtime;
}

/** An arm as its process is asked to open it. */
export interface OpenArm extends ArmSource {
  readonly arm: Arm;
}

/** A backend threw. What it threw in cannot be continued. */
export interface Threw {
  readonly threw: { readonly arm: Arm; readonly name: string; readonly message: string };
}

/** Numbers of the arms, one each: what comes first comes to lie elsewhere in memory, and is compiled first. */
export type Order = EachArm<number>;

/** The arms of one process, and its numbers for them in the order in which something is done with each. */
export interface OpenRequest {
  readonly arms: readonly OpenArm[];
  readonly order: readonly number[];
}

/** Opens plans for a problem, runs each, and calls them until they have warmed up. Closes those of the problem before. */
export interface ReadyRequest {
  readonly problem: Problem;
  /** They take turns, each in a plan of its own. */
  readonly inputSets: readonly Tensors[];
  /** In which plans are opened and warmed up. */
  readonly order: readonly number[];
  /** Least milliseconds of a sample; shorter calls are batched. */
  readonly leastSample: number;
  /** Milliseconds of calls before the first that counts, all arms together. */
  readonly warmUp: number;
  /** Whether `move` may follow: the inputs are kept for it. */
  readonly movable: boolean;
}

/**
 * Closes the backends, opens them anew in this order, and in them plans with the same inputs; calls each once. Where data comes to
 * lie in memory is drawn anew by it.
 */
export interface MoveRequest {
  readonly order: readonly number[];
}

/** What the plans of one arm hold, one entry a set of inputs. */
export type ArmOutputs = readonly Tensors[];

export interface ReadyReply {
  readonly outputs: readonly ArmOutputs[];
}

/** Takes samples in rounds, one of every arm. */
export interface RaceRequest {
  /** Arms in the process. */
  readonly arms: number;
  /** Numbers of the arms in the order of their samples, as many a round as there are. */
  readonly order: Uint8Array;
  /** Milliseconds after which no further round begins; the first always does. */
  readonly milliseconds: number;
}

export interface RaceReply {
  /** As many samples of each arm; fewer than were asked for when the time was over. */
  readonly samples: readonly Samples[];
}

/** Every request and what answers it. */
export interface ArmsExchanges {
  readonly open: { readonly request: OpenRequest; readonly reply: Threw | { readonly opened: readonly Opened[] } };
  readonly ready: { readonly request: ReadyRequest; readonly reply: Threw | ReadyReply };
  readonly race: { readonly request: RaceRequest; readonly reply: Threw | RaceReply };
  readonly move: { readonly request: MoveRequest; readonly reply: Threw | Record<string, never> };
  /** What the plans hold after the last sample. */
  readonly finish: {
    readonly request: Pick<ReadyRequest, 'problem' | 'inputSets' | 'order'>;
    readonly reply: Threw | ReadyReply;
  };
  readonly close: { readonly request: Record<string, never>; readonly reply: Record<string, never> };
}

/** What is asked of the arms, wherever they run. */
export interface RaceConditions {
  readonly problem: Problem;
  readonly inputSets: readonly Tensors[];
  readonly order: Order;
  readonly leastSample: number;
  readonly warmUp: number;
  readonly movable: boolean;
}

/**
 * The three arms, wherever they run. Each request may take so many milliseconds, after which what runs is ended.
 *
 * All throw {ArmFault} when an arm throws, {LostProcess} when a process ends or is ended first.
 */
export interface Arms {
  /** A process that is gone; undefined as long as all are there. */
  readonly lost: LostProcess | undefined;
  /** Opens plans and warms them up; what they hold after their first run. */
  ready(request: RaceConditions, limit: number): Promise<EachArm<ArmOutputs>>;
  /** Samples of rounds in these orders, until so many milliseconds are over; the first round is always whole. */
  race(order: Uint8Array, milliseconds: number, limit: number): Promise<EachArm<Samples>>;
  /** Has all arms come to lie elsewhere in memory. */
  move(order: Order, limit: number): Promise<void>;
  /** What the plans hold after the last sample. */
  finish(request: RaceConditions, limit: number): Promise<EachArm<ArmOutputs>>;
  /** Ends them: politely, and after a while not. */
  close(): Promise<void>;
  kill(): void;
}
