import {
  type Backend,
  inputsOf,
  type MaybePromise,
  outputsOf,
  type Plan,
  type Problem,
  type TensorName,
} from '@normgauge/contract';
import type { Guarded, ScriptReply, ScriptRequest, Step } from '../protocol.ts';
import { pause } from './clock.ts';
import { copyWords, type Fenced, fence, fill } from './fence.ts';

interface OpenPlan {
  readonly plan: Plan;
  readonly problem: Problem;
}

/** A script while it runs. */
class Performance {
  readonly #backend: Backend;
  readonly #request: ScriptRequest;
  readonly #plans = new Map<number, OpenPlan>();
  readonly #memories = new Map<number, Fenced>();
  readonly #filled: Fenced[] = [];
  readonly #reads: Guarded[] = [];
  readonly #refusals: (string | undefined)[] = [];

  constructor(backend: Backend, request: ScriptRequest) {
    this.#backend = backend;
    this.#request = request;
  }

  async play(): Promise<ScriptReply> {
    try {
      for (const step of this.#request.steps) {
        const pending = this.#perform(step);
        if (isPromise(pending)) await pending;
      }
      return { reads: this.#reads, refusals: this.#refusals };
    } finally {
      for (const { plan } of this.#plans.values()) await plan.close();
    }
  }

  #perform(step: Step): MaybePromise<void> {
    switch (step.act) {
      case 'open':
        return this.#open(step.plan, step.problem);
      case 'write':
        return this.#write(step);
      case 'overwrite':
        for (const words of Object.values(this.#memories.get(step.memory)!.words)) words.fill(this.#request.poison);
        return;
      case 'run':
        return this.#plans.get(step.plan)!.plan.run();
      case 'read':
        return this.#read(step.plan, step.only, step.shared);
      case 'wait':
        return pause(step.milliseconds);
      case 'look': {
        const { words } = this.#filled[step.read]!;
        this.#keep(this.#begin(this.#filled[step.read]!), words);
        return;
      }
      case 'together':
        return this.#together(step.steps);
      case 'misuse':
        return this.#misuse(step);
      case 'close': {
        const { plan } = this.#plans.get(step.plan)!;
        this.#plans.delete(step.plan);
        return plan.close();
      }
    }
  }

  async #open(number: number, problem: Problem): Promise<void> {
    this.#plans.set(number, { plan: await this.#backend.plan(problem), problem });
  }

  #write({ plan: number, inputs, memory, shared }: Extract<Step, { act: 'write' }>): MaybePromise<void> {
    const { plan, problem } = this.#plans.get(number)!;
    const slots = inputsOf(problem);
    const given = this.#memories.get(memory) ?? fence(slots, { ...this.#request, shared });
    this.#memories.set(memory, given);
    fill(given, slots, this.#request.inputSets[inputs]!, this.#request.guard);
    return plan.write(given.views);
  }

  #read(number: number, only: readonly TensorName[], shared: boolean): MaybePromise<void> {
    const { plan, problem } = this.#plans.get(number)!;
    const slots = outputsOf(problem).filter(({ name }) => only.includes(name));
    const fenced = fence(slots, { ...this.#request, shared });
    const at = this.#begin(fenced);
    const pending = plan.read(fenced.views);
    if (isPromise(pending)) return pending.then(() => this.#keep(at, fenced.words));
    this.#keep(at, fenced.words);
  }

  /** The number of a read, given when it begins: several may be on their way. */
  #begin(fenced: Fenced): number {
    return this.#filled.push(fenced) - 1;
  }

  #keep(at: number, words: Fenced['words']): void {
    this.#reads[at] = copyWords(words);
  }

  async #misuse({ problem, inputs, views }: Extract<Step, { act: 'misuse' }>): Promise<void> {
    const { guard } = this.#request;
    const given = inputsOf(problem)
      .filter(({ name }) => inputs[name] !== undefined)
      .map((slot) => ({ ...slot, length: inputs[slot.name]!.length }));
    const asked = outputsOf(problem).map((slot) => ({ ...slot, length: views[slot.name] ?? slot.length }));
    const from = fence(given, this.#request);
    fill(from, given, inputs, guard);
    const into = fence(asked, this.#request);
    this.#refusals.push(await refusalOf(this.#backend, problem, from.views, into.views));
  }

  async #together(steps: readonly Step[]): Promise<void> {
    const ends = await Promise.allSettled(steps.map(async (step) => this.#perform(step)));
    const refused = ends.find((end) => end.status === 'rejected');
    if (refused) throw refused.reason;
  }
}

async function refusalOf(
  backend: Backend,
  problem: Problem,
  inputs: Fenced['views'],
  into: Fenced['views'],
): Promise<string | undefined> {
  let plan: Plan | undefined;
  try {
    plan = await backend.plan(problem);
    await plan.write(inputs);
    await plan.run();
    await plan.read(into);
    return undefined;
  } catch (error) {
    return String(error);
  } finally {
    await plan?.close();
  }
}

function isPromise(value: unknown): value is Promise<void> {
  return typeof (value as Promise<void> | undefined)?.then === 'function';
}

/** Calls a backend as the script says and returns what was read. */
export function perform(backend: Backend, request: ScriptRequest): Promise<ScriptReply> {
  return new Performance(backend, request).play();
}
