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

/** One problem on all arms, from the opening of its plans to their end. */
export class Race {
  readonly #arms: readonly Arm[];
  /** By arm, then by set of inputs. */
  readonly #plans: readonly (readonly Plan[])[];
  readonly #problem: Problem;
  readonly #order: readonly number[];
  readonly #run: readonly Call[];
  #calls = 1;
  #round = 0;

  private constructor(arms: readonly Arm[], { problem, order }: ReadyRequest, plans: readonly (readonly Plan[])[]) {
    this.#arms = arms;
    this.#problem = problem;
    this.#order = order;
    this.#plans = plans;
    this.#run = plans.map((own) => (round) => own[round % own.length]!.run());
  }

  static async begin(contenders: readonly Contender[], request: ReadyRequest): Promise<Race> {
    const plans: Plan[][] = contenders.map(() => []);
    for (const inputs of request.inputSets) {
      await inOrder(request.order, (k) =>
        inArm(contenders[k]!.arm, async () => {
          const plan = await contenders[k]!.backend.plan(request.problem);
          plans[k]!.push(plan);
          await plan.write(inputs);
          await plan.run();
        }),
      );
    }
    return new Race(
      contenders.map(({ arm }) => arm),
      request,
      plans,
    );
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
