import { outputsOf, type TensorName } from '@normgauge/contract';
import type { Guarded, ScriptReply, ScriptRequest, Step } from '../hosts/protocol.ts';
import { agree, describeAgreement, type LimitsOf } from './agreement.ts';
import type { Misuse } from './misuse.ts';
import type { PreparedSet } from './prepare.ts';
import { firstDifference, guard, incompleteIn, outsideIn, poison, tensorsIn } from './protocol.ts';
import type { Subject } from './subject.ts';

/** What a read must give. */
interface ExpectedRead {
  /** When it was read, for the message: `after the other plan ran`. */
  readonly when: string;
  readonly plan: number;
  readonly set: PreparedSet;
  readonly only: readonly TensorName[];
  /** For a look: the read whose buffers are looked at. */
  readonly again?: number;
}

export interface Memory {
  /** The arrays that had this number before, with new content; new arrays when left out. */
  readonly memory?: number;
  readonly shared?: boolean;
}

/** Numbers from here on are given to memory that is not asked for by number. */
const unnamedMemory = 1000;

/**
 * Calls in an order that can go wrong. It keeps book of which data every plan holds, so that what each read must give
 * need not be said: the result of the last run, from what was last written before it.
 */
export class Script {
  /** Elements of guard zone around every view. */
  readonly #zone: number;
  #steps: Step[] = [];
  #memories = unnamedMemory;
  readonly #sets: PreparedSet[] = [];
  readonly #opened = new Map<number, PreparedSet>();
  readonly #written = new Map<number, PreparedSet>();
  readonly #computed = new Map<number, PreparedSet>();
  readonly #reads: ExpectedRead[] = [];
  readonly #misuses: string[] = [];

  /** @param zone how far every view lies from the start of its buffer, and its end from the end, in elements */
  constructor(zone: number = guard) {
    this.#zone = zone;
  }

  /** Opens a plan for the problem of this set. */
  open(plan: number, set: PreparedSet): this {
    this.#opened.set(plan, set);
    return this.#add({ act: 'open', plan, problem: set.row.problem });
  }

  write(plan: number, set: PreparedSet, { memory = this.#memories++, shared = false }: Memory = {}): this {
    if (!this.#sets.includes(set)) this.#sets.push(set);
    this.#written.set(plan, set);
    return this.#add({ act: 'write', plan, inputs: this.#sets.indexOf(set), memory, shared });
  }

  /** Fills the caller's input arrays of this number with the poison. */
  overwrite(memory: number): this {
    return this.#add({ act: 'overwrite', memory });
  }

  run(plan: number): this {
    this.#computed.set(plan, this.#written.get(plan)!);
    return this.#add({ act: 'run', plan });
  }

  /** @param only the outputs asked for; all when left out */
  read(plan: number, when: string, only?: readonly TensorName[], shared = false): this {
    const set = this.#computed.get(plan)!;
    const names = only ?? outputsOf(set.row.problem).map(({ name }) => name);
    this.#reads.push({ when, plan, set, only: names });
    return this.#add({ act: 'read', plan, only: names, shared });
  }

  /** write, run, read. */
  call(plan: number, set: PreparedSet, when: string): this {
    return this.write(plan, set).run(plan).read(plan, when);
  }

  wait(milliseconds: number): this {
    return this.#add({ act: 'wait', milliseconds });
  }

  /** Looks at the buffers of the latest read once more. */
  look(when: string): this {
    const again = this.#reads.length - 1;
    this.#reads.push({ ...this.#reads[again]!, when, again });
    return this.#add({ act: 'look', read: again });
  }

  /** Begins all of these before any is awaited. */
  together(steps: (script: this) => void): this {
    const before = this.#steps;
    this.#steps = [];
    steps(this);
    const inner = this.#steps;
    this.#steps = before;
    return this.#add({ act: 'together', steps: inner });
  }

  /** Calls that must be refused, each in a plan of its own. */
  misuse(misuses: readonly Misuse[]): this {
    for (const { what, problem, inputs, views } of misuses) {
      this.#misuses.push(what);
      this.#add({ act: 'misuse', problem, inputs, views });
    }
    return this;
  }

  close(plan: number): this {
    return this.#add({ act: 'close', plan });
  }

  #add(step: Step): this {
    this.#steps.push(step);
    return this;
  }

  request(): ScriptRequest {
    return { steps: this.#steps, inputSets: this.#sets.map(({ inputs }) => inputs), guard: this.#zone, poison };
  }

  /**
   * What is wrong with the reads, one sentence each. Every one is judged by the reference with the limits of its own
   * data, but for one that has the bits of one that was judged. Within a plan the same inputs give the same bits;
   * two plans may differ in the order of their sums.
   */
  judge(reply: ScriptReply, subject: Subject, limitsOf: LimitsOf): readonly string[] {
    return [...this.#acceptedIn(reply), ...this.#wrongIn(reply, subject, limitsOf)];
  }

  #acceptedIn({ refusals }: ScriptReply): readonly string[] {
    const accepted = this.#misuses.filter((_, k) => refusals[k] === undefined);
    if (accepted.length === 0) return [];
    return [`${accepted.join(', ')}: expected an error from plan, write, run or read, got a result`];
  }

  #wrongIn({ reads }: ScriptReply, subject: Subject, limitsOf: LimitsOf): readonly string[] {
    const deterministic = subject.declared.deterministic ?? true;
    const judged = new Map<string, Guarded>();
    return this.#reads.flatMap(({ when, plan, set, only, again }, k) => {
      const got = reads[k]!;
      const say = (problems: readonly string[]): readonly string[] => problems.map((text) => `${when}, ${text}`);
      if (again !== undefined) {
        const changed = only.find((name) => firstDifference(reads[again]![name]!, got[name]!) !== -1);
        return say(changed === undefined ? [] : [`the buffers that ${changed} was read into had changed`]);
      }
      const outside = [...outsideIn(got, this.#zone), ...incompleteIn(got, this.#zone)];
      if (outside.length > 0) return say(outside);
      const wholeRead = only.length === outputsOf(set.row.problem).length;
      const key = `${plan} ${this.#sets.indexOf(set)}`;
      const earlier = judged.get(key);
      const different = only
        .map((name) => ({ name, at: earlier ? firstDifference(earlier[name]!, got[name]!) : 0 }))
        .find(({ at }) => at !== -1);
      if (!different) return [];
      const tensors = tensorsIn(got, this.#zone);
      const wrong = agree(set, subject, tensors, limitsOf(set), only).find(({ mismatches }) => mismatches > 0);
      if (wrong) return say([describeAgreement(set.row.problem, wrong)]);
      if (earlier && deterministic) {
        const { name, at } = different;
        return say([
          `${name}: element ${at - this.#zone} differs from an earlier run of the same plan on the same inputs`,
        ]);
      }
      if (wholeRead && !earlier) judged.set(key, got);
      return [];
    });
  }
}
