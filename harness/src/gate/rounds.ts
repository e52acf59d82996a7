import type { Samples } from '../hosts/protocol.ts';
import { type Arms, arms, type EachArm, type Order } from './arms.ts';

/** Numbers in [0, 1). */
export type Uniform = () => number;

/** An arm could not be opened once more in its process, which is then of no use. That is no fault of its: nothing asks for it. */
export class CannotMove extends Error {
  override readonly name = 'CannotMove';
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

function join(earlier: Samples | undefined, later: Samples): Samples {
  if (!earlier) return later;
  return {
    callsPerSample: later.callsPerSample,
    milliseconds: Float64Array.from([...earlier.milliseconds, ...later.milliseconds]),
    preempted: Uint8Array.from([...earlier.preempted, ...later.preempted]),
  };
}

/** How long rounds may take. */
export interface RoundLimits {
  /** Milliseconds of rounds, after which no further one begins. */
  readonly budget: number;
  /** Milliseconds for one request beside the time that it is meant to take. */
  readonly limit: number;
}

/** The rounds of one case in one process, and the places that they were taken in. */
export class Rounds {
  readonly #racing: Arms;
  readonly #limit: number;
  readonly #uniform: Uniform;
  readonly #until: number;
  readonly #places: number[] = [0];
  #samples: EachArm<Samples> | undefined;
  /** Milliseconds. */
  #racingTook = 0;

  constructor(racing: Arms, { budget, limit }: RoundLimits, uniform: Uniform) {
    this.#racing = racing;
    this.#limit = limit;
    this.#uniform = uniform;
    this.#until = performance.now() + budget;
  }

  get timeIsOver(): boolean {
    return performance.now() >= this.#until;
  }

  get samples(): EachArm<Samples> {
    return this.#samples!;
  }

  get count(): number {
    return this.#samples?.[0].milliseconds.length ?? 0;
  }

  /** Rounds in each place. */
  get places(): readonly number[] {
    return this.#places;
  }

  /** Milliseconds of one, on average. */
  get each(): number {
    return this.#racingTook / this.count;
  }

  /** So many more where the arms are now; fewer when the time is over, but one always. */
  async take(wanted: number): Promise<void> {
    if (wanted <= 0 || (this.count > 0 && this.timeIsOver)) return;
    const began = performance.now();
    const left = Math.max(0, this.#until - began);
    const later = await this.#racing.race(orderOf(wanted, this.#uniform), left, left + this.#limit);
    this.#racingTook += performance.now() - began;
    this.#places[this.#places.length - 1]! += later[0].milliseconds.length;
    this.#samples = arms.map((_, arm) => join(this.#samples?.[arm], later[arm]!)) as unknown as EachArm<Samples>;
  }

  /**
   * Has the arms lie elsewhere; milliseconds that it took. Undefined when the time is over.
   * @throws {CannotMove}
   */
  async move(): Promise<number | undefined> {
    if (this.timeIsOver) return undefined;
    const began = performance.now();
    try {
      await this.#racing.move(shuffled(this.#uniform), this.#limit);
    } catch (cause) {
      throw new CannotMove((cause as Error).message, { cause });
    }
    this.#places.push(0);
    return performance.now() - began;
  }
}
