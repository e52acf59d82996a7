import { outputsOf, type TensorName } from '@normgauge/contract';
import type { ProtocolCheck } from '@normgauge/reports';
import type { Cause } from './causes.ts';
import type { Suspicion } from './hypothesis.ts';
import type { Observation } from './observation.ts';

/* What broken rules say of a kernel: which of them, and at which of their calls. */

/** The checks that are broken, and what they say. */
class Broken {
  readonly #messages: ReadonlyMap<string, string>;
  readonly #held: ReadonlySet<string>;

  constructor(checks: readonly ProtocolCheck[]) {
    this.#held = new Set(checks.filter(({ passed }) => passed).map(({ name }) => name));
    this.#messages = new Map(checks.filter(({ passed }) => !passed).map(({ name, message }) => [name, message ?? '']));
  }

  has(...names: readonly string[]): boolean {
    return names.some((name) => this.#messages.has(name));
  }

  /** All of these were checked, and hold. */
  holds(...names: readonly string[]): boolean {
    return names.every((name) => this.#held.has(name));
  }

  /** These are all that is broken. */
  isOnly(...names: readonly string[]): boolean {
    return [...this.#messages.keys()].every((name) => names.includes(name));
  }

  /** The message has one of these words. */
  says(name: string, ...words: readonly string[]): boolean {
    const message = this.#messages.get(name);
    return message !== undefined && words.some((word) => message.includes(word));
  }

  /** The first call that went wrong is one of these. */
  startsAt(name: string, ...calls: readonly string[]): boolean {
    const message = this.#messages.get(name);
    return message !== undefined && calls.some((call) => message.startsWith(call));
  }

  /** The first of these that is broken, with its message. */
  quote(...names: readonly string[]): string {
    const name = names.find((candidate) => this.#messages.has(candidate));
    return name === undefined ? '' : `${name}: ${this.#messages.get(name)}`;
  }

  get messages(): readonly string[] {
    return [...this.#messages.values()];
  }

  /** Every message is of few elements: what is wrong is a part of an output, not all of it. */
  get isOfFewElements(): boolean {
    const counts = this.messages.map((message) => /: (\d+) of (\d+) elements outside/.exec(message));
    return counts.every((found) => found !== null && Number(found[1]) * 10 < Number(found[2]));
  }

  /** Every message is of these outputs. */
  isOf(...names: readonly string[]): boolean {
    const ofElements = this.messages.filter((message) => message.includes('elements outside'));
    return ofElements.length > 0 && ofElements.every((message) => names.some((name) => message.includes(`${name}: `)));
  }
}

interface Sign {
  readonly cause: Cause;
  readonly when: (broken: Broken, seen: Observation) => boolean;
  /** The checks that are quoted. */
  readonly quotes: readonly string[];
}

/** From what says most to what says least; the first that applies is the best. */
const signs: readonly Sign[] = [
  { cause: 'memory beside a view written', when: (broken) => broken.has('guard-zones'), quotes: ['guard-zones'] },
  {
    cause: 'memory beside a view written',
    when: (broken) => broken.says('inputs-unchanged', 'around the view'),
    quotes: ['inputs-unchanged'],
  },
  { cause: 'stored in another format', when: (broken) => broken.has('stored-as-f16'), quotes: ['stored-as-f16'] },
  { cause: 'input written', when: (broken) => broken.has('inputs-unchanged'), quotes: ['inputs-unchanged'] },
  {
    cause: 'work not awaited',
    when: (broken, seen) => broken.has('outputs-complete') && wholeOutputsMissing(seen) > 1,
    quotes: ['outputs-complete'],
  },
  {
    cause: 'output missing',
    when: (broken, seen) => broken.has('outputs-complete') && wholeOutputsMissing(seen) === 1,
    quotes: ['outputs-complete'],
  },
  {
    cause: 'input read after write returned',
    when: (broken) => broken.says('repeatable', "caller's array"),
    quotes: ['repeatable'],
  },
  {
    cause: 'work not awaited',
    when: (broken) => broken.says('work-awaited', 'had changed'),
    quotes: ['work-awaited'],
  },
  {
    cause: 'gradients accumulated over calls',
    when: (broken, seen) => broken.has('repeatable') && isDoubled(seen),
    quotes: ['repeatable'],
  },
  {
    cause: 'state kept between runs',
    when: (broken, seen) => broken.has('repeatable') && repeatDiffers(seen) === 'altogether',
    quotes: ['repeatable'],
  },
  {
    cause: 'nondeterministic',
    when: (broken, seen) => broken.has('repeatable') && repeatDiffers(seen) === 'slightly',
    quotes: ['repeatable'],
  },
  {
    cause: 'state kept between runs',
    when: (broken) => broken.has('order-irrelevant') && broken.isOf('runningMean', 'runningVar'),
    quotes: ['order-irrelevant'],
  },
  {
    cause: 'state kept between runs',
    when: (broken) =>
      broken.startsAt('wrong-inputs-refused', 'after a refusal') && !broken.has('many-calls', 'order-irrelevant'),
    quotes: ['wrong-inputs-refused'],
  },
  {
    cause: 'stale output',
    when: (broken) => broken.has('order-irrelevant') && broken.isOfFewElements,
    quotes: ['order-irrelevant'],
  },
  {
    cause: 'later calls differ',
    when: (broken) => broken.startsAt('order-irrelevant', 'the same data again', 'the other data again'),
    quotes: ['many-calls', 'order-irrelevant'],
  },
  {
    cause: 'nondeterministic',
    when: (broken) => broken.has('many-calls') && broken.holds('order-irrelevant') && broken.isOfFewElements,
    quotes: ['many-calls'],
  },
  {
    cause: 'later calls differ',
    when: (broken) => broken.has('many-calls') && broken.holds('order-irrelevant'),
    quotes: ['many-calls'],
  },
  {
    cause: 'state shared between plans',
    when: (broken) =>
      broken.startsAt('fresh-content', 'in the first call') || broken.startsAt('fresh-problem', 'in the first plan'),
    quotes: ['fresh-content', 'fresh-problem'],
  },
  {
    cause: 'cached by shape',
    when: (broken) => broken.startsAt('order-irrelevant', 'other data first') && broken.has('two-plans'),
    quotes: ['two-plans'],
  },
  {
    cause: 'stale output',
    when: (broken) => broken.startsAt('order-irrelevant', 'after other data'),
    quotes: ['order-irrelevant'],
  },
  {
    cause: 'cached by part of the input',
    when: (broken) => broken.has('fresh-content') && broken.holds('order-irrelevant'),
    quotes: ['fresh-content'],
  },
  {
    cause: 'state shared between plans',
    when: (broken) => broken.has('two-plans', 'concurrent-calls', 'results-late') && broken.holds('order-irrelevant'),
    quotes: ['two-plans', 'concurrent-calls', 'results-late'],
  },
  {
    cause: 'state shared between plans',
    when: (broken) => broken.says('fresh-problem', 'of the samples', 'with no gamma'),
    quotes: ['fresh-problem'],
  },
  {
    cause: 'cached by shape',
    when: (broken) => broken.has('fresh-problem') && !broken.has('order-irrelevant'),
    quotes: ['fresh-problem'],
  },
  {
    cause: 'tail not written',
    when: (broken) => broken.says('aligned-views', 'not written'),
    quotes: ['aligned-views', 'whole-buffers'],
  },
  {
    cause: 'input read after write returned',
    when: (broken) =>
      broken.holds('order-irrelevant', 'fresh-content') &&
      (broken.says('inputs-taken-over', 'overwritten before run') ||
        (broken.says('whole-buffers', 'overwritten before run') && broken.holds('aligned-views'))),
    quotes: ['inputs-taken-over', 'whole-buffers'],
  },
  {
    cause: 'inputs not checked',
    when: (broken) =>
      broken.says('wrong-inputs-refused', 'expected an error') ||
      broken.says('wrong-views-refused', 'expected an error') ||
      broken.says('wrong-problem-refused', 'expected an error'),
    quotes: ['wrong-inputs-refused', 'wrong-views-refused', 'wrong-problem-refused'],
  },
  {
    cause: 'NaN spread to other channels',
    when: (broken) =>
      broken.has('law-channel-independence') &&
      broken.isOnly('law-channel-independence', 'law-channels', 'law-permutation'),
    quotes: ['law-channel-independence'],
  },
];

/** Rules of the contract that a kernel breaks by what it returns. */
const rules: Readonly<Record<string, Cause>> = {
  'output-fresh': 'outputs alias',
  'output-type': 'output of the wrong type or length',
  'output-length': 'output of the wrong type or length',
  'output-complete': 'output missing',
  'inputs-unchanged': 'input written',
};

/** What the rule says that a kernel broke before it had answered. */
export function brokenRules(checks: readonly ProtocolCheck[]): readonly Suspicion[] {
  return checks
    .filter(({ name, passed }) => !passed && rules[name] !== undefined)
    .map(({ name, message }) => ({
      cause: rules[name]!,
      says: `${name}: ${message}`,
      explained: 1,
      spoiled: 0,
      headroom: 1,
      weight: 0.5,
    }));
}

/** Outputs of which nothing was written. */
function wholeOutputsMissing(seen: Observation): number {
  return outputsOf(seen.problem).filter(({ name }) => seen.got[name]!.every((_, i) => seen.unwritten[name]!(i))).length;
}

function namesThatDiffer({ problem, got, repeated }: Observation): readonly TensorName[] {
  if (!repeated) return [];
  return outputsOf(problem)
    .map(({ name }) => name)
    .filter((name) => got[name]!.some((value, i) => !Object.is(value, repeated[name]![i])));
}

/** The second run gave twice the gradients of the first. */
function isDoubled(seen: Observation): boolean {
  const names = namesThatDiffer(seen);
  const isTwice = (name: TensorName): boolean =>
    seen.got[name]!.every((value, i) => Math.abs(seen.repeated![name]![i]! - 2 * value) <= 2 ** -18 * Math.abs(value));
  return names.some((name) => name.startsWith('d')) && names.every(isTwice);
}

/** Whether a second run differs by roundings or in a few elements, or altogether. */
function repeatDiffers(seen: Observation): 'slightly' | 'altogether' {
  const altogether = namesThatDiffer(seen).some((name) => {
    const values = seen.got[name]!;
    const far = values.reduce((count, value, i) => {
      const distance = Math.abs(seen.repeated![name]![i]! - value);
      return distance <= 8 * seen.allowed[name]![i]! + 2 ** -20 * Math.abs(value) ? count : count + 1;
    }, 0);
    return far > 0.25 * values.length && (values.length > 2 || far === values.length);
  });
  return altogether ? 'altogether' : 'slightly';
}

/** What the broken rules of this case say, best first. */
export function behaviourIn(seen: Observation): readonly Suspicion[] {
  const broken = new Broken(seen.checks);
  return signs
    .filter(({ when }) => when(broken, seen))
    .map(({ cause, quotes }, k) => ({
      cause,
      says: broken.quote(...quotes),
      explained: 1,
      spoiled: 0,
      headroom: 1,
      weight: 0.7 + k / 1000,
    }));
}
