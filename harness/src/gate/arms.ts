import type { Problem, Tensors } from '@normgauge/contract';
import type { BackendSource, Opened, Samples } from '../hosts/protocol.ts';

/*
 * What the process of a gate is asked: three backends side by side, each a module instance of its own.
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

/** A backend threw. What it threw in cannot be continued. */
export interface Threw {
  readonly threw: { readonly arm: Arm; readonly name: string; readonly message: string };
}

/** Numbers of the arms, one each: what comes first comes to lie elsewhere in memory, and is compiled first. */
export type Order = EachArm<number>;

export interface OpenRequest {
  readonly arms: EachArm<ArmSource>;
  readonly order: Order;
}

/** Opens plans for a problem, runs each, and calls them until they have warmed up. Closes those of the problem before. */
export interface ReadyRequest {
  readonly problem: Problem;
  /** They take turns, each in a plan of its own. */
  readonly inputSets: readonly Tensors[];
  /** In which plans are opened and warmed up. */
  readonly order: Order;
  /** Least milliseconds of a sample; shorter calls are batched. */
  readonly leastSample: number;
  /** Milliseconds of calls before the first that counts, all arms together. */
  readonly warmUp: number;
}

/** What the plans of one arm hold, one entry a set of inputs. */
export type ArmOutputs = readonly Tensors[];

export interface ReadyReply {
  readonly outputs: EachArm<ArmOutputs>;
}

/** Takes samples in rounds, one of every arm. */
export interface RaceRequest {
  /** Numbers of the arms in the order of their samples, three a round. */
  readonly order: Uint8Array;
  /** Milliseconds after which no further round begins; the first always does. */
  readonly milliseconds: number;
}

export interface RaceReply {
  /** As many samples of each arm; fewer than were asked for when the time was over. */
  readonly samples: EachArm<Samples>;
}

/** Every request and what answers it. */
export interface ArmsExchanges {
  readonly open: { readonly request: OpenRequest; readonly reply: Threw | { readonly opened: EachArm<Opened> } };
  readonly ready: { readonly request: ReadyRequest; readonly reply: Threw | ReadyReply };
  readonly race: { readonly request: RaceRequest; readonly reply: Threw | RaceReply };
  /** What the plans hold after the last sample. */
  readonly finish: {
    readonly request: Pick<ReadyRequest, 'problem' | 'inputSets'>;
    readonly reply: Threw | ReadyReply;
  };
  readonly close: { readonly request: Record<string, never>; readonly reply: Record<string, never> };
}
