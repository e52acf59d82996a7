import { conventions, type Layout, layouts, type Op, ops } from '@normgauge/contract';
import picomatch from 'picomatch';
import { type Case, caseAt, expand, partsOf } from '../cases/case.ts';
import { fills } from '../cases/fills.ts';
import { seedOf } from '../cases/random.ts';
import { UsageError } from '../usageError.ts';

/** A case that the reference and its oracles are both asked about. */
export type ReferenceProblem = Pick<Case, 'id' | 'problem' | 'fill'>;

/** Every published convention, and what no row of theirs combines. */
const checkedConventions: readonly string[] = [
  ...conventions.map(({ name }) => name),
  'eps=0.001,outside-sqrt,m,m-1,w=0.1,nan',
  'eps=0.00001,inside-sqrt,m-1,m-1,w=cumulative,guard',
  'eps=10000,outside-sqrt,m-1,m-1,w=0.1,refuse',
  'eps=0,inside-sqrt,m,m-1,w=0.1,nan',
  'eps=0,outside-sqrt,m,m,w=0.1,guard',
];

/**
 * m = 1, 2, 3, 4, 12, 24 and 27; no to three spatial sizes; N = 1, C = 1, spatial = 1. Seven, so that a row of
 * conventions and a row of fills, neither as long as a multiple of seven, meet every shape.
 */
const checkedShapes = ['1x2x1x1', '2x3', '1x2x3', '2x2x2', '2x3x2x3', '3x1x2x2x2', '3x2x3x3'] as const;

const checkedFills: readonly string[] = fills.map(({ name }) => name).filter((name) => name !== 'digits');

/** Real data, and channels long enough that rounding adds up. */
const largerProblems = (): readonly Case[] => [
  ...expand({ ops, layouts: ['nchw'], shapes: ['2x2x26x26'], fills: ['digits'], conventions: ['onnx', 'darknet'] }),
  ...expand({ ops, layouts: ['nhwc'], shapes: ['4x784'], fills: ['digits'], conventions: ['tensorflow'] }),
  ...expand({
    ops,
    layouts: ['nhwc'],
    shapes: ['2x2x16x17'],
    fills: ['large-mean-1e6', 'outlier', 'monotone'],
    conventions: ['pytorch', 'darknet'],
  }),
];

/** Shapes take turns; the next one where the convention refuses this one, as ÷ m−1 refuses m = 1. */
function rowAt(op: Op, layout: Layout, fill: string, convention: string, turn: number): readonly Case[] {
  for (const [k] of checkedShapes.entries()) {
    const shape = checkedShapes[(turn + k) % checkedShapes.length]!;
    const found = expand({ ops: [op], layouts: [layout], shapes: [shape], fills: [fill], conventions: [convention] });
    if (found.length > 0) return found;
  }
  return [];
}

/** With and without affine take turns too. The address alone decides, so that it reproduces the problem. */
function withAffine({ id, problem, fill }: Case): ReferenceProblem {
  const affine = fill.affine && seedOf(id) % 4 !== 0;
  return { id, problem: { ...problem, affine }, fill };
}

let table: readonly ReferenceProblem[] | undefined;

/** Every op in every convention and both layouts on every family of data, each with one of the shapes. Made once. */
export function referenceProblems(): readonly ReferenceProblem[] {
  table ??= makeProblems();
  return table;
}

function makeProblems(): readonly ReferenceProblem[] {
  const rows = ops.flatMap((op, o) =>
    checkedConventions.flatMap((convention, c) =>
      checkedFills.flatMap((fill, f) =>
        layouts.flatMap((layout, l) => rowAt(op, layout, fill, convention, o + c + f + 3 * l)),
      ),
    ),
  );
  return [...rows, ...largerProblems()].map(withAffine);
}

/**
 * The problems that a prefix or a glob selects; a full address is taken even when it is not among them.
 * @throws {UsageError} when a pattern selects nothing
 */
export function selectProblems(patterns: readonly string[]): readonly ReferenceProblem[] {
  const all = referenceProblems();
  if (patterns.length === 0) return all;
  const chosen = patterns.flatMap((pattern) => {
    const matches = /[*?[{]/.test(pattern) ? picomatch(pattern) : (id: string) => id.startsWith(pattern);
    const found = all.filter(({ id }) => matches(id));
    if (found.length > 0) return found;
    if (partsOf(pattern)) return [withAffine(caseAt(pattern))];
    throw new UsageError(
      `--case ${pattern}: selects none of the ${all.length} problems; an address is op/layout/shape/fill/convention`,
    );
  });
  return [...new Map(chosen.map((row) => [row.id, row])).values()];
}
