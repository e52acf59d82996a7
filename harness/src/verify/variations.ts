import { type Convention, inputsOf, type Problem } from '@normgauge/contract';
import { seedOf, uniformFrom } from '../cases/random.ts';
import { forEachIndex } from './facts.ts';
import { type Prepared, type PreparedSet, prepareInputs, prepareSet } from './prepare.ts';

/** A set of data beside a case's own, and how it differs. */
export interface Variation {
  /** `another eps`, `one element of x changed`. */
  readonly what: string;
  readonly set: PreparedSet;
}

/** What a case is tried on besides its own data; made when first asked for, once for all backends. */
export interface Variations {
  /** The same problem on data of another seed. */
  readonly other: PreparedSet;
  /** The case's data but for one element of one tensor, or of every tensor that holds one number a channel. */
  readonly touched: readonly Variation[];
  /** Problems that differ in one flag or size; few cases ask for them. */
  readonly flags: () => readonly Variation[];
}

const made = new WeakMap<Prepared, Variations>();

/** The other sets of data of a case. */
export function variationsOf(prepared: Prepared): Variations {
  const earlier = made.get(prepared);
  if (earlier) return earlier;
  let differing: readonly Variation[] | undefined;
  const variations: Variations = {
    other: prepareInputs(prepared.row, prepared.seed + 1),
    touched: touched(prepared),
    flags() {
      differing ??= flags(prepared);
      return differing;
    },
  };
  made.set(prepared, variations);
  return variations;
}

/**
 * One element somewhere inside is changed by several deviations: what a cache that looks at the shape, at the first
 * elements or at some samples takes for the same data.
 */
function touched(prepared: Prepared): readonly Variation[] {
  const { row, seed, inputs } = prepared;
  const slots = inputsOf(row.problem);
  const uniform = uniformFrom(seedOf(seed, 'touched', row.id));
  const one = slots
    .filter(({ extent }) => extent === 'full')
    .map(({ name, length }) => {
      const tensor = inputs[name]!.slice();
      // mean and invStd, where they are inputs, belong to x: what is changed must leave them as they are.
      if (name === 'x' && row.problem.op === 'backward') swapExtremes(prepared, tensor);
      else replace(tensor, 1 + Math.floor(uniform() * (length - 2)));
      return { what: `an element of ${name} was changed`, inputs: { ...inputs, [name]: tensor } };
    });
  const perChannel = slots
    .filter(({ name, extent }) => extent === 'channel' && name !== 'mean' && name !== 'invStd')
    .map(({ name, length }, k) => {
      const tensor = inputs[name]!.slice();
      // Each in a channel of its own, as far as there are enough.
      const at = Math.max(length - 1 - k, 0);
      tensor[at] = 1.5 * tensor[at]! + 0.25;
      return [name, tensor] as const;
    });
  const names = perChannel.map(([name]) => name).join(', ');
  const every = {
    what: `an element of ${names} was changed`,
    inputs: { ...inputs, ...Object.fromEntries(perChannel) },
  };
  return [...one, ...(perChannel.length > 0 ? [every] : [])].map(({ what, inputs: data }) => ({
    what,
    set: prepareSet(row, seed, data),
  }));
}

function replace(tensor: Float32Array, at: number): void {
  tensor[at] = -3 * tensor[at]! + (tensor[at]! < 0 ? -8 : 8);
}

/** The smallest and the largest element of the middle channel change places. */
function swapExtremes({ row: { problem } }: Prepared, x: Float32Array): void {
  const ofChannel: number[] = [];
  forEachIndex(problem, Math.floor(problem.shape.c / 2), (index) => ofChannel.push(index));
  const smallest = ofChannel.reduce((a, b) => (x[b]! < x[a]! ? b : a));
  const largest = ofChannel.reduce((a, b) => (x[b]! > x[a]! ? b : a));
  [x[smallest], x[largest]] = [x[largest]!, x[smallest]!];
}

/** What a plan or a compiled kernel that is kept by something less than the problem takes for the same problem. */
function flags({ row, seed, inputs }: Prepared): readonly Variation[] {
  const { problem } = row;
  const { convention, op, shape } = problem;
  const trains = op === 'forward-training' || op === 'backward';
  const given = <T>(when: boolean, value: T): readonly T[] => (when ? [value] : []);
  const changes: readonly { readonly what: string; readonly change: Partial<Problem> }[] = [
    // In backward eps inside the root is part of invStd, which is an input.
    ...given(op !== 'backward' || convention.epsPlacement === 'outside-sqrt', {
      what: 'another eps',
      change: { convention: spelledOut({ ...convention, eps: 256 * convention.eps + 2 ** -6 }) },
    }),
    ...given(trains, {
      what: 'another divisor',
      change: {
        convention: spelledOut({ ...convention, normalizeDivisor: convention.normalizeDivisor === 'm' ? 'm-1' : 'm' }),
      },
    }),
    ...given(op === 'forward-training' && convention.momentum !== 'cumulative', {
      what: 'another momentum',
      change: { convention: spelledOut({ ...convention, momentum: convention.momentum === 0.375 ? 0.75 : 0.375 }) },
    }),
    { what: problem.affine ? 'no gamma and beta' : 'gamma and beta', change: { affine: !problem.affine } },
    // Fewer elements than before: what is left of the larger problem lies behind them.
    ...given(shape.n > 2, {
      what: 'a third of the samples',
      change: { shape: { ...shape, n: Math.floor(shape.n / 3) } },
    }),
    { what: 'a channel more', change: { shape: { ...shape, c: shape.c + 1 } } },
  ];
  const other: Problem = { ...problem, layout: problem.layout === 'nchw' ? 'nhwc' : 'nchw' };
  return [
    ...changes.map(({ what, change }) => ({
      what,
      set: prepareInputs({ ...row, problem: { ...problem, ...change } }, seed),
    })),
    // To the bit the same memory, so that only the layout tells the two apart.
    { what: 'the other layout', set: prepareSet({ ...row, problem: other }, seed, inputs) },
  ];
}

/** The fields of a convention alone, so that no name stands on a record that is not the named one. */
function spelledOut({
  eps,
  epsPlacement,
  normalizeDivisor,
  runningDivisor,
  momentum,
  singleElement,
}: Convention): Convention {
  return { eps, epsPlacement, normalizeDivisor, runningDivisor, momentum, singleElement };
}
