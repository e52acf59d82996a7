import { type Backend, outputsOf, type Plan, type Problem, type Tensors } from '@normgauge/contract';
import { now } from '../../hosts/process/clock.ts';
import { type Call, callsFor, type Sample, sample } from '../../hosts/process/sample.ts';
import type { Samples } from '../../hosts/protocol.ts';
import {
  type Arm,
  type ArmOutputs,
  arms,
  type EachArm,
  type Order,
  type RaceRequest,
  type ReadyRequest,
} from '../arms.ts';

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
async function inArm<T>(arm: Arm, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof ArmError ? error : new ArmError(arm, error);
  }
}

/** Does the same with every arm, one after the other. */
export async function eachArm<T>(order: Order, work: (k: number) => Promise<T>): Promise<EachArm<T>> {
  const done: T[] = [];
  for (const k of order) done[k] = await inArm(arms[k]!, () => work(k));
  return done as unknown as EachArm<T>;
}

/** Rounds before the first that counts, at least. */
const leastWarmUp = 3;

/** One problem on all arms, from the opening of its plans to their end. */
export class Race {
  /** By arm, then by set of inputs. */
  readonly #plans: readonly (readonly Plan[])[];
  readonly #problem: Problem;
  readonly #order: Order;
  readonly #run: readonly Call[];
  #calls = 1;
  #round = 0;

  private constructor({ problem, order }: ReadyRequest, plans: readonly (readonly Plan[])[]) {
    this.#problem = problem;
    this.#order = order;
    this.#plans = plans;
    this.#run = plans.map((own) => (round) => own[round % own.length]!.run());
  }

  static async begin(backends: EachArm<Backend>, request: ReadyRequest): Promise<Race> {
    const plans: Plan[][] = arms.map(() => []);
    for (const inputs of request.inputSets) {
      await eachArm(request.order, async (k) => {
        const plan = await backends[k]!.plan(request.problem);
        plans[k]!.push(plan);
        await plan.write(inputs);
        await plan.run();
      });
    }
    return new Race(request, plans);
  }

  /** Calls every arm in turns until the time is spent, so that what is compiled on use is; then settles the batch. */
  async warmUp({ leastSample, warmUp }: ReadyRequest): Promise<void> {
    const until = now() + warmUp;
    this.#calls = await this.#batch(leastSample);
    for (let round = 0; round < leastWarmUp || now() < until; round++) {
      await eachArm(this.#order, (k) => sample(this.#run[k]!, this.#calls, round));
    }
    this.#calls = await this.#batch(leastSample);
  }

  /** As many calls a sample for every arm: the most that any needs. */
  async #batch(leastSample: number): Promise<number> {
    return Math.max(...(await eachArm(this.#order, (k) => callsFor(this.#run[k]!, leastSample))));
  }

  async race({ order, milliseconds }: RaceRequest): Promise<EachArm<Samples>> {
    const until = now() + milliseconds;
    const taken: Sample[][] = arms.map(() => []);
    for (let at = 0; at < order.length && (at === 0 || now() < until); at += arms.length) {
      // Within a round all arms get the same sets of inputs.
      const first = this.#round * this.#calls;
      for (const arm of order.subarray(at, at + arms.length)) {
        taken[arm]!.push(await inArm(arms[arm]!, () => sample(this.#run[arm]!, this.#calls, first)));
      }
      this.#round++;
    }
    return taken.map((samples) => this.#collect(samples)) as unknown as EachArm<Samples>;
  }

  #collect(samples: readonly Sample[]): Samples {
    return {
      milliseconds: Float64Array.from(samples, ({ milliseconds }) => milliseconds),
      callsPerSample: this.#calls,
      preempted: Uint8Array.from(samples, ({ preempted }) => (preempted ? 1 : 0)),
    };
  }

  /** What the plans hold now. */
  outputs(): Promise<EachArm<ArmOutputs>> {
    const slots = outputsOf(this.#problem);
    return eachArm(this.#order, async (k) => {
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
    await eachArm(this.#order, async (k) => {
      for (const plan of this.#plans[k]!) await plan.close();
    });
  }
}
