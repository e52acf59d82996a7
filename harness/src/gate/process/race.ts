import { type Backend, outputsOf, type Plan, type Problem, type Tensors } from '@normgauge/contract';
import { now } from '../../hosts/process/clock.ts';
import { type Call, callsFor, type Sample, sample } from '../../hosts/process/sample.ts';
import type { Samples } from '../../hosts/protocol.ts';
import type { Arm, ArmOutputs, RaceRequest, ReadyRequest } from '../arms.ts';

/** An arm that was opened. */
export interface Contender {
  readonly arm: Arm;
  readonly backend: Backend;
}

/** One arm threw. */
export class ArmError extends Error {
  override readonly name = 'ArmError';
  readonly arm: Arm;

  constructor(arm: Arm, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.arm = arm;
  }
}

/** Does something with one arm, so that what it throws is known to be its own. */
export async function inArm<T>(arm: Arm, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof ArmError ? error : new ArmError(arm, error);
  }
}

/** Does the same for every number, one after the other in this order. */
export async function inOrder<T>(order: readonly number[], work: (k: number) => Promise<T>): Promise<readonly T[]> {
  const done: T[] = [];
  for (const k of order) done[k] = await work(k);
  return done;
}

/** Rounds before the first that counts, at least. */
const leastWarmUp = 3;

/** Opens plans in this order, and runs each once. By arm, then by set of inputs. */
async function openPlans(
  contenders: readonly Contender[],
  { problem, inputSets, order }: Pick<ReadyRequest, 'problem' | 'inputSets' | 'order'>,
): Promise<readonly (readonly Plan[])[]> {
  const plans: Plan[][] = contenders.map(() => []);
  for (const inputs of inputSets) {
    await inOrder(order, (k) =>
      inArm(contenders[k]!.arm, async () => {
        const plan = await contenders[k]!.backend.plan(problem);
        plans[k]!.push(plan);
        await plan.write(inputs);
        await plan.run();
      }),
    );
  }
  return plans;
}

/** One problem on all arms, from the opening of its plans to their end. */
export class Race {
  readonly #arms: readonly Arm[];
  /** By arm, then by set of inputs. */
  readonly #plans: readonly (readonly Plan[])[];
  readonly #problem: Problem;
  readonly #order: readonly number[];
  /** Kept only where the race may move. */
  readonly #inputSets: readonly Tensors[] | undefined;
  readonly #run: readonly Call[];
  #calls = 1;
  #round = 0;

  private constructor(
    arms: readonly Arm[],
    { problem, order, inputSets }: Pick<ReadyRequest, 'problem' | 'order'> & Partial<ReadyRequest>,
    plans: readonly (readonly Plan[])[],
  ) {
    this.#arms = arms;
    this.#problem = problem;
    this.#order = order;
    this.#inputSets = inputSets;
    this.#plans = plans;
    this.#run = plans.map((own) => (round) => own[round % own.length]!.run());
  }

  static async begin(contenders: readonly Contender[], request: ReadyRequest): Promise<Race> {
    const { problem, order, inputSets, movable } = request;
    const plans = await openPlans(contenders, request);
    const arms = contenders.map(({ arm }) => arm);
    return new Race(arms, { problem, order, ...(movable && { inputSets }) }, plans);
  }

  /** The same race, with its batches, among backends that were opened anew. The plans of this one have to be closed. */
  async among(contenders: readonly Contender[], order: readonly number[]): Promise<Race> {
    const inputSets = this.#inputSets;
    if (!inputSets) throw new Error('the inputs of this race were not kept');
    const conditions = { problem: this.#problem, order, inputSets };
    const moved = new Race(this.#arms, conditions, await openPlans(contenders, conditions));
    moved.#calls = this.#calls;
    moved.#round = this.#round;
    // What was written last is in the caches; after a sample of each with all its inputs it is as it is in every round.
    for (const round of inputSets.keys()) await moved.#eachArm((k) => sample(moved.#run[k]!, moved.#calls, round));
    return moved;
  }

  #eachArm<T>(work: (k: number) => Promise<T>): Promise<readonly T[]> {
    return inOrder(this.#order, (k) => inArm(this.#arms[k]!, () => work(k)));
  }

  /** Calls every arm in turns until the time is spent, so that what is compiled on use is; then settles the batch. */
  async warmUp({ leastSample, warmUp }: ReadyRequest): Promise<void> {
    const until = now() + warmUp;
    this.#calls = await this.#batch(leastSample);
    for (let round = 0; round < leastWarmUp || now() < until; round++) {
      await this.#eachArm((k) => sample(this.#run[k]!, this.#calls, round));
    }
    this.#calls = await this.#batch(leastSample);
  }

  /** As many calls a sample for every arm: the most that any needs. */
  async #batch(leastSample: number): Promise<number> {
    return Math.max(...(await this.#eachArm((k) => callsFor(this.#run[k]!, leastSample))));
  }

  async race({ order, milliseconds }: RaceRequest): Promise<readonly Samples[]> {
    const until = now() + milliseconds;
    const count = this.#arms.length;
    const taken: Sample[][] = this.#arms.map(() => []);
    for (let at = 0; at < order.length && (at === 0 || now() < until); at += count) {
      // Within a round all arms get the same sets of inputs.
      const first = this.#round * this.#calls;
      for (const arm of order.subarray(at, at + count)) {
        taken[arm]!.push(await inArm(this.#arms[arm]!, () => sample(this.#run[arm]!, this.#calls, first)));
      }
      this.#round++;
    }
    return taken.map((samples) => this.#collect(samples));
  }

  #collect(samples: readonly Sample[]): Samples {
    return {
      milliseconds: Float64Array.from(samples, ({ milliseconds }) => milliseconds),
      callsPerSample: this.#calls,
      preempted: Uint8Array.from(samples, ({ preempted }) => (preempted ? 1 : 0)),
    };
  }

  /** What the plans hold now. */
  outputs(): Promise<readonly ArmOutputs[]> {
    const slots = outputsOf(this.#problem);
    return this.#eachArm(async (k) => {
      const sets: Tensors[] = [];
      for (const plan of this.#plans[k]!) {
        const views = Object.fromEntries(slots.map(({ name, length }) => [name, new Float32Array(length)]));
        await plan.read(views);
        sets.push(views);
      }
      return sets;
    });
  }

  async close(): Promise<void> {
    await this.#eachArm(async (k) => {
      for (const plan of this.#plans[k]!) await plan.close();
    });
  }
}
