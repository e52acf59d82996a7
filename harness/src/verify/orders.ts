import { outputsOf } from '@normgauge/contract';
import { type Misuse, wrongInputs, wrongProblems, wrongViews } from './misuse.ts';
import type { PreparedSet } from './prepare.ts';
import { Script } from './script.ts';
import type { Variation } from './variations.ts';

/*
 * A backend that is right when it is called once, in the usual order, may be wrong when it is called as users call it.
 * Each check here is calls in one such order; what every call returns is judged by the reference, with the limits of
 * the case's own agreement. No check asks for more than the contract says.
 */

/** What a script may use. */
export interface Material {
  /** The case's own data. */
  readonly own: PreparedSet;
  /** The same problem, other data. */
  readonly other: PreparedSet;
  /** One element changed. */
  readonly touched: readonly Variation[];
  /** The same problem with one flag or size changed; those that the subject supports. */
  readonly flags: readonly Variation[];
}

export interface Order {
  readonly name: string;
  /** Many calls or many plans: left out where a case is tried in the cheap orders only. */
  readonly costly?: true;
  /** Asked of large problems, too. */
  readonly large?: true;
  script(material: Material): Script;
}

/** Milliseconds after which work that nobody awaited has reached its buffers. */
const settling = 4;
/** Calls of one plan: hundreds on the smallest problems, and more in one layout than in the other. */
const callsOf = ({ inputs, row }: PreparedSet): number => {
  if (inputs.x!.length <= 320) return 240;
  return row.problem.layout === 'nchw' ? 120 : 60;
};

/** Every view at this distance from the ends of its buffer, with content that changes where it lies. */
function lyingAt(zone: number, { own, other }: Material): Script {
  const script = new Script(zone).open(0, own);
  for (const set of [own, other]) {
    script.write(0, set, { memory: 0 }).overwrite(0).run(0).read(0, 'from arrays overwritten before run');
  }
  return script.run(0).read(0, 'when it was run again').open(1, own).call(1, own, 'in a new plan');
}

/** Every order, one row of the report each; the name says what must hold. */
export const orders: readonly Order[] = [
  // First: who leaves work behind fails nearly every order, and this is the one that says why.
  {
    name: 'work-awaited',
    script: ({ own, other }) =>
      new Script()
        .open(0, own)
        .call(0, own, 'read as soon as run was done')
        .wait(settling)
        .look('a while after read was done')
        .call(0, other, 'read as soon as run was done')
        .wait(settling)
        .look('a while after read was done')
        .run(0)
        .wait(settling)
        .read(0, 'read a while after run was done'),
  },
  {
    name: 'fresh-content',
    large: true,
    script: ({ own, touched }) => {
      const script = new Script().open(0, own).call(0, own, 'in the first call');
      for (const { what, set } of touched) script.call(0, set, `after ${what}`);
      return script
        .call(0, own, 'when the first inputs came back')
        .open(1, own)
        .call(1, touched[0]!.set, 'in a new plan');
    },
  },
  {
    name: 'fresh-problem',
    costly: true,
    script: ({ own, flags }) => {
      const script = new Script().open(0, own).call(0, own, 'in the first plan');
      for (const [k, { what, set }] of flags.entries()) {
        script.open(k + 1, set).call(k + 1, set, `in a plan with ${what}`);
      }
      for (const [k, { what, set }] of flags.entries()) {
        script.call(0, own, `after a plan with ${what}`).call(k + 1, set, `in the plan with ${what} once more`);
      }
      return script;
    },
  },
  {
    name: 'order-irrelevant',
    large: true,
    script: ({ own, other }) =>
      new Script()
        .open(0, own)
        .call(0, other, 'other data first')
        .call(0, own, 'after other data')
        .call(0, own, 'the same data again')
        .call(0, other, 'the other data again')
        .close(0)
        .open(1, own)
        .call(1, own, 'in a plan opened after another was closed'),
  },
  {
    name: 'two-plans',
    script: ({ own, other }) =>
      new Script()
        .open(0, own)
        .open(1, other)
        .write(0, own)
        .write(1, other)
        .run(0)
        .run(1)
        .read(0, 'from the first of two plans')
        .read(1, 'from the second of two plans')
        .write(0, other)
        .run(1)
        .read(1, 'after the other plan was written')
        .write(1, own)
        .run(0)
        .read(0, 'after the other plan was written')
        .run(1)
        .close(0)
        .read(1, 'after the other plan was closed')
        .call(1, other, 'after the other plan was closed'),
  },
  {
    name: 'inputs-taken-over',
    script: ({ own, other, touched }) => {
      const script = new Script().open(0, own);
      const sets = [own, other, ...touched.map(({ set }) => set), own];
      for (const set of sets) {
        script.write(0, set, { memory: 0 }).overwrite(0).run(0).read(0, 'from arrays overwritten before run');
      }
      for (const set of sets)
        script.write(0, set, { memory: 0 }).run(0).read(0, 'from the same arrays with new content');
      return script;
    },
  },
  {
    name: 'results-late',
    script: ({ own, other }) =>
      new Script()
        .open(0, own)
        .write(0, own)
        .run(0)
        .open(1, other)
        .write(1, other)
        .run(1)
        .read(1, 'from the plan that ran last')
        .read(0, 'after another plan had run')
        .write(1, own)
        .run(1)
        .close(1)
        .wait(settling)
        .read(0, 'long after its run')
        .read(0, 'read a second time'),
  },
  {
    name: 'outputs-in-part',
    script: ({ own, other }) => {
      const names = outputsOf(own.row.problem).map(({ name }) => name);
      const script = new Script()
        .open(0, own)
        .call(0, own, 'all outputs')
        .write(0, other)
        .run(0)
        .read(0, 'no output', []);
      for (const name of names) script.read(0, `${name} alone`, [name]);
      for (const name of names) {
        script.read(
          0,
          `all but ${name}`,
          names.filter((kept) => kept !== name),
        );
      }
      return script.read(0, 'all outputs after parts of them');
    },
  },
  {
    name: 'many-calls',
    costly: true,
    script: ({ own, other }) => {
      const script = new Script().open(0, own);
      const calls = callsOf(own);
      for (let k = 1; k <= calls; k++) {
        // In three of four calls the data is new, so that no result of the call before will do.
        if (k % 4 !== 3) script.write(0, k % 4 === 0 ? other : own, { memory: k % 4 });
        script.run(0).read(0, `in call ${k} of a plan`);
      }
      return script;
    },
  },
  {
    name: 'any-memory',
    script: ({ own, other }) =>
      new Script()
        .open(0, own)
        .write(0, own, { shared: true })
        .run(0)
        .read(0, 'inputs in shared memory')
        .write(0, other)
        .run(0)
        .read(0, 'outputs in shared memory', undefined, true)
        .write(0, own, { shared: true })
        .run(0)
        .read(0, 'inputs and outputs in shared memory', undefined, true),
  },
  // In the other checks no view begins at a multiple of 8 bytes: here those that are fit for vectors.
  { name: 'aligned-views', script: (material) => lyingAt(64, material) },
  // And here those whose buffer holds nothing else.
  { name: 'whole-buffers', script: (material) => lyingAt(0, material) },
  {
    name: 'concurrent-calls',
    script: ({ own, other }) =>
      new Script()
        .open(0, own)
        .open(1, other)
        .together((both) => both.write(0, own).write(1, other))
        .together((both) => both.run(0).run(1))
        .together((both) => both.read(0, 'two runs pending').read(1, 'two runs pending'))
        .write(0, other)
        .write(1, own)
        .together((both) => both.run(1).run(0))
        .read(0, 'two runs pending, the other way round')
        .read(1, 'two runs pending, the other way round'),
  },
  refusing('wrong-problem-refused', wrongProblems),
  refusing('wrong-inputs-refused', wrongInputs),
  refusing('wrong-views-refused', wrongViews),
];

/** What the contract has refused is refused, and does no harm to what comes after. */
function refusing(name: string, misuses: (set: PreparedSet) => readonly Misuse[]): Order {
  return {
    name,
    costly: true,
    script: ({ own }) => new Script().misuse(misuses(own)).open(0, own).call(0, own, 'after a refusal'),
  };
}
